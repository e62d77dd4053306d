"""A run that is over, played again from its journal: where each moment is in the file, and the current position."""
