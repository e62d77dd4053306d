"""The grammar of what one asks before anything is spent: `plan`, `audit`, and the line that starts a pod."""

from __future__ import annotations

import argparse

from installer.cli.grammar import model_options
from installer.cli.grammar.options import Commands, Parser, assessment, circumstances, command, deployment


def describe(commands: Commands[Parser]) -> None:
    """Add them."""
    plan = command(commands, "plan", "plan", "show_plan", "show what would happen; changes nothing")
    deployment(plan)
    assessment(plan)
    audit = command(commands, "audit", "audit", "audit_script", "predict whether a shell script of yours would work")
    audit.add_argument("script", metavar="SCRIPT", help="the script; it is only read (- reads stdin)")
    circumstances(audit)
    assessment(audit)


def describe_pod(commands: Commands[Parser]) -> None:
    """Add `pod-command`."""
    pod = command(commands, "pod-command", "pod", "print_command", "print the start command for a new pod")
    pod.add_argument("--recipe", metavar="NAME|FILE", default=argparse.SUPPRESS, help="the recipe to deploy")
    model_options.add(pod)
    pod.add_argument("--profile", metavar="NAME", default=argparse.SUPPRESS, help="a profile of the recipe")
    pod.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=argparse.SUPPRESS, dest="settings",
        help="change one value of the recipe (repeatable)",
    )  # fmt: skip
    pod.add_argument(
        "--image", metavar="IMAGE", help="print a docker run command with this image instead, for a machine with Docker"
    )
    pod.add_argument("--source", metavar="URL", help="where to clone this tool from (default: this checkout's origin)")
