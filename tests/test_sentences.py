"""What the catalogues take for a sentence of the code, and what they leave."""

from __future__ import annotations

import pytest

from tests.sentences import marked, sentences


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('f"The port {port} is taken by {stack.name!r}."', ["The port {port} is taken by {name}."]),
        ('f"{a.name} clashes with {b.name}"', ["{name} clashes with {name_2}"]),
        ('f"It {\'runs\' if ok else \'fails\'} there."', ["It runs there.", "It fails there."]),
        ('f"{n} file{\'\' if n == 1 else \'s\'} of it"', [("{n} file of it", "{n} files of it")]),
        ('"no file there" if len(x) == 1 else f"all {len(x)} files"', [("no file there", "all {x} files")]),
        ('f"It has {\', \'.join(names)}{f\' and {more} more\' if more else \'\'}."', [
            "It has {names} and {more} more.", "It has {names}.",
        ]),
        ('A = "Rent a host with {} of it"\nsay(f"{A.format(size(memory))}.")', ["Rent a host with {memory} of it."]),
        ('"It is here" + f", on {disk.path}"', ["It is here, on {path}"]),
        ('f"Ask {first(names, 2)}: {told(\'what they say\')}"', ["what they say"]),
        ('counted(n, "run")', [("{number} run", "{number} runs")]),
        ('"import torch; print(torch)"', []),
        ('re.compile("the words of another program")', []),
        ('if text == "what is compared": pass', []),
        ('"a docstring"', []),
        ('"word"', []),
    ],
)  # fmt: skip
def test_a_sentence_is_found_in_the_code(code: str, found: list[object]) -> None:
    assert list(sentences(code)) == found


def test_what_is_marked_is_found_also_inside_of_an_f_string() -> None:
    source = "print(f\"{_('at a time'):>9} {ngettext('{n} run', '{n} runs', n)}\", _(word), _('whole'))"
    assert sorted(map(str, marked(source))) == sorted(["at a time", "('{n} run', '{n} runs')", "whole"])
