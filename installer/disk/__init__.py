"""Files of our own: written whole, on the disk before we say so, and read back without trusting what is there."""
