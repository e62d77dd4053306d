"""From a model's name to a recipe, by the same knowledge that refuses wrong ones.

A derived recipe is the text of an ordinary recipe file, and each choice in it says why. What is not known is said,
never made up; nothing is fetched or installed here, and code that a model includes is never allowed to run.
"""

from __future__ import annotations

from installer.derive.deriving import Task, derive
from installer.derive.draft import Base, Derived

__all__ = ["Base", "Derived", "Task", "derive"]
