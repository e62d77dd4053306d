"""A log as numbered rows over a file: only what is looked at is ever read. Knows nothing of widgets."""
