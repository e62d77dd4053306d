"""Wires recipe, machine, stages and engine together; the only place that knows all of them."""
