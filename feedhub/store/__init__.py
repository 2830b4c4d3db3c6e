"""The database: the only rooms that know SQL."""
