"""One file about a run, for anyone who is asked for help: made of what the run left, read with care. Sends nothing."""
