"""How long a test waits for what must come: it ends what hangs, and expects no speed. A busy machine is slow."""

PATIENCE_S = 240.0
