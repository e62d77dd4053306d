"""What `explain` says of the blind sets: python -m tests.diagnostics.blind [FILE ...]"""

from __future__ import annotations

import sys

from tests.diagnostics.blind.sets import SETS, assessed, tallies

if __name__ == "__main__":
    for name in sys.argv[1:] or SETS:
        results = assessed(name)
        for one in results:
            if one.wrong:
                print(f"{name} {one.number} {one.source}\n    {'; '.join(one.wrong)}")
        print(name, tallies(results))
