"""What is known of datasets and domains, for people to read: tables, pictures, the catalogue."""
