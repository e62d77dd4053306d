"""Python packages before they are installed: indexes, resolution, lock files, and the inside of wheels. Installs nothing."""
