"""`server install`: the server is there again after the machine was started again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from installer.cli import streams
from installer.cli.requests import home_of
from installer.core.errors import DeployError, ExitCode, UsageError

if TYPE_CHECKING:
    from installer.core.contracts.host import Host
    from installer.session.startup import Unit

_PATIENCE_S = 60.0


def serve(options: argparse.Namespace) -> int:
    """Serve `server install`."""
    from installer.host.local import LocalHost
    from installer.session import startup

    home = home_of(options)
    host = LocalHost(home.cache)
    unit = startup.unit(home, root=host.is_root(), user_home=startup.user_home())
    if not home.deployment.is_file() and not options.remove:
        raise UsageError(
            "Nothing is deployed yet.", f"{home.root} contains no deployment.", "Deploy first: deploy-tui."
        )
    if not startup.is_booted():
        return _without_systemd(startup.line(home), options)
    if not options.print:
        (_remove if options.remove else _install)(unit, host)
    if options.json:
        streams.document({"schema": 1, "file": str(unit.file), "installed": unit.file.is_file()}, text=unit.text)
    elif options.print:
        streams.verbatim(unit.text.rstrip("\n"))
    return int(ExitCode.OK)


def _without_systemd(line: str, options: argparse.Namespace) -> int:
    if options.remove:
        raise UsageError(
            "Nothing is installed.", "This machine was not started by systemd.", "Nothing needs to be done."
        )
    if options.json:
        streams.document({"schema": 1}, line=line)
        return int(ExitCode.OK)
    if not options.print:
        streams.say("This machine was not started by systemd. If it is a pod, put this into its start command:")
    streams.verbatim(line)
    return int(ExitCode.OK)


def _install(unit: Unit, host: Host) -> None:
    from installer.disk.writing import write_atomically

    unit.file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(unit.file, unit.text)
    _control(unit, host, "daemon-reload")
    _control(unit, host, "enable", unit.name)
    streams.say(f"{unit.file} starts the server whenever the machine is started.")
    if len(unit.systemctl) > 1:
        streams.say("It does so when you log in; to start it at boot: loginctl enable-linger")


def _remove(unit: Unit, host: Host) -> None:
    if not unit.file.is_file():
        raise UsageError("Nothing is installed.", f"There is no {unit.file}.", "Nothing needs to be done.")
    _control(unit, host, "disable", unit.name)
    unit.file.unlink()
    _control(unit, host, "daemon-reload")
    streams.say(f"{unit.file} is removed. A running server keeps running.")


def _control(unit: Unit, host: Host, *words: str) -> None:
    done = host.run((*unit.systemctl, *words), timeout_s=_PATIENCE_S)
    if done.code != 0:
        raise DeployError(
            f"`{' '.join((*unit.systemctl, *words))}` failed (exit status {done.code}).",
            done.output.strip()[-400:] or "It printed nothing.",
            f"The unit is in {unit.file}; enable it by hand, or remove it: deploy-tui server install --remove.",
        )
