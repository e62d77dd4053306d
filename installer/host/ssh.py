"""Other machines, by the system's own `ssh`: one connection a machine, used by all that is asked over it.

It must never ask a person anything, trust a host key that is not known, or forward anything of ours.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType

from installer.core.errors import DeployError, UsageError
from installer.core.secrets.inherited import inherited
from installer.host.process import clean_environment

_OPTIONS = (
    "BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "ConnectTimeout=10", "ServerAliveInterval=5",
    "ServerAliveCountMax=3", "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "PermitLocalCommand=no",
    "LogLevel=ERROR",
)  # fmt: skip
_NO_LINK = 255
"""What ssh ends with where the fault is its own, and not the command's."""
_KNOWN = (
    ("Host key verification failed", "its host key is unknown, or differs from the known one",
     "Compare its key with the one that its provider shows, then add it to known_hosts (ssh-keyscan prints it)."),
    ("Permission denied", "it accepts no key of this machine for this user",
     "Check the user and the key (identity); its authorized_keys must contain the public half."),
)  # fmt: skip
"""What OpenSSH prints (sshconnect.c, sshconnect2.c), what it means, and what helps."""


class LinkError(DeployError):
    """A machine could not be asked; nothing is known of what it does meanwhile."""

    def __init__(self, what: str, why: str, fix: str, *, final: bool = False) -> None:
        super().__init__(what, why, fix)
        self.final = final
        """Whether waiting cannot help."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    user: str = ""
    """Empty: what ssh's own configuration says."""
    port: int | None = None
    """`None`: what ssh's own configuration says."""
    identity: str = ""
    """The file of a private key; empty: what ssh takes by itself."""
    known_hosts: str = ""
    """The file of host keys; empty: ssh's own."""

    @property
    def words(self) -> list[str]:
        """What ssh is told of it."""
        return [*(["-p", str(self.port)] if self.port else []), *(["-l", self.user] if self.user else [])]

    def __str__(self) -> str:
        return f"{f'{self.user}@' if self.user else ''}{self.host}{f':{self.port}' if self.port else ''}"


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    out: str
    errors: str


class Links:
    """All connections of one command; they end with it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="deploy-tui-ssh-"))
        self._used: set[Address] = set()

    def __enter__(self) -> Links:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        import shutil

        for address in self._used:
            with suppress(subprocess.TimeoutExpired):
                self._ssh([*self._words(address)[:-2], "-O", "exit", *self._words(address)[-2:]], b"", 10.0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def ask(
        self, address: Address, script: str, words: Sequence[str] = (), *, data: bytes = b"", timeout_s: float = 60.0
    ) -> Reply:
        """Run a script for a POSIX shell there, with `words` as its arguments. Raises `LinkError`."""
        return self._run_script(address, script, words, data, timeout_s)

    def send(self, address: Address, script: str, words: Sequence[str], file: Path, offset: int) -> Reply:
        """Like `ask`, with a file from `offset` on as its input, for as long as the link is alive.

        The first of the words is the folder there that the script works in.
        """
        with file.open("rb", buffering=0) as content:
            content.seek(offset)
            return self._run_script(address, script, words, content, None)

    def _run_script(
        self, address: Address, script: str, words: Sequence[str], data: bytes | FileIO, timeout_s: float | None
    ) -> Reply:
        self._used.add(address)
        command = [*self._words(address), shlex.join(["sh", "-c", script, "sh", *words])]
        try:
            reply = self._ssh(command, data, timeout_s)
        except subprocess.TimeoutExpired:
            raise late(address, timeout_s or 0.0) from None
        except FileNotFoundError:
            raise LinkError(
                "ssh is not installed.", "It is needed to reach other machines.",
                "Install it: apt-get install openssh-client", final=True,
            ) from None  # fmt: skip
        if reply.code == _NO_LINK:
            raise failed(address, reply.errors)
        return reply

    def show(self, address: Address, words: Sequence[str]) -> int:
        """Run a program there on this very terminal; its exit status."""
        self._used.add(address)
        *before, dashes, host = self._words(address)
        command = [word for word in before if word != "-T"]
        # Not a login shell: what is to be found there is found as for everything else that is asked there.
        done = subprocess.run(
            [*command, "-t", dashes, host, shlex.join(words)], check=False,
            env={**inherited(clean_environment(), "ssh"), "TERM": os.environ.get("TERM", "xterm-256color")},
        )  # fmt: skip
        return done.returncode

    def _words(self, address: Address) -> list[str]:
        options = [
            *_OPTIONS, "ControlMaster=auto", f"ControlPath={self._folder}/%C", "ControlPersist=60",
            *([f"IdentityFile={address.identity}", "IdentitiesOnly=yes"] if address.identity else []),
            *([f"UserKnownHostsFile={address.known_hosts}"] if address.known_hosts else []),
            *(["GlobalKnownHostsFile=none"] if address.known_hosts else []),
        ]  # fmt: skip
        flags = [word for option in options for word in ("-o", option)]
        return ["ssh", "-T", *flags, *address.words, "--", address.host]

    def _ssh(self, command: Sequence[str], data: bytes | FileIO, timeout_s: float | None) -> Reply:
        # Not a pipe: the connection that stays behind may hold it open.
        with tempfile.TemporaryFile() as errors:
            sent = data if isinstance(data, bytes) else None
            done = subprocess.run(
                list(command), input=sent, stdin=None if isinstance(data, bytes) else data, stdout=subprocess.PIPE,
                stderr=errors, timeout=timeout_s, check=False,
                env={**inherited(clean_environment(), "ssh"), "LC_ALL": "C"},
            )  # fmt: skip
            errors.seek(0)
            text = errors.read().decode("utf-8", "replace")
        return Reply(done.returncode, done.stdout.decode("utf-8", "replace"), text)


def late(address: Address, timeout_s: float) -> LinkError:
    return LinkError(
        f"{address} did not answer within {timeout_s:.0f} s.", "", "Check whether it is reachable or overloaded."
    )


def failed(address: Address, text: str) -> LinkError:
    """What `told` means, as OpenSSH words it."""
    for words, why, fix in _KNOWN:
        if words in text:
            return LinkError(f"{address} cannot be reached: {why}.", text.strip()[-300:], fix, final=True)
    last = (text.strip().splitlines() or ["the connection was lost"])[-1]
    return LinkError(
        f"{address} cannot be reached.",
        last[:300],
        f"Try it: {shlex.join(['ssh', *address.words, address.host, 'true'])}",
    )


def require() -> None:
    """Raises `UsageError` if this machine has no ssh."""
    from shutil import which

    if which("ssh") is None:
        raise UsageError(
            "There is no ssh on this machine.", "Other machines are reached by it.",
            "Install it (Debian, Ubuntu: apt-get install openssh-client), then run the command again.",
        )  # fmt: skip
