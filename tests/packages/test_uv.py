"""pip's configuration as uv flags."""

from __future__ import annotations

from pathlib import Path

from installer.core.packages.sources import Sources
from installer.core.runs.home import Home
from installer.packages import uv

HOME = Home(Path("/h"))


def test_pips_sources_become_flags_and_variables() -> None:
    sources = Sources("https://mirror/simple", ("file:///extra",), ("/wheels",), trusted_hosts=("mirror",))
    flags = ("--index-strategy", "unsafe-best-match", "--allow-insecure-host", "mirror")
    assert uv.source_flags(sources, {}) == flags
    assert uv.addresses(sources, {}) == {
        "UV_DEFAULT_INDEX": "https://mirror/simple", "UV_INDEX": "file:///extra", "UV_FIND_LINKS": "/wheels",
    }  # fmt: skip


def test_a_folder_with_a_comma_in_its_name_is_one_folder() -> None:
    assert uv.find_links(("/a,b", "https://x/a,b", "/c")) == {"UV_FIND_LINKS": "file:///a%2Cb,https://x/a%2Cb,/c"}


def test_what_is_said_to_uv_itself_wins() -> None:
    sources = Sources("https://mirror/simple", ("file:///extra",), ("/wheels",))
    base = {"UV_DEFAULT_INDEX": "https://own", "UV_INDEX": "https://own2", "UV_FIND_LINKS": "/own"}
    assert uv.source_flags(sources, base) == ()
    assert uv.addresses(sources, base) == {}
    assert uv.source_flags(Sources(no_index=True), {}, offline=True) == ("--offline", "--no-index")


def test_the_cache_lies_beside_the_generations_unless_named() -> None:
    assert uv.environment({}, HOME, Sources())["UV_CACHE_DIR"] == "/h/cache/uv"
    assert uv.environment({"UV_CACHE_DIR": "/c"}, HOME, Sources())["UV_CACHE_DIR"] == "/c"
    assert uv.environment({}, HOME, Sources(), hardlinks=False)["UV_LINK_MODE"] == "copy"


def test_uv_gets_no_secret_but_its_own() -> None:
    base = {"HF_TOKEN": "hf_x", "AWS_SECRET": "s", "UV_INDEX_MINE_PASSWORD": "p", "PATH": "/bin"}
    assert set(uv.environment(base, HOME, Sources())) & set(base) == {"UV_INDEX_MINE_PASSWORD", "PATH"}


def test_certificate_and_proxy_reach_uv() -> None:
    values = uv.environment({"HTTPS_PROXY": "http://own"}, HOME, Sources(certificate="/ca.pem", proxy="http://p"))
    assert values["SSL_CERT_FILE"] == "/ca.pem"
    assert (values["HTTPS_PROXY"], values["HTTP_PROXY"]) == ("http://own", "http://p")
