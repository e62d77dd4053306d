"""Derives the shipped knowledge again from released packages. Never part of a deployment."""
