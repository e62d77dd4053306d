"""`python -m bench [startup] [screen] [plan] [install] [bundle] [explain]`, with the options below."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench import bundle, explain, install, plan, screen, startup


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=install.__doc__)
    parser.add_argument(
        "what",
        nargs="*",
        default=["startup", "screen", "plan", "install"],
        help="startup, screen, plan, install (default: these), bundle, explain",
    )
    parser.add_argument("--no-pip", action="store_true", help="leave out pip, which takes minutes")
    parser.add_argument("--rounds", type=int, default=2, help="pairs of cold plans and installs (default 2)")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder; about 60 GB)")
    parser.add_argument("--toolong", type=Path, help="an environment with toolong in it, for `screen`")
    parser.add_argument("--bundle", type=Path, help="a bundle for this machine, for `bundle`")
    options = parser.parse_args()
    if "startup" in options.what:
        install.show(startup.measure())
    if "screen" in options.what:
        install.show(screen.measure(options.toolong))
    if "plan" in options.what:
        with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-", dir=options.folder) as folder:
            install.show(plan.measure(Path(folder), rounds=options.rounds))
    if "explain" in options.what:
        with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-", dir=options.folder) as folder:
            install.show(explain.measure(Path(folder)))
    if "bundle" in options.what:
        with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-", dir=options.folder) as folder:
            install.show(bundle.measure(Path(folder), options.bundle.absolute(), rounds=options.rounds))
    if "install" in options.what:
        with tempfile.TemporaryDirectory(prefix="deploy-tui-bench-", dir=options.folder) as folder:
            install.show(install.measure(Path(folder), with_pip=not options.no_pip, rounds=options.rounds))


if __name__ == "__main__":
    main()
