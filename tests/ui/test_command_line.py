"""Nothing that the screen can do is missing from the command line: each intent, and the command that does the same."""

from __future__ import annotations

import shlex

import pytest

from installer.cli import parser
from installer.ui import intents
from installer.ui.intents import Intent

COMMANDS = {
    intents.Attach: "status",
    intents.Plan: "plan --recipe r.yaml --profile p --set server.port=9000",
    intents.Deploy: "--stage all --yes",
    intents.Choose: "recipes list --check",
    intents.BackToPlan: "--stage all --set server.port=9000 --yes",
    intents.ChangeSettings: "plan --set server.port=9000",
    intents.NameModel: "plan --model ORG/NAME",
    intents.CheckSettings: "plan --set server.port=8000",
    intents.OpenRun: "replay RUN",
    intents.OpenStages: "replay RUN",
    intents.OpenEnd: "status",
    intents.OpenLog: "ticket --run RUN --text",
    intents.OpenFlags: "recipes show qwen2.5-3b-sglang",
    intents.Cancel: "cancel",
    intents.StopServer: "server stop",
    intents.RestartServer: "server restart",
    intents.WatchServer: "server metrics",
    intents.Say: "server chat Hello --temperature 0.7 --max-tokens 256",
    intents.Try: "server chat Hello --form structured",
    intents.Benchmark: "bench",
    intents.ShowKey: "server key",
    intents.OpenIncidents: "explain --here",
    intents.Explain: "explain LOG",
    intents.MakeTicket: "ticket --run RUN",
    intents.Remember: "runs list",
    intents.RollBack: "rollback --to 1",
    intents.DeleteRun: "runs delete --run RUN",
    intents.DeleteGeneration: "runs delete --generation 1",
    intents.OpenPast: "replay RUN",
    intents.ReplayPast: "replay RUN",
}
OF_A_SCREEN = {
    intents.Back: "there is nothing to go back from",
    intents.Go: "there are no places",
    intents.Help: "--help",
    intents.Leave: "a command ends by itself",
    intents.Copy: "what is printed can be piped",
    intents.StopAnswer: "ctrl+c",
    intents.RingAtEnd: "whatever stands behind the command in the shell",
    intents.Play: "of `replay`, which has a screen of its own",
    intents.Wind: "the same",
    intents.Jump: "the same",
    intents.JumpToFailure: "the same",
    intents.Pace: "the same",
    intents.ShowEnd: "the same",
    intents.Another: "the same",
}


def test_every_intent_has_a_command_or_a_reason() -> None:
    wanted = set(Intent.__subclasses__())
    assert wanted == COMMANDS.keys() | OF_A_SCREEN.keys() and not COMMANDS.keys() & OF_A_SCREEN.keys()


@pytest.mark.parametrize("intent", COMMANDS, ids=lambda intent: intent.__name__)
def test_the_command_is_there(intent: type[Intent]) -> None:
    options = parser.parse(shlex.split(COMMANDS[intent]))
    assert callable(options.handler)
