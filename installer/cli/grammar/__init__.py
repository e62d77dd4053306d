"""What each command takes: one module for each group of commands. Knows no handler."""
