"""`web`: the screen in a browser, on this machine unless another address is named."""

from __future__ import annotations

import argparse
import shlex

from installer.cli import streams
from installer.cli.requests import home_of, model_request
from installer.core.errors import ExitCode, UsageError
from installer.core.files.problems import quote
from installer.core.text.languages import current_language
from installer.host import ports, process

_START = "import sys; from installer.cli import main; sys.exit(main())"


def serve(options: argparse.Namespace) -> int:
    """Serve `web`."""
    from installer.ui import web

    if not 0 < options.port < 65536:
        raise UsageError(
            f"{options.port} is not a valid port.", "A port is a number from 1 to 65535.", "Name another: --port 8433."
        )
    if why := ports.refusal(options.host, options.port):
        raise UsageError(
            f"Nothing can listen on {quote(options.host)}, port {options.port}.", f"{why}.",
            "Name an address of this machine and a free port: --host 127.0.0.1 --port 8434.",
        )  # fmt: skip
    words = [process.own_python(), "-c", _START, "--home", str(home_of(options).root), "--lang", current_language()]
    for flag in ("recipe", "profile", "machine", "as_of"):
        if value := getattr(options, flag, None):
            words += [f"--{flag.replace('_', '-')}", value]
    words += wish.words() if (wish := model_request(options)) else []
    for setting in options.settings:
        words += ["--set", setting]
    words += ["--offline"] if options.offline else []

    def tell(address: str) -> None:
        streams.data(address)
        streams.say("Open it in a browser; the address works once. Ctrl-C ends the server; a run continues.")
        if options.host not in web.LOOPBACK:
            streams.say("The connection is not encrypted: a tunnel (ssh -L) is safer.")

    web.serve(shlex.join(words), options.host, options.port, tell)
    return int(ExitCode.OK)
