"""pip's configuration as uv flags."""

from __future__ import annotations

from pathlib import Path

from installer.core.packages.sources import Sources
from installer.core.runs.home import Home
from installer.packages import uv

HOME = Home(Path("/h"))


def test_pips_sources_become_flags() -> None:
    sources = Sources("https://mirror/simple", ("file:///extra",), ("/wheels",), trusted_hosts=("mirror",))
    assert uv.source_flags(sources, {}) == (
        "--default-index", "https://mirror/simple", "--index", "file:///extra", "--index-strategy",
        "unsafe-best-match", "--find-links", "/wheels", "--allow-insecure-host", "mirror",
    )  # fmt: skip


def test_what_is_said_to_uv_itself_wins() -> None:
    sources = Sources("https://mirror/simple", ("file:///extra",), ("/wheels",))
    base = {"UV_DEFAULT_INDEX": "https://own", "UV_INDEX": "https://own2", "UV_FIND_LINKS": "/own"}
    assert uv.source_flags(sources, base) == ()
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
