"""What a log says without any catalogue: its lines without wrappers, its failures, and the one they come from."""
