"""One file about a run, for support: made of what the run left, read with care. Sends nothing."""
