"""Finds a finished English sentence again by its form, and says it in another language with the same values. Pure.

Findings, errors and events come out of journals, other processes and other hosts as finished sentences. A form is the
sentence of the code with places: what fills a place is kept, or is a sentence again. What has no form stays as it
is. It makes nothing but text to be shown: nothing may be decided by it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from installer.core.text.numbers import is_whole

Plural = Callable[[int], int]
"""Which form of a language belongs to a number."""

_PLACES = re.compile(r"((?:\{[^{}]*\})+)")
"""Adjacent placeholders are one: where the first ends is unknown."""
_NAMED = re.compile(r"\{(\w+)[^{}]*\}")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_WHOLE_WORD = re.compile(r"[\w\0]+")
_EDGE = "\0"
"""Marks where a place may be, so that a word next to it is not taken for a whole one."""
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z\"'`(\d])")
_CUTS = tuple(
    map(re.compile, (r"(\s*\n\s*|\s{2,})", r"((?<=[.!?]) (?=[A-Z\"'`(\d]))", r"((?<=;) )", r"((?<=:) )", r"((?<=,) )"))
)
"""Where sentences are put together, the widest first."""
JOINING = ("and", "or")
"""Between the last two of what is enumerated."""
_JOINED = re.compile(rf" ({'|'.join(JOINING)}) ")
_IS_NAME = re.compile(r"(?![A-Z]?[a-z]+$)\S+|\S+ v?\d\S*")
"""What is the same in every language: no plain word, or one with its release."""
_ENDED = re.compile(r"([(\"]*)(.*?)([.,;:)\"]*)", re.DOTALL)
_ENGLISH = re.compile(r"^[A-Za-z][a-z]+$|\S \S")
"""What is not a name: half a sentence, if it is not known."""
_AFFIX = " ,;:("
_BEFORE, _BEHIND = "{_before}", "{_behind}"
"""Places for the rest of a sentence to which such a text is added."""
_LONGEST = 3000
_FEW_LETTERS = 12
"""A form of so few letters that contains a count matches a number only."""
_WORD = re.compile(r"(?<!\S)[a-z]{2,}(?![^\s,.;:])")
_QUOTING = (": ", ":\n ", "(", "`", '"')
"""What precedes the words of another program."""
_MANY_DEEP = 6


@dataclass(frozen=True, slots=True)
class Form:
    """A sentence with places: the fixed text around them, and how it is said."""

    fixed: tuple[str, ...]
    placeholders: tuple[str, ...]
    translations: tuple[str, ...]
    several: bool
    """Whether this is the form for several of what is counted."""
    letters: int
    """Of its fixed text: the more, the surer."""

    def values(self, text: str) -> dict[str, str] | None:
        """What fills the places; `None` if `text` is not of this form. Never looks twice at a character."""
        first, *between, last = self.fixed
        end = len(text) - len(last)
        if end < len(first) or not text.startswith(first) or not text.endswith(last):
            return None
        found, at = [], len(first)
        for fixed in between:
            if (place := text.find(fixed, at, end)) < 0:
                return None
            found.append(text[at:place])
            at = place + len(fixed)
        return dict(zip(self.placeholders, [*found, text[at:end]], strict=True))


def forms(message: tuple[str, ...], translations: tuple[str, ...]) -> Iterator[Form]:
    """Those of one message of a catalogue: one, or the two of one that counts; and how it is added to another text."""
    for number, text in enumerate(message):
        letters = sum(map(len, _LETTERS.findall(_PLACES.sub(" ", text))))
        if not letters:
            continue
        fixed, placeholders = _cut(text)
        if placeholders:
            yield Form(fixed, placeholders, translations, number > 0, letters)
        before, behind = (_BEFORE if text[0] in _AFFIX else ""), (_BEHIND if text[-1] in _AFFIX else "")
        if placeholders and text != text.strip():
            yield Form(*_cut(text.strip()), tuple(map(str.strip, translations)), number > 0, letters)
        if before or behind:
            texts = tuple(before + one + behind for one in translations)
            yield Form(*_cut(before + text + behind), texts, number > 0, letters)


def _cut(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fixed text, and between each two the name of a place."""
    pieces = _PLACES.split(text)
    return tuple(pieces[::2]), tuple(_named(piece) for piece in pieces[1::2])


def _named(placeholders: str) -> str:
    return "".join(f"{{{name}}}" for name in _NAMED.findall(placeholders))


class Catalogue:
    """The forms of one language."""

    def __init__(self, messages: Mapping[tuple[str, ...], tuple[str, ...]], plural: Plural) -> None:
        self._plural = plural
        self._exact = {
            message[0].strip(): self._single(translations).strip() for message, translations in messages.items()
        }
        made = (
            form for message, translations in messages.items() if any(message) for form in forms(message, translations)
        )
        self._forms: dict[str, list[Form]] = {}
        for form in sorted(made, key=lambda form: -form.letters):
            self._forms.setdefault(_word(form), []).append(form)
        self.translated = lru_cache(4096)(self._translated)

    def _single(self, translations: tuple[str, ...]) -> str:
        """How a message without places is said; where it counts, it is the form for one."""
        return translations[0] if len(translations) == 1 else _PLACES.sub("1", translations[self._plural(1)])

    def _translated(self, text: str, deep: int = 0) -> str:
        """`text` in this language, as far as its forms are known."""
        core = text.strip()
        if deep > _MANY_DEEP or len(text) > _LONGEST or not _LETTERS.search(core):
            return text
        translation = (
            self._known(core) or self._known_sentence(core, deep) or self._ended(core, deep) or self._parts(core, deep)
        )
        return text.replace(core, translation) if translation else text

    def _known(self, text: str) -> str:
        """A text without places, with or without its full stop, also with another first letter."""
        bare = text.removesuffix(".")
        other = bare[:1].swapcase() + bare[1:]
        for one in (bare, other):
            translation = self._exact.get(one) or self._exact.get(f"{one}.", "").removesuffix(".")
            if translation:
                translation = translation if one == bare else translation[:1].swapcase() + translation[1:]
                return translation + text[len(bare) :]
        return ""

    def _known_sentence(self, text: str, deep: int) -> str:
        """A sentence whose form is known, also where it continues inside of another one; empty: it is not."""
        if translation := self._exact.get(text) or self._of_form(text, deep):
            return translation
        other = text[:1].swapcase() + text[1:]
        translation = "" if other == text else self._exact.get(other) or self._of_form(other, deep)
        return (translation[:1].lower() if other[:1].isupper() else translation[:1].upper()) + translation[1:]

    def _of_form(self, text: str, deep: int) -> str:
        several = len(_SENTENCES.split(text)) > 1
        words = {"", *_WHOLE_WORD.findall(text)}
        likely = sorted((form for word in words for form in self._forms.get(word, ())), key=lambda form: -form.letters)
        for form in likely:
            if (values := form.values(text)) is not None and self._fits(form, values, deep, several=several):
                return self._filled(form, values, deep)
        return ""

    def _fits(self, form: Form, values: dict[str, str], deep: int, *, several: bool) -> bool:
        """Whether a form says so much, or its values so little, that the sentence must be of it."""
        if several and any(_SENTENCES.search(value) for value in values.values()):
            return False
        rest = [value for place, value in values.items() if place in (_BEFORE, _BEHIND) and _ENGLISH.search(value)]
        if any(self.translated(value, deep + 1) == value for value in rest):
            return False
        if len(form.translations) > 1 and form.letters <= _FEW_LETTERS and not any(map(is_whole, values.values())):
            return False
        pairs = zip(form.fixed, values.values(), strict=False)
        own_words = [value for before, value in pairs if not before.endswith(_QUOTING) and _WORD.search(value)]
        unknown = sum(
            map(len, _WORD.findall(" ".join(one for one in own_words if self.translated(one, deep + 1) == one)))
        )
        return unknown <= form.letters

    def _filled(self, form: Form, values: dict[str, str], deep: int) -> str:
        translation = (
            form.translations[self._number(form, values)] if len(form.translations) > 1 else form.translations[0]
        )
        fixed, placeholders = _cut(translation)
        if not values.keys() >= set(placeholders):
            values = {**dict(self._apart(values, deep)), **values}
        filled = [self._value(place, values, deep) for place in placeholders]
        return "".join(text + value for text, value in zip(fixed, [*filled, ""], strict=True))

    def _value(self, place: str, values: dict[str, str], deep: int) -> str:
        """What fills a place, or those that are adjacent only in this language."""
        if place not in values:
            return "".join(values.get(f"{{{name}}}", "") for name in _NAMED.findall(place))
        return self.translated(values[place], deep + 1) if " " in values[place] else values[place]

    def _apart(self, values: dict[str, str], deep: int) -> Iterator[tuple[str, str]]:
        """Places that are adjacent in English, each for itself: a later one begins where a known text does."""
        for placeholders, value in values.items():
            first, *rest = _NAMED.findall(placeholders) or [placeholders]
            cuts = [at for at, sign in enumerate(value) if sign in _AFFIX] if rest else []
            cut = next((at for at in cuts if self.translated(value[at:], deep + 1) != value[at:]), len(value))
            yield f"{{{first}}}", value[:cut]
            if rest:
                yield from self._apart({"".join(f"{{{name}}}" for name in rest): value[cut:]}, deep)

    def _number(self, form: Form, values: dict[str, str]) -> int:
        digits = (value.replace(",", "") for value in values.values())
        counted = next((int(value) for value in digits if is_whole(value)), 2)
        return self._plural(counted if form.several else 1)

    def _ended(self, text: str, deep: int) -> str:
        """A sentence with or without the full stop that its form has not."""
        if text.endswith(".") and (translation := self._known_sentence(text[:-1], deep)):
            return f"{translation}."
        match = _ENDED.fullmatch(text)
        if match is None:
            return ""
        translation = self._known_sentence(match[2], deep) or self._known_sentence(f"{match[2]}.", deep).removesuffix(
            "."
        )
        return match[1] + translation + match[3] if translation else ""

    def _parts(self, text: str, deep: int) -> str:
        """Several sentences, or parts of one that were put together."""
        for cut in _CUTS:
            pieces = cut.split(text)
            if len(pieces) > 1:
                translation = "".join(
                    self.translated(piece, deep + 1) if at % 2 == 0 else piece for at, piece in enumerate(pieces)
                )
                return translation if translation != text else ""
        return self._enumerated(text, deep)

    def _enumerated(self, text: str, deep: int) -> str:
        """What is between "and" or "or", where each of it is known or a name: anything else is someone's words."""
        pieces = _JOINED.split(text)
        if len(pieces) == 1 or not all(_IS_NAME.fullmatch(one) or self._is_known(one, deep) for one in pieces[::2]):
            return ""
        parts = [
            self.translated(one, deep + 1) if at % 2 == 0 else self._exact.get(one, one)
            for at, one in enumerate(pieces)
        ]
        return " ".join(parts)

    def _is_known(self, text: str, deep: int) -> bool:
        """Also where it is the same in this language."""
        return self.translated(text, deep + 1) != text or bool(self._known_sentence(text, deep + 1))


def _word(form: Form) -> str:
    """A word that is in every sentence of a form: the longest that no value can run into; empty: none does."""
    words = [word for text in form.fixed for word in _WHOLE_WORD.findall(f"{_EDGE}{text}{_EDGE}")]
    return max((word for word in words if _EDGE not in word), key=len, default="")


def read(file: Path) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The messages of a compiled catalogue with how they are said, both forms of those that count."""
    raw = file.read_bytes()
    order = "<" if raw[:4] == b"\xde\x12\x04\x95" else ">"
    count, ids, texts = struct.unpack(f"{order}3I", raw[8:20])

    def text(table: int, number: int) -> tuple[str, ...]:
        length, start = struct.unpack(f"{order}2I", raw[table + 8 * number : table + 8 * number + 8])
        return tuple(raw[start : start + length].decode("utf-8").split("\0"))

    return {text(ids, number): text(texts, number) for number in range(count)}
