"""Text for people: plain, with readable quantities, and without secrets."""
