"""Python packages before they are installed: indexes, resolution, locks, and the inside of wheels. Installs nothing."""
