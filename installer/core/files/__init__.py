"""Input files that people write: a tree with line numbers, read into dataclasses, with all problems at once."""
