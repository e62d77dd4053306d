"""`export kubernetes | compose`: write a recipe for another carrier. Touches nothing but the file that it was given."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from installer.cli import streams
from installer.cli.render import plan_lines
from installer.cli.requests import home_of, request_of
from installer.core.errors import ExitCode, UsageError
from installer.core.outcomes import Code, Verdict
from installer.core.plans.plan import Plan
from installer.core.recipes import rules
from installer.disk import output
from installer.session.cached_answers import PlanningHost
from installer.session.exporting import exported
from installer.session.planning import make_plan
from installer.session.prepare import prepare

_CARRIED = frozenset({
    Code.GPU_ARCH, Code.DRIVER_CUDA, Code.MEMORY, Code.GPU_HELD, Code.MODEL_UNSUPPORTED, Code.MODEL_TYPE_UNKNOWN,
    Code.TOKENIZER_UNSUPPORTED, Code.FLAG_UNKNOWN, Code.FLAG_AMBIGUOUS, Code.FLAG_WRONG_MEANING, Code.FLAG_VALUE,
})  # fmt: skip
"""What applies in an image as well; what is about this home's packages, disk and port does not."""


def export(options: argparse.Namespace) -> int:
    """Serve `export`. With `--machine` the target is checked first; nothing is written for one that cannot serve."""
    if options.image and (problem := rules.image(options.image)):
        raise UsageError(f"--image: {problem}.", "Without a tag the version is not known.", "Give it with its tag.")
    home, request = home_of(options), request_of(options)
    if request.recipe is None and request.wish is None:
        raise UsageError("No recipe or model was given.", "", "Name a recipe, or a model (--model ORG/NAME).")
    host = PlanningHost(home.cache)
    prepared = prepare(request, home, host)
    plan = _carried(make_plan(prepared, host)) if options.machine else None
    if plan and plan.verdict == Verdict.FAILS:
        for line in plan_lines(plan):
            streams.say(line)
        return int(ExitCode.PREDICTED)
    text = exported(options.kind, prepared.recipe, image=options.image, key=not options.without_key, plan=plan)
    if options.output:
        output.put(Path(options.output), text)
        streams.say(f"Wrote {options.output}.")
    if options.json:
        streams.document({"schema": 1, "kind": options.kind, "recipe": prepared.recipe.name}, text=text)
    elif not options.output:
        streams.verbatim(text.rstrip("\n"))
    return int(ExitCode.OK)


def _carried(plan: Plan) -> Plan:
    return replace(plan, findings=tuple(one for one in plan.findings if one.code in _CARRIED), repair=None)
