"""Each symptom is recognised by its real message, and what is told fits the engine, the log and nobody's secrets."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from installer.cli.parser import parse
from installer.cli.selection import select
from installer.core.recipes.settings import settings
from installer.diagnostics.explain import BESIDE, explain
from installer.diagnostics.logs import patterns
from installer.diagnostics.symptoms import FORMS, TABLES, Symptom, catalogue, forms
from installer.knowledge import tables
from stages import STAGES

LOGS = Path(__file__).parents[1] / "stages" / "logs"
BY_ID = {symptom.id: symptom for symptom in catalogue()}
ROWS = [row for name in TABLES for row in tables.table(f"symptoms/{name}")["symptoms"]]
READ = tables.table(f"symptoms/{FORMS}")["symptoms"]
OF_FORMS = {row["id"] for row in READ}


@pytest.mark.parametrize("symptom", catalogue(), ids=lambda symptom: symptom.id)
def test_each_row_is_the_surest_for_its_own_examples(symptom: Symptom) -> None:
    for example in symptom.examples:
        explained = explain(["INFO something before", *example.split("\n"), "INFO something after"])
        told = explained.notes if symptom.note else explained.candidates
        found = [candidate for candidate in told if candidate.id not in OF_FORMS]
        assert [candidate.id for candidate in found][:1] == [symptom.id]
        assert found[0].evidence
        assert explained.root is not None or symptom.note


def test_rows_are_whole() -> None:
    assert len({row["id"] for row in (*ROWS, *READ)}) == len(ROWS) + len(READ)
    for row in (*ROWS, *READ):
        assert row["examples"], row["id"]
        assert date.fromisoformat(row["checked"]) <= date.today()
        assert all(source.startswith("https://") for source in row["sources"]), row["id"]
        assert 0 < row["confidence"] < 1


@pytest.mark.parametrize("symptom", forms().symptoms, ids=lambda symptom: symptom.id)
def test_each_form_reads_its_own_examples(symptom: Symptom) -> None:
    for example in symptom.examples:
        assert [one.id for one in explain(example.split("\n")).candidates][:1] == [symptom.id]


ALWAYS = {"message", "said", "exception", "asker", "frames", "callers"}
TOLD = ("title", "cause", "fix", "fix_vllm", "fix_sglang", "fix_ours")


@pytest.mark.parametrize("row", [*ROWS, *READ], ids=lambda row: row["id"])
def test_what_is_filled_in_can_be_found(row: dict[str, Any]) -> None:
    told = " ".join(row[key] for key in TOLD if key in row)
    places = set(re.findall(r"\{(\w+)(?:\|\w+)?\}", told))
    known = set(re.findall(r"\(\?P<(\w+)>", row["signature"] + row.get("near", ""))) | ALWAYS
    assert places <= known
    assert {name for name, _ in re.findall(r"\{(\w+)\.(\w+)", told)} <= set(row.get("look_up", {}))
    assert set(row.get("look_up", {})) <= known


def test_rows_give_no_engine_the_flags_of_another() -> None:
    theirs = {"vllm": ("--mem-fraction-static", "--context-length"), "sglang": ("--gpu-memory-util", "--max-model-len")}
    for row in ROWS:
        for engine, flags in theirs.items():
            assert not any(flag in row.get(f"fix_{engine}", "") for flag in flags), row["id"]


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        ("sglang-context-too-long.log", "context-too-long"),
        ("sglang-no-fa3.log", "kernel-fa3"),
        ("sglang-no-nvcc.log", "no-nvcc"),
        ("vllm-length-too-long.log", "context-too-long"),
        ("vllm-no-lscpu.log", "lscpu"),
    ],
)
def test_real_logs_of_failures(log: str, wanted: str) -> None:
    lines = (LOGS / log).read_text(encoding="utf-8").splitlines()

    explained = explain(lines)

    found = explained.candidates
    assert found[0].id == wanted
    assert found[0].confidence > max((candidate.confidence for candidate in found[1:]), default=0)
    assert explained.root is not None and explained.root.line == found[0].line


def test_a_log_without_a_failure_accuses_nobody() -> None:
    explained = explain(["Everything is fine.", "The server is fired up and ready to roll!", ""])

    assert (explained.root, explained.candidates, explained.notes) == (None, (), ())


def test_the_first_line_that_shows_a_symptom_is_named() -> None:
    found = explain(["x", "CUDA out of memory. Tried to allocate", "y", "CUDA out of memory. Tried to allocate"])

    assert [(candidate.id, candidate.line) for candidate in found.candidates] == [("oom", 2)]


def test_what_does_not_meet_the_reason_is_no_fact() -> None:
    found = explain(
        [
            "Traceback (most recent call last):",
            '  File "/x/site-packages/acme/a.py", line 3, in f',
            "    g()",
            "acme.errors.FrobError: frob 7 is bent",
            "RuntimeError: CUDA error: no kernel image is available for execution on the device",
        ]
    )

    assert found.root is not None and found.root.line == 4
    assert [(one.id, one.confidence) for one in found.candidates] == [
        ("no-image", round(BY_ID["no-image"].confidence * BESIDE, 2))
    ]


def test_a_consequence_speaks_only_when_it_is_alone() -> None:
    alone = explain(["Killed"])
    after = explain(["OSError: [Errno 24] Too many open files", "Killed"])

    assert [one.id for one in alone.candidates] == ["killed"]
    assert [one.id for one in after.candidates] == ["open-files"]
    assert after.root is not None and after.root.caused == (2,)


def test_of_equally_sure_rows_it_counts_which_finds_the_line_itself() -> None:
    found = explain(
        [
            "  × No solution found when resolving dependencies:",
            "  ╰─▶ Because ninja was not found in the package registry and you require ninja, we can conclude that",
            "      your requirements are unsatisfiable.",
        ]
    )

    assert found.candidates[0].id == "no-distribution"


def test_nothing_is_left_of_what_a_message_did_not_say() -> None:
    cause = explain(["RuntimeError: Socket Timeout"]).candidates[0].cause

    assert "()" not in cause and " ," not in cause and "  " not in cause


def test_a_remark_that_calls_itself_fatal_speaks_only_alone() -> None:
    remark = "fatal: not a git repository (or any of the parent directories): .git"

    assert explain([remark]).candidates[0].id == "form-git"
    assert explain([remark, "error: <urlopen error [Errno 104] Connection reset by peer>"]).candidates[0].line == 2


def test_a_command_of_ours_is_for_a_run_of_ours() -> None:
    line = "[2026-01-01 00:00:00 TP0] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1 GiB"

    foreign, own = explain([line]).candidates[0], explain([line], ours=True).candidates[0]

    assert foreign.command == ()
    assert own.command[:2] == ("deploy-tui", "--stage")
    assert "deploy-tui" not in foreign.fix


def test_no_row_tells_a_foreign_log_to_run_a_stage() -> None:
    for row in ROWS:
        for key in ("cause", "fix", "fix_vllm", "fix_sglang"):
            assert not re.search(r"\b[Ss]tage \d|deploy-tui --stage", row.get(key, "")), row["id"]


def test_secrets_do_not_come_out() -> None:
    found = explain(["error: unrecognized arguments: --api-token hf_abcdefghijklmnop"])

    assert found.candidates and found.root
    assert "hf_abcdefghijklmnop" not in repr(found)


@pytest.mark.parametrize("row", [r for r in ROWS if any(k.startswith("command") for k in r)], ids=lambda row: row["id"])
def test_our_own_commands_are_right(row: dict[str, list[str]]) -> None:
    for key in ("command", "command_vllm", "command_sglang"):
        if row.get(key, [])[:1] != ["deploy-tui"]:
            continue
        options = parse(row[key][1:])
        assert all(setting.path[0] in ("server", "model") for setting in settings(options.settings or ()))
        if options.stage:
            assert select(options.stage, {stage.name: stage.number for stage in STAGES})


_SHELL_ONLY = frozenset({
    "alias", "bg", "bind", "cd", "declare", "dirs", "disown", "eval", "exec", "exit", "export", "fc", "fg",
    "hash", "help", "history", "jobs", "let", "local", "logout", "popd", "pushd", "read", "readonly", "return", "set",
    "shift", "shopt", "source", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait", ".", ":",
})  # fmt: skip
"""Only a shell has them: they cannot be started, and would change nothing in the shell of whoever reads them."""


@pytest.mark.parametrize("row", [r for r in ROWS if any(k.startswith("command") for k in r)], ids=lambda row: row["id"])
def test_commands_are_programs(row: dict[str, list[str]]) -> None:
    for key, words in row.items():
        if key.startswith("command"):
            assert words[0] not in _SHELL_ONLY, f"{key} begins with {words[0]}: say it in `fix`"


def test_a_pattern_that_cannot_run_in_linear_time_is_refused() -> None:
    if not patterns.LINEAR:
        pytest.skip("there is no RE2 here")
    for pattern in (r"(a+)+\1", "(?=x)y", "("):
        with pytest.raises(ValueError, match="linear time"):
            patterns.compiled(pattern)


def test_every_pattern_of_a_row_runs_in_linear_time() -> None:
    for row in (*ROWS, *tables.table("symptoms/forms")["symptoms"]):
        for key in ("signature", "near", "not_near"):
            if key in row:
                patterns.compiled(row[key])


def test_a_row_is_compiled_when_it_is_first_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def compiled(text: str) -> Any:
        asked.append(text)
        return re.compile(text)

    monkeypatch.setattr(patterns, "compiled", compiled)
    pattern = patterns.when_asked("(?P<what>frob)")

    assert not asked and pattern.search("a frob") and pattern.groupindex == {"what": 1}
    assert asked == ["(?P<what>frob)"]


def test_every_pattern_is_one_without_re2_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "re2", None)
    for row in ROWS:
        for key in ("signature", "near", "not_near"):
            if key in row:
                patterns.compiled(row[key])
    example = next(row for row in ROWS if row["id"] == "oom")
    assert patterns.any_of([row["signature"] for row in ROWS]).search(example["examples"][0])


def test_a_long_message_is_cut_in_the_middle_between_words_since_its_end_often_says_why() -> None:
    told = explain(["Error response from daemon: failed: " + "frobnicating: " * 40 + "no frob in $PATH"])
    said = re.search(r"It said: (.*)", told.candidates[0].cause)
    assert said and "frobnicating: … frobnicating: " in said[1] and said[1].endswith("no frob in $PATH")
    assert len(said[1]) < 310
    assert told.root and told.root.text.endswith("no frob in $PATH") and len(told.root.text) < 410


def test_a_cause_that_is_not_sure_is_told_with_what_the_traceback_was_doing() -> None:
    frame = '  File "/v/vllm/model_executor/models/frob_vl.py", line 7, in {}\n    x = a + b'
    raised = "RuntimeError: The size of tensor a (3) must match the size of tensor b (6) at non-singleton dimension 1"
    told = explain(["Traceback (most recent call last):", *frame.format("rot_pos_emb").split("\n"), raised])
    plain = explain(["Traceback (most recent call last):", *frame.format("forward").split("\n"), raised])

    assert "image encoder" in told.candidates[0].cause
    assert "The frames show" not in plain.candidates[0].cause
