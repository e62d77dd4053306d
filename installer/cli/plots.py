"""Lines of figures drawn into the terminal, and as a picture where matplotlib is there. Draws what it is given."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

from installer.core.errors import UsageError
from installer.core.optional_packages import install_command
from installer.core.text.languages import _, translated
from installer.disk import output

Series = Mapping[str, tuple[Sequence[float], Sequence[float]]]


def terminal(title: str, across: str, series: Series, width: int = 76, height: int = 18) -> list[str]:
    """The lines of a plot, coloured where standard output is a terminal."""
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.title(_("{title}, by {across}").format(title=translated(title), across=translated(across)))
    for name, (xs, ys) in series.items():
        signal = figure.signal(list(xs), list(ys))
        signal.lines(True)
        signal.label(name)
        figure.draw(signal)
    text = str(figure.build())
    plain = text if sys.stdout.isatty() else plotext.uncolorize(text)
    return str(plain).rstrip("\n").split("\n")


def png(file: Path, title: str, across: str, series: Series) -> None:
    """The same as a picture. Raises `UsageError` if matplotlib is not there, or the file cannot be."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError(
            "No picture can be drawn here.",
            "matplotlib is not installed.",
            f"Install it: {install_command('matplotlib')}",
        ) from None
    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, (xs, ys) in series.items():
        axes.plot(list(xs), list(ys), marker="o", label=name)
    axes.set(title=translated(title), xlabel=translated(across), ylabel=_("tokens per second"), ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    output.put(file, picture.getvalue())
