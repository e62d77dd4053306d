"""Hosts of a fleet on this machine: Debian's sshd for each, keys made on the spot, a home each, small wheels."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psutil
import yaml

from installer.core.contracts.serving import ServerState
from installer.core.runs.fold import RunView, fold
from installer.core.runs.home import Home
from installer.execution.journal import read
from installer.fleet import router
from installer.host.server_state import read_state
from installer.session import runs
from installer.session.state import status
from tests.faults.index import Index
from tests.fleet.lan import Place
from tests.stand_ins import wheels
from tests.stand_ins.deployment import free_port

TOOL = Path(sys.executable).with_name("deploy-tui")
SERVER = Path(__file__).parents[1] / "stand_ins/openai_server.py"
SSHD = shutil.which("sshd") or next((at for at in ("/usr/sbin/sshd",) if Path(at).exists()), None)
PATIENCE_S = 240.0
"""Longer than anything takes, also where other work keeps the machine busy."""
RECIPE = """\
schema: 1
name: small
title: A small server
environment: {{python: ">=3.10"}}
pytorch: {{skip: not wanted}}
flashinfer: {{skip: not wanted}}
transformers: {{requires: [transformers]}}
dependencies: {{requires: []}}
engine: {{name: vllm, requires: ["mini-engine=={version}"]}}
topology: {topology}
requirements: {requirements}
model: {{served_as: tiny, path: {model}}}
server:
  module: openai_server
  port: 1
  start_timeout_s: 60
  stop_timeout_s: 1
  flags: {{--model: "{{model}}", --served-model-name: "{{served_as}}", --host: "{{host}}", --port: "{{port}}",
    --max-model-len: 400{more}}}
"""


PINNED = yaml.safe_load(router.RECIPE.read_text())["engine"]["requires"][0]


def missing() -> str:
    """Why there can be no hosts here; empty: there can."""
    if SSHD is None or shutil.which("ssh") is None:
        return "sshd is not installed"
    return ""


class Sshd:
    """One host's way in. `place`: the namespace that it runs in, and its address there."""

    def __init__(self, root: Path, name: str, place: Place | None = None) -> None:
        self.root, self.name, self.port = root / name, name, free_port()
        self.place, self.address = place, place.address if place else "127.0.0.1"
        self.root.mkdir()
        keygen(self.root / "host_key")
        self.home = Home(self.root / "home")
        self.serving = free_port()
        authorized = root / "authorized_keys"
        (self.root / "config").write_text(
            f"ListenAddress {self.address}\nPort {self.port}\nHostKey {self.root}/host_key\nPidFile {self.root}/pid\n"
            f"AuthorizedKeysFile {authorized}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\nMaxStartups 100\nMaxSessions 100\nSubsystem sftp internal-sftp\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert SSHD
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*(self.place.inside if self.place else ()), SSHD, "-D", "-e", "-f", str(self.root / "config")],
                stderr=log,
                start_new_session=True,
            )
        until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((self.address, self.port)) == 0

    def cut(self) -> None:
        """The link is gone, and so is every connection over it; what runs on the host goes on."""
        assert self.process
        for process in (psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children()):
            process.kill()
        self.process.wait()
        self.process = None

    @property
    def known(self) -> str:
        kind, key = (self.root / "host_key.pub").read_text().split()[:2]
        return f"[{self.address}]:{self.port} {kind} {key}\n"

    def end(self) -> None:
        for words in (("cancel",), ("server", "stop")) if self.home.runs.exists() else ():
            subprocess.run([str(TOOL), *words, "--home", str(self.home.root)], capture_output=True, check=False)
        if self.process:
            self.cut()


class Ground:
    """A fleet file and the hosts that it names."""

    def __init__(
        self, root: Path, index: Index, names: Sequence[str] = "abc", places: Sequence[Place | None] = ()
    ) -> None:
        self.root, self.index, self.patience_s, self.share = root, index, 60, 100
        keygen(root / "key")
        shutil.copy(root / "key.pub", root / "authorized_keys")
        self.hosts = {name: Sshd(root, name, place) for name, place in zip_longest(names, places)}
        (root / "known_hosts").write_text("".join(host.known for host in self.hosts.values()))
        self.tool = root / "there"
        hidden = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_CACHE_DIR", "DEPLOY_TUI_HOME", "PYTHONPATH")
        self.tool.write_text(
            f"#!/bin/sh\nunset {' '.join(hidden)}\nexport PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL={index.url}\n"
            f"export PIP_TRUSTED_HOST={index.server_address[0]!s}\n"
            f'export HF_ENDPOINT=http://127.0.0.1:9\nexec {TOOL} "$@"\n'
        )
        self.tool.chmod(0o755)
        self.model = root / "model"
        self.model.mkdir()
        (self.model / "config.json").write_text('{"model_type": "qwen2"}')
        (self.model / "model.safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
        self.more: dict[str, dict[str, Any]] = {}
        """What a host says otherwise in the file."""
        self.whole: dict[str, Any] = {}
        """What the file says beside its hosts."""
        self.environment: dict[str, str] = {}
        """Of the controller, beside our own."""
        self.recipe()

    def recipe(
        self,
        version: str = "1.0",
        more: str = "",
        requirements: str = "{}",
        name: str = "small.yaml",
        topology: str = "{}",
    ) -> None:
        text = RECIPE.format(
            version=version, more=more, requirements=requirements, model=self.model, topology=topology
        )  # fmt: skip
        (self.root / name).write_text(text)

    def start(self) -> None:
        for host in self.hosts.values():
            host.start()

    def file(self) -> str:
        body = {
            "schema": 1, "recipe": "small.yaml", "tool": str(self.tool), "identity": str(self.root / "key"),
            "known_hosts": str(self.root / "known_hosts"), "patience_s": self.patience_s, "share": self.share,
            "hosts": [
                {
                    "name": name, "address": host.address, "user": getpass.getuser(), "port": host.port,
                    "home": str(host.home.root), "settings": [f"server.port={host.serving}"], **self.more.get(name, {}),
                }
                for name, host in self.hosts.items()
            ],
            **self.whole,
        }  # fmt: skip
        file = self.root / "fleet.yaml"
        file.write_text(yaml.safe_dump(body, sort_keys=False))
        return str(file)

    def begin(self, verb: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(TOOL), "fleet", self.file(), verb, "--json", *words], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **self.environment},
        )  # fmt: skip

    def end_of(self, process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
        out, errors = process.communicate(timeout=PATIENCE_S * 2)
        hosts = {one["name"]: one for one in json.loads(out)["hosts"]} if out else {}
        return process.returncode, hosts, errors

    def fleet(self, verb: str, *words: str) -> tuple[int, dict[str, Any], str]:
        return self.end_of(self.begin(verb, *words))

    def status(self, name: str) -> dict[str, Any]:
        """As `status --json` there, without a process for it."""
        return status(self.hosts[name].home)

    def run(self, name: str) -> RunView:
        """The newest run there, as its journal says. Asked many times a second, it takes no lock that the run wants."""
        found, view = runs.latest(self.hosts[name].home), RunView()
        for entry in read(found.journal) if found else ():
            view = fold(view, entry)
        return view

    def server(self, name: str) -> ServerState:
        return read_state(self.hosts[name].home)

    def end(self) -> None:
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(Sshd.end, self.hosts.values()))


_TOKENIZER = """
class AutoTokenizer:
    all_special_tokens = ()

    @classmethod
    def from_pretrained(cls, *_, **__):
        return cls()

    def encode(self, text, **_):
        return list(map(ord, text))

    def decode(self, numbers):
        return "".join(map(chr, numbers))

    def get_vocab(self):
        return {"a": 97}

    def __len__(self):
        return 1
"""


_FOLLOWER = b"""
import time


def main():
    time.sleep(600)
"""
"""What a rank runs that serves nobody."""


def small_stack(folder: Path) -> None:
    """Wheels whose engine is the small server; 1.1 dies on the ports that files beside the wheels name."""
    wheels.build(folder, "transformers", "5.0", body=_TOKENIZER)
    wheels.build(folder, "mini-fastapi", "1.0", padding=2_000_000)
    server = SERVER.read_text()
    dying = f'if any(Path("{folder}", f"dies-on-{{word}}").exists() for word in sys.argv):\n    sys.exit("no room")\n\n'
    worse = server.replace("def options(", dying + "def options(", 1)
    for version, text in (("1.0", server), ("1.1", worse)):
        files = {SERVER.name: text.encode(), "vllm/__init__.py": b"", "vllm/entrypoints/cli/main.py": _FOLLOWER}
        wheels.build(folder, "mini-engine", version, ["mini-fastapi"], more=files)


def router_wheels(folder: Path) -> str:
    """Fetch the real router's wheels; why they are not there, or nothing."""
    words = ["download", "-q", "--only-binary=:all:", "-d", str(folder), PINNED]
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    return f"{PINNED} cannot be fetched: {done.stderr[-200:]}" if done.returncode else ""


def keygen(file: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)
