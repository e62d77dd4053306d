"""The screen in every language there is, at 80x24: no word is cut, and no line is pushed out of the window."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer.core.text import languages
from tests.stand_ins.patience import PATIENCE_S
from tests.stand_ins.terminal import Terminal

ROOT = Path(__file__).parents[2]
TOOL = str(Path(sys.executable).with_name("deploy-tui"))
SPOKEN = [one for one in languages.known() if one != languages.ENGLISH]


def said(language: str, message: str) -> str:
    """One sentence, from the catalogue itself."""
    languages.use_language(language)
    try:
        return languages._(message)
    finally:
        languages.use_language(languages.ENGLISH)


@pytest.mark.parametrize("language", SPOKEN)
def test_no_word_is_cut_and_none_is_left_in_english(language: str) -> None:
    words = [sys.executable, "-m", "tests.ui.cut_words", language]
    found = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE_S * 10, cwd=ROOT)
    assert (found.returncode, found.stdout) == (0, ""), found.stderr


@pytest.mark.skipif(not shutil.which("tmux"), reason="there is no tmux here")
@pytest.mark.parametrize("language", SPOKEN)
def test_a_run_and_its_end_are_told_in_it(language: str, tmp_path: Path) -> None:
    command = [TOOL, "--lang", language, "--home", str(tmp_path / "home"), "demo"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
    terminal = Terminal(tmp_path, command, environment, (80, 24))
    try:
        text = terminal.shows(*(said(language, word) for word in ("2 Serve", "stages", "waiting", "help")))
        assert "waiting" not in text and "help" not in text
        terminal.press("End")
        copy = said(language, "copy")
        terminal.shows(said(language, "The model server answered."), said(language, "endpoint"), copy)
        terminal.until(lambda text: copy in text.rstrip().splitlines()[-1], "a footer with room for its keys")
    finally:
        terminal.close()
