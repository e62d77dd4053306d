"""The grammar of what one asks before anything is spent: `plan`, `audit`, and the line that starts a pod."""

from __future__ import annotations

import argparse

from installer.cli.grammar import model_options
from installer.cli.grammar.options import Commands, Parser, assessment, circumstances, command, deployment


def describe(commands: Commands[Parser]) -> None:
    """Add them."""
    plan = command(commands, "plan", "plan", "show_plan", "say what would happen, without touching anything")
    deployment(plan)
    assessment(plan)
    audit = command(commands, "audit", "audit", "audit_script", "say what a shell script of yours would come to")
    audit.add_argument("script", metavar="SCRIPT", help="the script, which is only read; - reads it from stdin")
    circumstances(audit)
    assessment(audit)


def describe_pod(commands: Commands[Parser]) -> None:
    """Add `pod-command`."""
    pod = command(commands, "pod-command", "pod", "print_command", "print the line that starts all this in a new pod")
    pod.add_argument("--recipe", metavar="NAME|FILE", default=argparse.SUPPRESS, help="what to deploy")
    model_options.add(pod)
    pod.add_argument("--profile", metavar="NAME", default=argparse.SUPPRESS, help="a profile of the recipe")
    pod.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=argparse.SUPPRESS, dest="settings",
        help="change one value of the recipe (repeatable)",
    )  # fmt: skip
    pod.add_argument(
        "--image", metavar="IMAGE", help="print a docker run line for a machine with Docker instead, on this image"
    )
    pod.add_argument("--source", metavar="URL", help="where to clone this tool from (default: this checkout's origin)")
