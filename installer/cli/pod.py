"""`pod-command`: the line for a pod's "container start command". Prints it, and does nothing of it."""

from __future__ import annotations

import argparse

from installer.cli import streams
from installer.cli.requests import home_of, model_request
from installer.core.errors import ExitCode


def print_command(options: argparse.Namespace) -> int:
    """Serve `pod-command`."""
    from installer.host.local import LocalHost
    from installer.session import pod_command, recipes

    host = LocalHost(home_of(options).cache)
    recipe = pod_command.checked_recipe(options.recipe, options.profile, options.settings)
    source = pod_command.checked_source(options.source, recipes.checkout(), host)
    wish = model_request(options)
    line = pod_command.line(source, recipe, profile=options.profile, settings=options.settings, wish=wish)
    if options.image is not None:
        line = pod_command.local_line(line, options.image, options.recipe, options.settings)
    if options.json:
        streams.document({"schema": 1, "source": source, "recipe": recipe, "command": line})
        return int(ExitCode.OK)
    if options.image is not None:
        streams.say(
            "Run this on a machine with Docker (and, for a GPU, the NVIDIA Container Toolkit). HF_TOKEN is passed on"
        )
        streams.say(
            "if it is set. Ctrl-C stops it; its files stay in the volume, and the next start continues from there."
        )
        streams.say("The server requires a key, which `./deploy-tui server key` prints in the container.")
        streams.show(line)
        return int(ExitCode.OK)
    streams.say("Paste this into the pod's \"container start command\". A token for gated models goes among the pod's")
    streams.say("variables as HF_TOKEN, never into the line. Anyone who can reach the pod can connect to the server,")
    streams.say("but needs a key, which `./deploy-tui server key` prints in the pod.")
    streams.show(line)
    return int(ExitCode.OK)
