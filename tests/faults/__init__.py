"""Faults thrown at real runs (`make faults N=30`); what must hold afterwards stands in `promises`."""
