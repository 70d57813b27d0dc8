"""The report of a study: page, figures, tables and text. It computes no statistics."""
