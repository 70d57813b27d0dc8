"""Choice of a model for labelled recordings: sources, candidates, bundle, report."""
