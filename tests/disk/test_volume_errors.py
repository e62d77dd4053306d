"""What the system's errors mean for a person."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from installer.disk.volume_errors import explained, problem


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "full"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "failed"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.EPIPE, "system says"),
    ],
)
def test_an_error_says_what_to_do(code: int, words: str) -> None:
    error = explained(OSError(code, "said by the system", "/a/file"))
    assert "/a/file" in error.what and words in error.why and error.fix


def test_a_folder_that_went_is_named(tmp_path: Path) -> None:
    assert problem(tmp_path) == ""
    assert "no longer exists" in problem(tmp_path / "absent")
    assert "no longer exists" in explained(OSError(errno.ENOENT, "x"), tmp_path / "absent").why
