"""Which layers of a model keep keys and values, for how long, and which keep a state instead. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from installer.models.memory import config as read

_FULL = frozenset({"full_attention", "attention", "full", "global"})
_SLIDING = frozenset({"sliding_attention", "chunked_attention", "sliding", "local"})


@dataclass(frozen=True, slots=True)
class Layers:
    full: int
    """Softmax attention over everything so far."""
    sliding: int = 0
    """Softmax attention over the last `window` tokens."""
    linear: int = 0
    """No keys and values: a state of fixed size for each request."""
    window: int | None = None

    @property
    def attention(self) -> int:
        return self.full + self.sliding

    @property
    def count(self) -> int:
        return self.full + self.sliding + self.linear


def layers_of(text: Mapping[str, Any], count: int, family: Mapping[str, Any]) -> Layers:
    """The layers of a config, one kind each."""
    window = _window(text)
    if named := _named(text, count):
        return named
    kinds = read.words(text, "layer_types") or _by_number(text)
    if len(kinds) == count:
        full = sum(kind in _FULL for kind in kinds)
        sliding = sum(kind in _SLIDING for kind in kinds)
        return _slid(full, sliding, count - full - sliding, window)
    every = read.number(text, "full_attention_interval")
    if every:
        return Layers(count // every, 0, count - count // every)
    if window is None:
        return Layers(count)
    return _slid(*_interleaved(text, count, family), 0, window)


def _named(text: Mapping[str, Any], count: int) -> Layers | None:
    """Layers that a list or a line of letters names: Kimi's by their numbers, Nemotron's with M, E, - and *."""
    full = read.words(read.mapping(text, "linear_attn_config"), "full_attn_layers")
    if full:
        return Layers(len(full), 0, count - len(full))
    letters = read.text(text, "hybrid_override_pattern")
    return Layers(letters.count("*"), 0, letters.count("M")) if "M" in letters else None


def _slid(full: int, sliding: int, linear: int, window: int | None) -> Layers:
    """Without a window nothing slides."""
    return Layers(full, sliding, linear, window) if window else Layers(full + sliding, 0, linear)


def _window(text: Mapping[str, Any]) -> int | None:
    if text.get("use_sliding_window") is False:
        return None
    return read.number(text, "sliding_window", "attention_chunk_size")


def _by_number(text: Mapping[str, Any]) -> list[str]:
    """MiniMax writes 1 for softmax attention and 0 for lightning attention."""
    return ["full_attention" if word == "1" else "linear_attention" for word in read.words(text, "attn_type_list")]


def _interleaved(text: Mapping[str, Any], count: int, family: Mapping[str, Any]) -> tuple[int, int]:
    """Layers with full attention, and those that slide, where the config only names the window."""
    pattern = read.number(text, "sliding_window_pattern") or family.get("interleaved")
    if pattern == "even":
        return count // 2, count - count // 2
    if isinstance(pattern, int):
        return count // pattern, count - count // pattern
    return 0, count
