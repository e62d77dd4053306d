"""The machine: its facts and meters as values, and the machine file. No I/O."""
