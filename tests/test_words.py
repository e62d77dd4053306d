"""Names, comments and sentences for users have the words of the field; `tests/style_words.py` lists the others."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.style_words import IN_COMMENTS, NAMES, PROSE, STRANGE, STRANGE_IN_COMMENTS, strange_in_name
from tests.translations import template

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("installer", "stages") for path in (ROOT / folder).rglob("*.py"))


BY_PROGRAMS = {"taken back", "not taken back"}
"""States of a fleet's hosts in JSON (docs/interfaces.md); people read them as `State.shown`."""


def named(path: Path) -> Iterator[str]:
    """The names that a module gives: its own, and those of its classes and functions."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def test_names_say_something_to_a_stranger() -> None:
    found = [f"{path.relative_to(ROOT)}: {name}" for path in MODULES for name in named(path) if strange_in_name(name)]
    assert not found, "\n".join(["tests/style_words.py has other words:", *found])


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each comment, and of each string that is a statement of its own, such as a docstring."""
    yield from (
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    )
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield from enumerate(text.splitlines(), node.lineno)


@pytest.mark.parametrize("folder", ["installer", "stages"])
def test_comments_use_the_words_of_the_field(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip()}"
        for path in MODULES
        if path.relative_to(ROOT).parts[0] == folder and STRANGE_IN_COMMENTS.search(path.read_text(encoding="utf-8"))
        for line, text in comments(path.read_text(encoding="utf-8"))
        if STRANGE_IN_COMMENTS.search(re.sub("`[^`]*`", "", text))
    ]
    assert not found, "\n".join(["tests/style_words.py has other words:", *found])


def test_comments_and_docstrings_are_found() -> None:
    source = '"""A module.\n\nIt lies here."""\nname = "stands"  # asks for it\n"""What nobody sees."""\n'
    assert [line for line, text in sorted(comments(source)) if STRANGE_IN_COMMENTS.search(text)] == [3, 4, 5]


def test_sentences_use_the_words_of_the_field() -> None:
    """Every sentence that users read is in the catalogues, those of tables as well."""
    sentences = [part for message in template() for part in _parts(message.id)]
    found = [sentence for sentence in sentences if STRANGE.search(sentence) and sentence not in BY_PROGRAMS]
    assert len(sentences) > 5000
    assert not found, "\n".join(["docs/contributing.md says which words to use instead:", *found])


def _parts(ids: object) -> tuple[str, ...]:
    return ids if isinstance(ids, tuple) else (str(ids),)


@pytest.mark.parametrize("name", ["_look_at", "KillAndLook", "settle_downloads", "_holds", "hollow_packages", "Judged"])
def test_a_private_word_in_a_name_is_found(name: str) -> None:
    assert strange_in_name(name)


@pytest.mark.parametrize(
    "name", ["is_whole", "look_up", "ModelLookup", "looks_like_a_secret", "make_stand_in", "placeholder"]
)
def test_an_ordinary_name_is_not(name: str) -> None:
    assert not strange_in_name(name)


def test_every_word_has_another() -> None:
    assert all({**NAMES, **PROSE, **IN_COMMENTS}.values())
