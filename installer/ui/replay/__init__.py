"""A run that is over, played again from its journal: where each moment stands in the file, and where playing stands."""
