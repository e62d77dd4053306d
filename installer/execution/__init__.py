"""Runs stages: clone, apply, check, switch, journal, roll back. Knows stages only as the protocol in core."""
