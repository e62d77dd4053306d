"""Releases of a package on indexes of every kind, as of a day."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from installer.core.packages.sources import Sources
from installer.core.plans.stack import Release
from installer.host.local import LocalHost
from installer.packages import releases as reading
from installer.packages.releases import Listings, PackageSources, package_sources
from tests.stand_ins import wheels
from tests.stand_ins.package_index import Index, serve


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for version in ("1.0", "1.10", "1.2", "2.0rc1"):
        wheels.build(tmp_path / "wheels", "mini-engine", version)
    return tmp_path / "wheels"


def listed(place: PackageSources, folder: Path, *, dated: bool = False, offline: bool = False) -> Sequence[Release]:
    files = Listings(LocalHost(folder), place, folder, offline).files("Mini_Engine", dated=dated)
    return reading.releases(files, "mini-engine")


def date_all(index: Index) -> None:
    for month, version in enumerate(("1.0", "1.2", "1.10", "2.0rc1"), 1):
        index.uploaded[f"mini_engine-{version}-py3-none-any.whl"] = f"2026-0{month}-15T23:10:00.000000Z"


@pytest.mark.parametrize("as_json", [True, False])
def test_in_the_order_of_versions(shelf: Path, tmp_path: Path, as_json: bool) -> None:
    with serve(shelf) as index:
        index.json = as_json
        found = listed(PackageSources((index.url,), ()), tmp_path)
        assert [release.version for release in found] == ["1.0", "1.2", "1.10", "2.0rc1"]
        assert found[0].wheels == (f"{index.url.removesuffix('/simple')}/files/mini_engine-1.0-py3-none-any.whl",)


@pytest.mark.parametrize("as_json", [True, False])
def test_as_of_a_day(shelf: Path, tmp_path: Path, as_json: bool) -> None:
    """HTML without times: they are asked of the project's own page."""
    with serve(shelf) as index:
        index.json = as_json
        date_all(index)
        files = Listings(LocalHost(tmp_path), PackageSources((index.url,), ()), tmp_path).files(
            "mini-engine", dated=True
        )
        found = reading.releases(files, "mini-engine", "2026-03-15")
        assert [(r.version, r.released) for r in found] == [
            ("1.0", "2026-01-15"), ("1.2", "2026-02-15"), ("1.10", "2026-03-15"),
        ]  # fmt: skip
        assert reading.releases(files, "mini-engine", "2026-01-14") == ()


def test_what_has_no_day_is_left_out_where_a_day_is_asked_for(shelf: Path, tmp_path: Path) -> None:
    files = Listings(LocalHost(tmp_path), PackageSources((), (str(shelf),)), tmp_path).files("mini-engine")
    assert len(reading.releases(files, "mini-engine")) == 4
    assert reading.releases(files, "mini-engine", "2026-03-15") == ()


def test_folders_and_indexes_side_by_side(shelf: Path, tmp_path: Path) -> None:
    wheels.build(tmp_path / "links", "mini-engine", "3.0")
    simple = tmp_path / "simple" / "mini-engine"
    simple.mkdir(parents=True)
    (simple / "index.html").write_text('<a href="../../files/mini_engine-4.0.tar.gz">x</a>', encoding="utf-8")
    with serve(shelf) as index:
        place = PackageSources((index.url, (tmp_path / "simple").as_uri()), (str(tmp_path / "links"),))
        found = listed(place, tmp_path)
    assert [release.version for release in found][-2:] == ["3.0", "4.0"] and len(found) == 6
    assert found[-1].wheels == ()


def test_kept_for_ten_minutes_and_used_without_the_network(shelf: Path, tmp_path: Path) -> None:
    with serve(shelf) as index:
        place = PackageSources((index.url,), ())
        assert len(listed(place, tmp_path)) == 4
        asked = len(index.requests)
        assert len(listed(place, tmp_path)) == 4 and len(index.requests) == asked
        (file,) = tmp_path.glob("*.json")
        body = json.loads(file.read_text(encoding="utf-8"))
        file.write_text(json.dumps(body | {"at": time.time() - 700}), encoding="utf-8")
        assert len(listed(place, tmp_path, offline=True)) == 4 and len(index.requests) == asked
        wheels.build(shelf, "mini-engine", "9.0")
        assert len(listed(place, tmp_path)) == 5
        body["at"] = time.time() - 700
        file.write_text(json.dumps(body), encoding="utf-8")
    # The index is gone: the old list is better than none.
    assert len(listed(place, tmp_path)) == 4


def test_where_to_look() -> None:
    configured = Sources(index_url="https://mirror.example/simple/", extra_index_urls=("https://more.example/simple",))
    assert package_sources(configured, {}).indexes == ("https://more.example/simple", "https://mirror.example/simple")
    own = package_sources(
        configured, {"UV_DEFAULT_INDEX": "https://uv.example/simple", "UV_INDEX": "mine=https://a.example/s"}
    )
    assert own.indexes == ("https://a.example/s", "https://uv.example/simple")
    assert package_sources(Sources(), {}).indexes == ("https://pypi.org/simple",)
    alone = package_sources(Sources(no_index=True, find_links=("/wheels",)), {})
    assert alone == PackageSources((), ("/wheels",))


@pytest.mark.parametrize("body", ["{", '{"files": 3}', '{"files": [{"url": 1}]}', "<a href=>x</a><a>", "\0\0"])
def test_a_page_that_is_none(body: str) -> None:
    from installer.packages.index_listing import read_page, read_project

    assert read_page(body, "http://x/") == () and read_project(body, "http://x/") == ()
