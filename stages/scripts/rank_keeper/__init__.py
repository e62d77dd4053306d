"""Watches over one rank of a model that several machines serve. Runs on its Python alone."""
