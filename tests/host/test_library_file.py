"""Which file the loader takes for a shared library."""

from __future__ import annotations

from pathlib import Path

from installer.host.local import LocalHost


def test_the_file_behind_a_library_is_found_and_one_that_is_not_there_is_none(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, lambda: False)

    found = host.library_file("libc.so.6")

    assert found is not None and found.name.startswith("libc") and found.read_bytes()[:4] == b"\x7fELF"
    assert host.library_file("libnowhere.so.9") is None
