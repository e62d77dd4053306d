"""`python -m installer`: the same as the `deploy-tui` command."""

from __future__ import annotations

import sys

from installer.cli import main

sys.exit(main())
