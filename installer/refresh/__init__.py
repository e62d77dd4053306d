"""Derives the shipped knowledge anew from released packages. Never part of a deployment."""
