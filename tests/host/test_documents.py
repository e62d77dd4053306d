from __future__ import annotations

import os
from pathlib import Path

import pytest

from installer.core.errors import ExitCode, UsageError
from installer.core.files.document import LIMIT_BYTES
from installer.host.documents import documents_in, read_document


def _why(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_document(path)
    assert caught.value.exit_code == ExitCode.USAGE
    assert str(path) in caught.value.what
    return caught.value.why


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("naïve: 1\n".encode())
    assert read_document(path) == "naïve: 1\n"


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert _why(tmp_path / "missing.yaml") == "There is no such file."
    assert _why(tmp_path) == "It is a folder."
    assert _why(tmp_path / "file" / "x\0y") != ""
    (tmp_path / "a.yaml").write_text("")
    assert _why(tmp_path / "a.yaml" / "b.yaml") == "Not a directory."


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert _why(tmp_path / "pipe.yaml") == "It is not a regular file."
    assert _why(Path("/dev/zero")) == "It is not a regular file."


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(LIMIT_BYTES * 1000)
    assert "larger than 1 MiB" in _why(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("")
    path.chmod(0)
    assert _why(path) == "Permission denied."


def test_only_yaml_files_are_listed(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "_template.yaml", ".hidden.yaml", "README.md", "x.json"):
        (tmp_path / name).write_text("")
    assert [path.name for path in documents_in(tmp_path)] == ["a.yaml", "b.yaml"]
    assert list(documents_in(tmp_path / "missing")) == []
