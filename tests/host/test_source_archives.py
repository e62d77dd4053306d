"""Source distributions are listed and read where they lie; what is none, or too large, is not opened."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from installer.host.local import LocalHost


def _sdist(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"pkg-1.0/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def test_its_members_are_named_without_the_folder_that_holds_them(tmp_path: Path) -> None:
    path = _sdist(tmp_path / "pkg-1.0.tar.gz", {"pkg/__init__.py": b"x = 1\n", "PKG-INFO": b"Name: pkg\n"})
    opened = LocalHost(tmp_path).archive(str(path))
    assert opened is not None and opened.names() == ("pkg/__init__.py", "PKG-INFO")
    assert opened.read("pkg/__init__.py") == b"x = 1\n" and opened.read("nothing") is None
    assert opened.read_many(["PKG-INFO", "nothing"]) == {"PKG-INFO": b"Name: pkg\n"}


def test_what_is_no_archive_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "pkg-1.0.tar.gz"
    path.write_bytes(b"not a tar file")
    assert LocalHost(tmp_path).archive(str(path)) is None
