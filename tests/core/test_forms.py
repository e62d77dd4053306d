"""A finished sentence is found again by its form; what has none stays as it is."""

from __future__ import annotations

import pytest

from installer.core.text.forms import Catalogue

SAID = {
    ("The driver {version} is older than {name}.",): ("Driver {version} < {name}.",),
    ("{name} needs {least}, and {have} is there",): ("{name}: {have} statt {least}",),
    ("the recipe uses the machine's toolkit",): ("das Rezept nimmt ihn",),
    ("There is no recipe {name}{suggestion}",): ("Rezept {name} fehlt{suggestion}",),
    ('; did you mean "{near}"?',): ('; etwa "{near}"?',),
    (" on {path}",): (" auf {path}",),
    ("free disk",): ("freier Platz",),
    ("{count} file of weights", "{count} files of weights"): ("{count} Datei", "{count} Dateien"),
    ("1 problem", "{count} problems"): ("{count} Fehler", "{count} Fehler insgesamt"),
    ("{what} is {value}",): ("{value}={what}",),
    ("Leave it out.",): ("Weglassen.",),
}


@pytest.fixture
def german() -> Catalogue:
    return Catalogue(SAID, lambda number: int(number != 1))


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("The driver 550 is older than NVIDIA B200.", "Driver 550 < NVIDIA B200."),
        ("torch needs CUDA 13, and 12 is there", "torch: 12 statt CUDA 13"),
        ("torch needs CUDA 13, and 12 is there.", "torch: 12 statt CUDA 13."),
        ("Leave it out. The driver 1 is older than X.", "Weglassen. Driver 1 < X."),
        ("a; leave it out", "a; weglassen"),
        ("nvcc: the recipe uses the machine's toolkit", "nvcc: das Rezept nimmt ihn"),
        ('There is no recipe x; did you mean "y"?', 'Rezept x fehlt; etwa "y"?'),
        ("There is no recipe x", "Rezept x fehlt"),
        ("free disk on /home", "freier Platz auf /home"),
        ("1 file of weights", "1 Datei"),
        ("1,200 files of weights", "1,200 Dateien"),
        ("1 problem", "1 Fehler"),
        ("  Leave it out.", "  Weglassen."),
    ],
)
def test_a_sentence_is_told_with_its_values(german: Catalogue, sentence: str, told: str) -> None:
    assert german.translated(sentence) == told


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "12 GB",
        "somewhere on /home",
        "A long sentence that nobody knows by heart is what the words of a short form must not take apart",
        "x" * 5000,
    ],
)
def test_what_has_no_form_stays(german: Catalogue, sentence: str) -> None:
    assert german.translated(sentence) == sentence


def test_a_value_goes_over_no_end_of_a_sentence(german: Catalogue) -> None:
    said = german.translated("The driver 1 is older than X. Unknown words stand here, and so on.")
    assert said == "Driver 1 < X. Unknown words stand here, and so on."
