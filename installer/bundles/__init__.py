"""Bundles: everything a recipe needs on a machine without a network, as one tar or as parts that arrive one by one."""
