"""`python …/rank_keeper OPTIONS -- ENGINE…`: imports nothing but itself and the standard library."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])
__package__ = Path(__file__).parent.name  # PEP 366: so the modules next to this one are found

from .keeper import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
