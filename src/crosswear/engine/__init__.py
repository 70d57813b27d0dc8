"""Training many cells, and where that runs."""
