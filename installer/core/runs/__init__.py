"""A run as values: what was requested, what happened, and where its files are. No I/O."""
