"""Input files that people write: a tree with line numbers, read into dataclasses by their types, with all problems told at once."""
