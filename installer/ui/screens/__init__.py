"""One module a screen. Screens read the board and turn keys into intents; none knows the app."""
