"""pip's configuration files and variables, in pip's order."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.host import pip_config


def test_files_and_variables_in_pips_order(tmp_path: Path) -> None:
    site, user = tmp_path / "prefix/pip.conf", tmp_path / "home/.config/pip/pip.conf"
    for file in (site, user):
        file.parent.mkdir(parents=True)
    user.write_text("[global]\nindex-url = https://user/simple\nfind-links =\n    /a\n    /b\ncert = /ca.pem\n")
    site.write_text("[install]\nindex_url = https://site/simple\ntrusted-host = mirror\n")
    environment = {
        "HOME": str(tmp_path / "home"),
        "PIP_EXTRA_INDEX_URL": "https://one https://two",
        "PIP_NO_INDEX": "0",
    }
    sources = pip_config.read(environment, tmp_path / "prefix")
    assert sources.index_url == "https://site/simple"
    assert sources.find_links == ("/a", "/b")
    assert sources.extra_index_urls == ("https://one", "https://two")
    assert (sources.certificate, sources.trusted_hosts, sources.no_index) == ("/ca.pem", ("mirror",), False)


def test_a_folder_is_meant_from_where_the_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    links = "wheels ~/wheels /abs https://page.example/links"
    found = pip_config.read({"HOME": "/home/me", "PIP_FIND_LINKS": links}, tmp_path).find_links
    assert found == (f"{tmp_path}/wheels", "/home/me/wheels", "/abs", "https://page.example/links")


def test_a_variable_beats_every_file(tmp_path: Path) -> None:
    named = tmp_path / "named.conf"
    named.write_text("[global]\nindex-url = https://named/simple\n")
    environment = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(named), "PIP_INDEX_URL": "https://variable/simple"}
    assert pip_config.read(environment, tmp_path).index_url == "https://variable/simple"


def test_devnull_means_no_files_and_a_broken_file_is_left_out(tmp_path: Path) -> None:
    assert pip_config.config_files({"PIP_CONFIG_FILE": "/dev/null"}, tmp_path) == []
    (tmp_path / "pip.conf").write_text("this is not [a configuration\n")
    assert pip_config.read({"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path)}, tmp_path).index_url is None
