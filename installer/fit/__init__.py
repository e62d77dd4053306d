"""Which models a machine holds, and which machines hold a model: by the checks and the formulas of a plan.

Nothing is fetched, installed or rented here, and nothing is called fitting that a plan would refuse.
"""

from __future__ import annotations
