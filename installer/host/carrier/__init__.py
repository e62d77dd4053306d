"""Machines by pyinfra in place of the system's `ssh`: in a process and an environment of its own."""
