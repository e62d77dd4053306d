"""Whether a stack works on a machine, and the smallest change that would make it work. Touches nothing."""
