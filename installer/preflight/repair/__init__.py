"""The repair: the smallest change that gets a verdict without blockers, found by search and checked like any stack.

Works from what is known without the network; what it proposes can be confirmed by a real resolution afterwards.
"""
