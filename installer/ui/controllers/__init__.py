"""What is done about an intent: asks the session in the background, and writes the answers on the board."""
