"""Datasets and domains for people: tables, pictures, the catalogue."""
