"""The recipe: its values, its file format, and the rules for single values. No I/O."""
