"""The command line: verbs and exit codes. Imports nothing heavy before it knows what is asked."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from installer.core.errors import DeployError, ExitCode, UsageError


def isolated() -> int:
    """The `deploy-tui` program: `main`, and nothing that a variable or the current folder includes may answer for a
    module of ours."""
    if "PYTHONPATH" in os.environ and not sys.flags.isolated:
        os.execv(sys.executable, [sys.executable, "-I", "-m", "installer", *sys.argv[1:]])
    return main()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status (`installer.core.errors.ExitCode`)."""
    from installer.cli import parser

    try:
        _ensure_working_folder()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who ignores it never learns how a program ended
        _refuse_name_clash()
        options = parser.parse(sys.argv[1:] if argv is None else argv)
        _set_language(options.lang, json=options.json)
        code = int(options.handler(options))
        print(end="", flush=True)  # noqa: T201 - here, where it can still be said that it has nowhere to go
        return code
    except DeployError as error:
        from installer.cli.streams import explain

        explain(error)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)  # noqa: T201
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone away (`… | head`): that is its right.
        _print_no_more()
        return int(ExitCode.OK)
    except OSError as error:
        from installer.cli import streams
        from installer.disk.volume_errors import explained

        streams.explain(explained(error))
        _print_no_more()
        return int(ExitCode.FAILED)
    except Exception as error:
        _tell_defect(error)
        return int(ExitCode.FAILED)


def _set_language(language: str, *, json: bool) -> None:
    """In the language that was requested, else the locale's; programs are always answered in English."""
    from installer.core.text import languages

    if language and language not in languages.known():
        raise UsageError(
            f"There is no language {language!r}.", "No catalogue of it is installed.",
            f"Choose one of {', '.join(languages.known())}.",
        )  # fmt: skip
    languages.use_language(languages.ENGLISH if json else language or languages.of_locale(os.environ))


def _tell_defect(error: Exception) -> None:
    """In three sentences; the traceback goes into a file."""
    import tempfile

    from installer.cli import streams
    from installer.core.defects import defect_of, traceback_of
    from installer.core.secrets import Redactor

    streams.explain(defect_of(error))
    with tempfile.NamedTemporaryFile("w", prefix="deploy-tui-defect-", suffix=".log", delete=False) as log:
        log.write(traceback_of(Redactor.of(os.environ)))
    streams.say(f"  The traceback: {log.name}")


def _ensure_working_folder() -> None:
    """The current folder of a shell may be deleted; no program starts there, and no relative path means anything."""
    try:
        os.getcwd()
    except OSError:
        os.chdir("/")
    for number in range(3):  # where one is closed, a file of ours would get its number, and be taken for it
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # as Python leaves it then
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def _print_no_more() -> None:
    """What is still to be printed has nowhere to go; Python would complain about it once more at its end."""
    try:
        print(end="", flush=True)  # noqa: T201
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse_name_clash() -> None:
    """PyPI's `installer` package has the same import name; side by side the two overwrite each other's files.

    Looks at folder names, because `importlib.metadata` costs more time than all the rest of a short command.
    """
    if not any(_contains_name_clash(folder) for folder in sys.path):
        return
    raise UsageError(
        "deploy-tui shares its environment with the package `installer`.",
        "Both contain files of the same names, so either may be incomplete.",
        "Install deploy-tui into an environment of its own, for example with `uv tool install` or pipx.",
    )


def _contains_name_clash(folder: str) -> bool:
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return False
    return any(name.startswith("installer-") and name.endswith((".dist-info", ".egg-info")) for name in names)
