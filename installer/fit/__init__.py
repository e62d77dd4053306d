"""Which models fit on a machine, and on which machines a model fits: by the checks and the formulas of a plan.

Nothing is fetched, installed or rented here, and nothing is called fitting that a plan would refuse.
"""

from __future__ import annotations
