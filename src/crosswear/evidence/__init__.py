"""Scores, paired comparisons, verdicts and findings, from the records of a study."""
