"""What a model server counts at one moment, and what a person asked it: values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingFigures:
    """`None` always means that the engine does not say. By name only: ten figures of one type have no order."""

    requests: float | None = None
    """That were answered since the server started."""
    running: float | None = None
    """Requests that are being answered."""
    waiting: float | None = None
    cache: float | None = None
    """The share of the key-value cache in use, 0 to 1."""
    tokens: float | None = None
    """Generated since the server started."""
    first_sum: float | None = None
    """Seconds to the first token, all requests together."""
    first_count: float | None = None
    at: float = 0.0
    """Seconds since the epoch."""

    def tokens_per_second(self, before: ServingFigures | None) -> float | None:
        """Between two moments."""
        if before is None or self.tokens is None or before.tokens is None or self.at <= before.at:
            return None
        return max(0.0, self.tokens - before.tokens) / (self.at - before.at)

    def first_token_ms(self, before: ServingFigures | None) -> float | None:
        """The mean of those that came between two moments; of all where there were none between."""
        if self.first_sum is None or not self.first_count:
            return None
        known = before is not None and before.first_sum is not None and before.first_count is not None
        count = self.first_count - (before.first_count or 0.0) if known and before else self.first_count
        total = self.first_sum - (before.first_sum or 0.0) if known and before else self.first_sum
        return 1000 * total / count if count > 0 else 1000 * self.first_sum / self.first_count


@dataclass(frozen=True, slots=True)
class Piece:
    """Of a streamed answer."""

    text: str
    first_ms: float | None = None
    """From asking to the first piece."""
    tokens: int = 0
    """So far; one a piece where the engine does not count."""
    seconds: float = 0.0
    """Since asking."""
    done: bool = False

    @property
    def tokens_per_second(self) -> float | None:
        """After the first."""
        spent = self.seconds - (self.first_ms or 0.0) / 1000
        return (self.tokens - 1) / spent if self.tokens > 1 and spent > 0 else None
