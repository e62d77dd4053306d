"""Several machines with one recipe: each checked by its own facts, then rolled out in waves that roll back as one.

Only asks the deploy-tui of each machine, over a link that may be cut: it must never decide what works on a machine,
install anything there itself, or call something done that a machine has not said.
"""
