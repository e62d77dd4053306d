"""Styles that are parsed once: Textual would parse all of them again with each screen that is shown first."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class ParsedOnce(Stylesheet):
    """Parsed again only where a colour has changed, or something was added."""

    _outdated = False

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            self._outdated = True
            super().set_variables(variables)

    def reparse(self) -> None:
        if self._outdated:
            super().reparse()
            self._outdated = False
        elif self._require_parse:
            self.parse()
