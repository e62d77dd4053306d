"""One module a screen. Screens show values and turn keys into requests of the app."""
