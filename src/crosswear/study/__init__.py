"""A run of a study: what is missing, hand it to the engine, keep the records."""
