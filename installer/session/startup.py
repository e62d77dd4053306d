"""What starts a home's server when its machine or pod is started: a systemd unit, or a pod's start command.

Works out words and places; anyone who calls it writes and runs. They contain no secret.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from installer.core.runs.home import Home

BOOTED = Path("/run/systemd/system")
"""There where systemd is what started the machine (sd_booted(3))."""
_SYSTEM = Path("/etc/systemd/system")
_STOP_S = 180


@dataclass(frozen=True, slots=True)
class Unit:
    file: Path
    text: str
    systemctl: tuple[str, ...]
    """The words that reach the systemd which reads it."""

    @property
    def name(self) -> str:
        return self.file.name


def unit(home: Home, *, root: bool, user_home: Path) -> Unit:
    """For systemd: of the machine where we are root, else of this user."""
    name = f"deploy-tui-{home.server_name}.service" if home.server_name else "deploy-tui.service"
    folder = _SYSTEM if root else user_home / ".config/systemd/user"
    words = ("systemctl",) if root else ("systemctl", "--user")
    return Unit(folder / name, _text(home, "multi-user.target" if root else "default.target", user_home), words)


def line(home: Home) -> str:
    """For a pod's start command: the server, and then nothing, for ever, so that one can log in to the pod."""
    start = shlex.join(_command(home, "start"))
    return shlex.join(["bash", "-c", f'trap "exit 0" INT TERM; {start}; sleep infinity & wait'])


def _text(home: Home, target: str, user_home: Path) -> str:
    return "\n".join((
        "# Written by `deploy-tui server install`; `deploy-tui server install --remove` takes it back.",
        "[Unit]",
        f"Description=The model server of {_plain(str(home.root))}",
        "Wants=network-online.target",
        "After=network-online.target nvidia-persistenced.service",
        "# A driver that is not there yet is waited for, and a server that cannot start is not tried for ever.",
        "StartLimitIntervalSec=3600",
        "StartLimitBurst=3",
        "",
        "[Service]",
        "# The command ends once the server generates; its supervisor stays, and starts it again where it fails.",
        "Type=oneshot",
        "RemainAfterExit=yes",
        f"Environment={_quoted(f'HOME={user_home}')}",
        f"ExecStart={' '.join(map(_quoted, _command(home, 'start')))}",
        f"ExecStop={' '.join(map(_quoted, _command(home, 'stop')))}",
        "TimeoutStartSec=infinity",
        f"TimeoutStopSec={_STOP_S}",
        "Restart=on-failure",
        "RestartSec=60",
        "",
        "[Install]",
        f"WantedBy={target}",
        "",
    ))  # fmt: skip


def _command(home: Home, verb: str) -> tuple[str, ...]:
    return (
        sys.executable,
        "-I",
        "-m",
        "installer",
        "server",
        verb,
        "--home",
        str(home.root),
        *home.server_words.split(),
    )


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """As systemd.syntax(7) and systemd.service(5) want it: `%` and `$` mean themselves only twice."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if any(sign in word for sign in " \t\"';") else escaped


def is_booted() -> bool:
    return BOOTED.is_dir()


def user_home() -> Path:
    return Path.home()
