"""The checks: each looks at one kind of clash between what ends up installed, the model and the machine.

A check is a function of a stack, the machine's facts and the lookups in wheels; it yields findings. It never runs
anything, and what it cannot know it yields as a `probe` or leaves to another check, never as a yes or a no.
"""
