"""Pages of indexes, from a server and from folders."""

from __future__ import annotations

from pathlib import Path

from installer.core.packages.sources import Sources
from installer.host.index_client import IndexClient
from installer.host.index_pages import page
from tests.stand_ins import wheels
from tests.stand_ins.package_index import serve


def test_a_page_of_a_server(tmp_path: Path) -> None:
    wheels.build(tmp_path, "small", "1.0")
    with serve(tmp_path) as index:
        client = IndexClient(Sources())
        assert "small-1.0" in page(f"{index.url}/small/", client, accept="text/html", timeout_s=3.0).body
        assert page(f"{index.url}/absent/", client, accept="", timeout_s=3.0).status == 404


def test_folders(tmp_path: Path) -> None:
    client = IndexClient(Sources())
    wheels.build(tmp_path / "links", "small", "1.0")
    listing = page(str(tmp_path / "links"), client, accept="", timeout_s=1.0)
    assert listing.ok and 'href="file://' in listing.body
    (tmp_path / "simple" / "small").mkdir(parents=True)
    (tmp_path / "simple" / "small" / "index.html").write_text("<a href='../x.whl'>x</a>", encoding="utf-8")
    written = page((tmp_path / "simple" / "small").as_uri() + "/", client, accept="", timeout_s=1.0)
    assert written.body.startswith("<a href='../x.whl'>") and written.url.endswith("/small/")
    assert page(str(tmp_path / "absent"), client, accept="", timeout_s=1.0).status == 404


def test_credentials_of_an_index_go_to_its_own_host_only() -> None:
    client = IndexClient(Sources(index_url="https://somebody:s3cret@packages.example/simple"))
    assert client._credentials("https://packages.example/files/a.whl") == ("somebody", "s3cret")
    assert client._credentials("https://elsewhere.example/files/a.whl") is None
    assert client._credentials("http://packages.example/files/a.whl") is None
