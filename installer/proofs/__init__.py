"""Asking a running server for what its launch promises, and saying of each promise what came of it.

Only asks: it must never start, stop or change a server, and never call something proved that was not seen.
"""
