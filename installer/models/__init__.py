"""What is known of a model: from its own files, from the hub, or from shipped knowledge, and it always says which.

Nothing of a model is executed, and no weights are read; the token is sent to the hub and to nothing else.
"""

from __future__ import annotations

from installer.models.folder import load_model
from installer.models.lookup import model_facts
from installer.models.random_model import of_random

__all__ = ["load_model", "model_facts", "of_random"]
