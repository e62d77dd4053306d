"""A run as values: what was asked for, what happened, and where its files lie. No I/O."""
