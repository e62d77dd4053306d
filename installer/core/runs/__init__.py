"""A run as values: what was asked for, what happened, and where its files are. No I/O."""
