"""Reading a config.json that may contain anything: a value of the wrong kind counts as absent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_TEXT = ("text_config", "llm_config", "language_config", "thinker_config")
_VISION = ("vision_config", "visual", "vit_config")


_LARGEST = 1 << 40
"""No number of a model is larger; some files hold 10**30 for "no limit"."""


def number(config: Mapping[str, Any], *keys: str) -> int | None:
    """The first of `keys` that is a whole number above zero, and not an absurd one."""
    for key in keys:
        value = config.get(key)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST:
            return value
    return None


def mapping(config: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The first of `keys` that is a mapping; an empty one if none is."""
    for key in keys:
        value = config.get(key)
        if isinstance(value, Mapping):
            return value
    return {}


def words(config: Mapping[str, Any], key: str) -> Sequence[str]:
    value = config.get(key)
    return [str(word) for word in value] if isinstance(value, list | tuple) else ()


def text(config: Mapping[str, Any], key: str) -> str:
    value = config.get(key)
    return value if isinstance(value, str) else ""


def text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part that describes the language model's layers: nested in models that also see or hear."""
    nested = mapping(config, *_TEXT)
    if nested:
        return text_part(nested) if any(key in nested for key in _TEXT) else nested
    return config


def quantization(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """How the checkpoint is quantized: said of the whole, or of the part that contains the layers."""
    keys = ("quantization_config", "compression_config")
    return mapping(config, *keys) or mapping(text_part(config), *keys)


def vision_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(config, *_VISION) or mapping(mapping(config, "thinker_config"), *_VISION)
