"""Values and contracts that every layer shares. Nothing here reads a file, starts a process or opens a socket."""
