"""What names a secret: the one definition, for variables, flags, keys of documents and headers. Never sees a value."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from installer.core.secrets.known import words_of
from installer.core.text.numbers import is_whole

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LONGEST = 200


@lru_cache(maxsize=4096)
def names_a_secret(name: str) -> bool:
    """Whether what is called so contains a secret; `MAX_TOKENS`, `TIKTOKEN_RS_CACHE_DIR` and `HF_TOKEN_PATH` do not."""
    words = _words(name)
    if _contains_none(words):
        return False
    return _certain(words) or _token(words) or (len(words) > 1 and _last(words))


@lru_cache(maxsize=4096)
def names_a_secret_in_text(name: str) -> bool:
    """The same for `name=value` in any text: `sort_key` and `next_token` are everywhere in code.

    A name in capitals is a variable of an environment, and those are checked as always.
    """
    if name.isupper():
        return names_a_secret(name)
    words = _words(name)
    if _contains_none(words):
        return False
    is_text = len(words) == 1 or words[-2] in _known("in_text_before_token")
    return _certain(words) or (words[-1] == "TOKEN" and is_text)


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.upper() for word in _WORD.findall(name[-_LONGEST:]))


def _contains_none(words: tuple[str, ...]) -> bool:
    """The place of a secret, or whether one is wanted, is not a secret itself."""
    return not words or words[-1] in _known("places") or words[0] in _known("switches")


@cache
def _known(key: str) -> frozenset[str]:
    return words_of("names", key)


def _certain(words: tuple[str, ...]) -> bool:
    if any(part in word for word in words for part in _known("anywhere")):
        return True
    joined = f" {' '.join(words)} "
    if any(f" {pair} " in joined for pair in _known("pairs")):
        return True
    return any(word in _known("words") and word != "TOKEN" for word in words)


def _token(words: tuple[str, ...]) -> bool:
    """A token that lets someone in, and not one that a model reads."""
    for at, word in enumerate(words):
        if word != "TOKEN" and not (word.endswith("TOKEN") and word != "TIKTOKEN"):
            continue
        before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
        if before not in _known("counted_before") and after not in _known("counted_after"):
            return True
    return False


def _last(words: tuple[str, ...]) -> bool:
    found = [word for word in words if not is_whole(word)]
    if len(found) < 2:
        return False
    *_, before, last = found
    return last in _known("last") and before not in _known("open_before") and not (last == "PWD" and before == "OLD")
