"""Reads the machine and what the engine left behind, and says what it means. Changes nothing."""
