"""Errors, keys, files, settings, recordings and texts: what every room speaks of."""
