"""Values about packages: the lock, the sources of packages, and the contract for reading an archive."""
