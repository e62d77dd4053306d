"""A chat as it is shown and as it is sent on: what is shown is told in a language, what is sent never."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from installer.core.contracts.figures import Piece
from installer.core.text import languages
from installer.ui.serving_model import Conversation


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    languages.use_language(languages.ENGLISH)


@pytest.mark.parametrize("language", languages.known())
def test_who_speaks_is_told_in_it_and_the_server_gets_its_own_words(language: str) -> None:
    languages.use_language(language)
    conversation = Conversation()
    assert conversation.ask("Hello") == [{"role": "user", "content": "Hello"}]
    conversation.take(Piece("Hi.", 20.0, 1, 0.02, done=True))
    roles = [message["role"] for message in conversation.ask("And now?")]
    assert roles == ["user", "assistant", "user"]
    shown = [row.label.plain for row in conversation.rows() if row.label.plain]
    assert shown == [languages._("you"), languages._("model")] * 2


def test_one_token_is_one() -> None:
    conversation = Conversation()
    conversation.ask("Hello")
    conversation.take(Piece("Hi", 20.0, 1, 0.02))
    assert conversation.rows()[-1].value.plain == "1 token · first 20 ms"
    conversation.take(Piece(".", 20.0, 2, 0.1, done=True))
    assert conversation.rows()[-1].value.plain == "2 tokens · first 20 ms · 12 tokens/s"
