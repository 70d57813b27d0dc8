"""Pure functions of arrays: windows, features, splits, scores."""
