"""A log as numbered rows over a file: only what is shown is ever read. Knows nothing of widgets."""
