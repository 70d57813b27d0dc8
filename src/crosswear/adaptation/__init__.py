"""From labelled recordings to the model to ship: sources, candidates, choice, report."""
