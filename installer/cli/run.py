"""`--stage`: run stages without a screen. Only follows the installer process."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from dataclasses import dataclass, replace

from installer.cli import deadline_options, selection, streams
from installer.cli.console import Console, JsonLines, View
from installer.cli.recording import recorded
from installer.cli.requests import home_of, request_of
from installer.core.errors import ExitCode, PredictedError, UsageError
from installer.core.outcomes import Verdict
from installer.core.plans.plan import Plan
from installer.core.runs.events import Entry
from installer.core.runs.home import Home, RunFolder
from installer.disk.volume_errors import problem
from installer.host.local import LocalHost
from installer.session import planning, runs, stated_findings
from installer.session.prepare import prepare
from installer.session.prepared import Prepared
from stages import STAGES

_READS_ONLY = {1, 9}
"""Stages that change nothing, so no confirmation is needed."""


def run_stages(options: argparse.Namespace) -> int:
    """Serve `--stage`."""
    asked = selection.select(options.stage, {stage.name: stage.number for stage in STAGES})
    return run(options, asked)


def run(options: argparse.Namespace, asked: tuple[int, ...], repairs: str = "") -> int:
    """Plan, ask if need be, then start the installer process and follow it; its exit code.

    `repairs`: what this run repairs, where it is the second try of one that failed.
    """
    deadline_options.check(options)
    home, request = home_of(options), replace(request_of(options, asked), repairs=repairs)
    view: View = JsonLines() if options.json else Console()
    host = LocalHost(home.cache)
    if options.bundle:
        from installer.cli.bundle import with_bundle

        request = with_bundle(options, request, home, host)
    prepared = prepare(request, home, host)
    request = prepared.request
    _refuse_predicted(prepared, host, asked)
    in_place = _already_in_place(prepared, host, asked)
    agreed = options.yes or set(asked) <= _READS_ONLY or _was_cut_short(prepared)
    if in_place is None and not agreed:
        _ask(prepared, host, options)
    deadline_options.note(options)
    folder, lock = runs.new(home, request)
    with recorded(home, folder, view) as shown:
        if in_place:
            from installer.session import run_execution

            return int(run_execution.execute(request, home, folder, lock, sink=shown.show, already_in_place=in_place))
        runs.spawn(home, folder, lock)
        code = follow(home, folder, shown)
    if code == ExitCode.FAILED and getattr(options, "repair", False) and not repairs:
        return _once_more(options, asked, folder, code)
    return code


def _once_more(options: argparse.Namespace, asked: tuple[int, ...], folder: RunFolder, code: int) -> int:
    """The server again, with the settings that repair it; the same exit code where nothing is known to."""
    from installer.cli.repairing import second_try

    repair = second_try(folder)
    if repair is None:
        streams.say("No known repair changes only how the server is started.")
        return code
    streams.say(repair.because)
    options.yes, options.settings = True, [*(options.settings or ()), *repair.settings]
    return run(options, asked, repair.because)


def _refuse_predicted(prepared: Prepared, host: LocalHost, asked: tuple[int, ...]) -> None:
    if prepared.request.machine and any(stage.traits.needs_machine for stage in STAGES if asked == (stage.number,)):
        raise UsageError(
            f"Stage {asked[0]} must run on the machine itself.",
            "--machine prepares stages 2 to 8 for another machine.",
            "Leave out --machine, or run stages 2-8.",
        )
    stated_findings.refuse(stated_findings.requirements(prepared, host), asked)


def _was_cut_short(prepared: Prepared) -> bool:
    """Whether a run of this very recipe was killed here: its confirmation still applies."""
    from installer.core.runs.events import RunStarted
    from installer.execution.journal import read
    from installer.execution.recovery import unfinished

    entries = (read(run.journal)[:1] for run in unfinished(prepared.home, ""))
    begun = [entry.event for first in entries for entry in first]
    return any(isinstance(event, RunStarted) and event.recipe == prepared.recipe.name for event in begun)


def _already_in_place(prepared: Prepared, host: LocalHost, asked: tuple[int, ...]) -> planning.StagesChecked | None:
    """What the stages say, where every one is in place already, so that no process is worth starting."""
    from installer.execution.recovery import unfinished

    if len(asked) == 1 and any(s.traits.repeats_when_asked for s in STAGES if s.number == asked[0]):
        return None
    if unfinished(prepared.home, ""):
        return None
    locked = planning.kept_lock(prepared, host)
    if locked.lock is None and set(asked) & set(planning.PACKAGES):
        return None
    looked = planning.check_stages(locked, host)
    return looked if looked.nothing_to_do else None


def _ask(prepared: Prepared, host: LocalHost, options: argparse.Namespace) -> None:
    if options.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "Confirmation required, but this is not a terminal.",
            "These stages change the machine.",
            "Add --yes, or look at `deploy-tui plan` first.",
        )
    from installer.cli.render import plan_lines

    streams.say("Calculating the plan …")
    plan: Plan = planning.make_plan(prepared, host)
    for line in plan_lines(plan):
        streams.say(line)
    if plan.verdict == Verdict.FAILS:
        raise PredictedError("This cannot work, so nothing was started.", "", "See the findings above.")
    streams.say()
    if input("Go ahead? [y/N] ").strip().lower() not in ("y", "yes", "s", "sim", "д", "да"):
        raise KeyboardInterrupt


@dataclass
class _Showing:
    """A view, for as long as what it prints has somewhere to go; the run is followed to its end all the same."""

    view: View
    lost: bool = False

    def show(self, entry: Entry) -> None:
        if self.lost:
            return
        try:
            self.view.show(entry)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.lost = True
            with suppress(OSError):
                streams.say(f"The output of this command cannot be written ({error.strerror}). The run continues.")


def follow(home: Home, folder: RunFolder, view: View) -> int:
    """Show a run until it ends. Ctrl-C asks it to stop; a second one only stops watching."""
    tail, showing = runs.Tail(home, folder), _Showing(view)
    asked_to_stop = False
    while True:
        try:
            for entry in runs.follow(tail):
                showing.show(entry)
            break
        except KeyboardInterrupt:
            if asked_to_stop:
                streams.say("No longer watching; the run continues in the background. See it with `deploy-tui`.")
                return int(ExitCode.INTERRUPTED)
            asked_to_stop = True
            streams.say("\nStopping and rolling back … (Ctrl-C again: do not wait for it)")
            runs.cancel(folder)
    if tail.killed:
        streams.say(streams.paint("The installer process exited unexpectedly.", "red"))
        streams.say(f"  {problem(home.root) or 'It was killed, or the machine ran out of memory.'}")
        streams.say(
            "  Run the same command again: it continues where it stopped. See also " + str(folder.root / "engine.log")
        )
        return int(ExitCode.FAILED)
    runs.wait_released(home, folder)
    return int(ExitCode.FAILED) if showing.lost else view.exit_code


def rerun(options: argparse.Namespace, stages: tuple[int, ...]) -> int:
    """Like `run`, without asking."""
    options.yes = True
    return run(options, stages)
