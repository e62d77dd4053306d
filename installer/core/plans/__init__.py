"""A plan as values: findings, memory, repair, and the procedure and stack that are checked. No I/O."""
