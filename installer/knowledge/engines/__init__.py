"""What releases of engines and of Transformers say about themselves, read out of their wheels or shipped knowledge.

Nothing of an engine is ever installed, imported or run for this. This file imports nothing: every plan needs the
definitions, and few need the readers of wheels.
"""
