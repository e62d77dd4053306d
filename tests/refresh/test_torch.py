"""A new release of torch becomes a line in the file that is kept by hand, and nothing else of it changes."""

from __future__ import annotations

from pathlib import Path

import yaml

from installer.knowledge import tables
from installer.refresh import torch

SHIPPED = Path(tables.__file__).with_name("torch.yaml")


class Folder:
    """As much of a run as writing needs."""

    today = "2026-12-01"

    def __init__(self, folder: Path) -> None:
        self.folder = folder


def test_rows_are_put_behind_the_last_ones(tmp_path: Path) -> None:
    file = tmp_path / "torch.yaml"
    file.write_bytes(SHIPPED.read_bytes())
    facts = {
        "torch": "2.99.0", "released": "2026-11-30", "variant": "cu140", "cuda": "14.0.1", "pythons": ["3.12", "3.13"],
        "triton": "~=4.0",
    }  # fmt: skip
    torch._put(Folder(tmp_path), facts, [90, 100])  # type: ignore[arg-type]
    document = yaml.safe_load(file.read_text())
    assert document["releases"][-1]["torch"] == "2.99.0"
    assert document["releases"][-1]["checked"] == "2026-12-01"
    assert [row["sm"] for row in document["builds"] if row["torch"] == "2.99"] == [[90, 100]]
    added = set(file.read_text().splitlines()) - set(SHIPPED.read_text().splitlines())
    assert len(added) == 2
    before = file.read_text()
    torch._put(Folder(tmp_path), facts, [90, 100])  # type: ignore[arg-type]
    assert file.read_text() == before, "twice is once"


def test_architectures_are_filled_in_where_the_build_is_listed_without(tmp_path: Path) -> None:
    (tmp_path / "torch.yaml").write_text(
        'releases:\n  - {torch: "2.98.0", released: "2026-11-01", variant: cu132}\n'
        'builds:\n  - {torch: "2.98", variant: cu132, arch: x86_64, cxx11_abi: true}\n'
    )
    facts = {
        "torch": "2.98.0",
        "released": "2026-11-01",
        "variant": "cu132",
        "cuda": "13.2.2",
        "pythons": [],
        "triton": "",
    }
    torch._put(Folder(tmp_path), facts, [75])  # type: ignore[arg-type]
    document = yaml.safe_load((tmp_path / "torch.yaml").read_text())
    assert len(document["releases"]) == 1
    assert document["builds"][0]["sm"] == [75]
