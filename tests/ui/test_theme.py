"""The two themes can be read, and the style sheet names no colour of its own."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from textual.color import Color, ColorParseError
from textual.theme import Theme

from installer.ui.app import DeployApp
from installer.ui.theme import DARK, HIGH, LIGHT, OWN, preferred
from tests.ui.replay import ReplaySession

LEGIBLE = 4.5
"""Contrast of text that WCAG 2 asks for."""


ENHANCED = 7.0
"""What WCAG 2 asks for at its highest level."""


def luminance(color: Color) -> float:
    parts = [part / 255 for part in color.rgb]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_text_stands_out_from_every_ground(theme: Theme) -> None:
    texts = {name: value for name, value in theme.variables.items() if name.startswith("text-")}
    assert len(texts) == 5 and theme.foreground and theme.background and theme.panel
    texts["foreground"] = theme.foreground
    legible = ENHANCED if theme is HIGH else LEGIBLE
    grounds = (theme.background, theme.panel, theme.variables["block-cursor-background"])
    for name, value in texts.items():
        for ground in grounds:
            assert contrast(Color.parse(value), Color.parse(ground)) >= legible, (name, ground)


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_what_is_muted_is_legible_too(theme: Theme) -> None:
    app = DeployApp(ReplaySession())
    app.theme = theme.name
    muted = Color.parse(app.get_css_variables()["foreground-muted"])
    for ground in (theme.background, theme.panel):
        seen = Color.parse(ground) + muted
        assert contrast(seen, Color.parse(ground)) >= LEGIBLE, (seen, ground)


def colours_named(sheet: str) -> list[str]:
    """The words of a style sheet's values that are a colour by themselves."""
    values = " ".join(re.findall(r":\s*([^;{}]+)[;}]", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)))
    words = re.sub(r",\s*", ",", values).split()
    return [word for word in words if _is_colour(word)]


def _is_colour(word: str) -> bool:
    try:
        return bool(Color.parse(word))
    except ColorParseError:
        return False


def test_the_style_sheet_uses_theme_variables_only() -> None:
    sheet = files("installer.ui").joinpath("deploy.tcss").read_text(encoding="utf-8")
    assert "$panel" in sheet and colours_named(sheet) == []
    assert colours_named("a { border: round red; outline: heavy #fff; color: $text; background: rgb(1, 2, 3) }") == [
        "red", "#fff", "rgb(1,2,3)",
    ]  # fmt: skip


def test_our_themes_can_be_chosen_and_the_terminals_own_stay() -> None:
    app = DeployApp(ReplaySession())
    assert app.theme == DARK.name
    assert {DARK.name, LIGHT.name, HIGH.name, "ansi-dark", "ansi-light"} <= set(app.available_themes)


def test_a_theme_asked_of_textual_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", "ansi-light")
    assert preferred() is None
