"""Tables as text or Parquet: one reader, one locator of errors, one guesser of what columns are."""
