"""The inside of wheels, read where they lie: metadata, modules, ELF files, GPU code. Never unpacks a whole wheel."""
