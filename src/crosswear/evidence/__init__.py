"""What a study's records show, and how surely: scores, paired comparisons, verdicts, findings."""
