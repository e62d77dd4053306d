"""Three themes of our own. The built-in `ansi-dark` and `ansi-light` stay available for terminals with few colours."""

from __future__ import annotations

import os

from textual.theme import Theme

DARK = Theme(
    name="deploy-dark",
    dark=True,
    primary="#7fa7d1",
    secondary="#8a9bb0",
    accent="#c8a878",
    success="#8fbf88",
    warning="#dcb66f",
    error="#e08078",
    foreground="#d3d8df",
    background="#15181d",
    surface="#15181d",
    panel="#1d2128",
    variables={
        "text-primary": "#8db4dc",
        "text-secondary": "#a3b1c2",
        "text-success": "#9cc795",
        "text-warning": "#e0bd7c",
        "text-error": "#e89089",
        "border": "#5f82a8",
        "border-blurred": "#333a44",
        "block-cursor-background": "#2a3542",
        "block-cursor-foreground": "#e6ebf1",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#20262e",
        "footer-background": "#1d2128",
        "footer-key-foreground": "#8db4dc",
        "footer-description-foreground": "#9aa4b0",
        "scrollbar": "#333a44",
        "scrollbar-hover": "#465160",
        "scrollbar-active": "#5f82a8",
        "scrollbar-background": "#15181d",
        "scrollbar-background-hover": "#15181d",
        "scrollbar-background-active": "#15181d",
    },
)

LIGHT = Theme(
    name="deploy-light",
    dark=False,
    primary="#2d6699",
    secondary="#5c6b7a",
    accent="#8a6116",
    success="#3a7d34",
    warning="#966200",
    error="#b23a30",
    foreground="#2a3038",
    background="#faf9f6",
    surface="#faf9f6",
    panel="#efede7",
    variables={
        "text-primary": "#2d6699",
        "text-secondary": "#4d5c6b",
        "text-success": "#2f7029",
        "text-warning": "#8a5a00",
        "text-error": "#a8322a",
        "foreground-muted": "#5c6570",
        "border": "#6f95b8",
        "border-blurred": "#d3d0c8",
        "block-cursor-background": "#dde8f2",
        "block-cursor-foreground": "#1c2127",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#eceae4",
        "footer-background": "#efede7",
        "footer-key-foreground": "#2d6699",
        "footer-description-foreground": "#5c6570",
        "scrollbar": "#d3d0c8",
        "scrollbar-hover": "#b9b5aa",
        "scrollbar-active": "#6f95b8",
        "scrollbar-background": "#faf9f6",
        "scrollbar-background-hover": "#faf9f6",
        "scrollbar-background-active": "#faf9f6",
    },
)

HIGH = Theme(
    name="deploy-high-contrast",
    dark=True,
    primary="#7fd4ff",
    secondary="#c8d8e8",
    accent="#ffd75f",
    success="#7dff7d",
    warning="#ffe066",
    error="#ff9f9f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#0d0d0d",
    variables={
        "text-primary": "#8fdcff",
        "text-secondary": "#d5e2ee",
        "text-success": "#8dff8d",
        "text-warning": "#ffe680",
        "text-error": "#ffb0b0",
        "foreground-muted": "#d0d0d0",
        "border": "#8fdcff",
        "border-blurred": "#9a9a9a",
        "block-cursor-background": "#0b2c44",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#262626",
        "footer-background": "#0d0d0d",
        "footer-key-foreground": "#8fdcff",
        "footer-description-foreground": "#ffffff",
        "scrollbar": "#9a9a9a",
        "scrollbar-hover": "#c8c8c8",
        "scrollbar-active": "#8fdcff",
        "scrollbar-background": "#000000",
        "scrollbar-background-hover": "#000000",
        "scrollbar-background-active": "#000000",
    },
)
OWN = (DARK, LIGHT, HIGH)


def preferred() -> str | None:
    """Our dark theme, unless the person asked Textual for another (`TEXTUAL_THEME`)."""
    return None if os.environ.get("TEXTUAL_THEME") else DARK.name
