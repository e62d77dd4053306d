"""The inside of wheels, read in place: metadata, modules, ELF files, GPU code. Never unpacks a whole wheel."""
