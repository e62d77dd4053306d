"""The derived table against the pins that it is derived from."""

from __future__ import annotations

from installer.knowledge import build_tags, kernels
from installer.refresh import kernels as derived


def test_the_shipped_rows_say_what_the_engines_pin() -> None:
    pins = derived._pins()
    assert len(pins) > 40
    for row in kernels.rows():
        users = pins.get((row.package, row.version), [])
        assert set(row.torch) == {build_tags.minor(torch) for _, torch in users}, row.version
        assert row.engine in ([engine for engine, _ in users] or [""])
