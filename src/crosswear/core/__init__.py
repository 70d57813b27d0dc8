"""Errors, keys, files, settings, recordings and texts that every room uses."""
