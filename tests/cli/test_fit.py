"""`fit` on the command line: what is printed, as JSON and for a person, what decides the status, and wrong words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from installer.cli import main

MACHINES = Path(__file__).parents[1] / "machines"


def asked(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, str, str]:
    code = main(["fit", *words, "--offline", "--home", str(home)])
    out, errors = capsys.readouterr()
    return code, out, errors


def document(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = asked(capsys, home, *words, "--json")
    return code, json.loads(out)


def test_what_a_machine_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, body = document(capsys, tmp_path, "--machine", str(MACHINES / "t4.yaml"), "--like", "qwen2.5-")

    assert (code, body["machine"], body["users"]) == (0, "t4", 1)
    names = [row["model"] for row in body["fits"]]
    assert "Qwen/Qwen2.5-0.5B-Instruct" in names
    assert "Qwen/Qwen2.5-72B-Instruct" not in names
    assert all("qwen2.5-" in name.lower() for name in names)
    sizes = [row["weights_bytes"] for row in body["fits"]]
    assert sizes == sorted(sizes, reverse=True)


def test_what_does_not_fit_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--machine", str(MACHINES / "t4.yaml"), "--like", "qwen2.5-72b-instruct", "--all")
    code, out, errors = asked(capsys, tmp_path, *words)

    assert code == 3
    assert "0 of " in errors
    assert "fails: " in out
    assert "GiB of weights" in out


@pytest.mark.parametrize(("sort", "key"), [("context", "longest_context"), ("users", "users")])
def test_the_order(tmp_path: Path, capsys: pytest.CaptureFixture[str], sort: str, key: str) -> None:
    words = ("--machine", str(MACHINES / "t4.yaml"), "--like", "qwen3", "--sort", sort)
    _, body = document(capsys, tmp_path, *words)

    figures = [row[key] for row in body["fits"]]
    assert len(figures) > 3
    assert figures == sorted(figures, reverse=True)


def test_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--machine", str(MACHINES / "h100.yaml"), "--kind", "rerank", "--kind", "embed")
    _, body = document(capsys, tmp_path, *words)

    assert {row["kind"] for row in body["fits"]} == {"rerank", "embed"}


def test_which_gpus_hold_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, body = document(capsys, tmp_path, "--model", "meta-llama/Llama-3.3-70B-Instruct", "--users", "4")

    assert (code, body["model"]) == (0, "meta-llama/Llama-3.3-70B-Instruct")
    rows = {(row["gpu"], row["memory_mib"]): row for row in body["fits"]}
    assert rows["H100 80GB", 81559]["gpus"] == 2
    assert all(row["users"] >= 4 for row in rows.values() if row["context"] <= row["longest_context"])
    memory = [row["gpus"] * row["memory_mib"] for row in body["fits"]]
    assert memory == sorted(memory)


def test_a_recipe_is_taken_with_its_own_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, body = document(capsys, tmp_path, "--recipe", "minimax-m1-vllm")

    assert code == 0
    assert {(row["engine"], row["version"], row["gpus"]) for row in body["fits"]} == {("vllm", "0.19.0", 8)}
    assert {row["gpu"] for row in body["fits"]} >= {"H100 80GB", "H20"}
    assert "A40" not in {row["gpu"] for row in body["fits"]}


@pytest.mark.parametrize(("name", "verdict"), [("h100", "works"), ("t4", "fails"), ("laptop", "fails")])
def test_one_model_on_one_machine(name: str, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, body = document(
        capsys, tmp_path, "--model", "Qwen/Qwen3-8B", "--machine", str(MACHINES / f"{name}.yaml")
    )  # fmt: skip

    assert code == (0 if verdict == "works" else 3)
    assert body["machine"] == name
    assert [(row["model"], row["kind"], row["verdict"]) for row in body["fits"]] == [("Qwen/Qwen3-8B", "text", verdict)]


def test_a_recipe_for_the_processor_on_a_machine_without_gpus(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = asked(
        capsys, tmp_path, "--recipe", "qwen2.5-0.5b-cpu", "--machine", str(MACHINES / "laptop.yaml")
    )  # fmt: skip

    assert code == 0
    assert out.splitlines()[1].split()[:2] == ["Qwen/Qwen2.5-0.5B-Instruct", "-"]


def test_what_is_not_known_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--machine", str(MACHINES / "laptop.yaml"), "--like", "Qwen3-4B")
    code, _, errors = asked(capsys, tmp_path, *words)

    assert code == 0
    assert "Models of which it is not known: 2; --all shows why." in errors
    assert "No known model" in asked(capsys, tmp_path, "--like", "nothing-is-called-so")[2]


WRONG = {
    "an unknown model": (("--model", "nobody/knows-it"), "There is no known model"),
    "an unknown engine": (("--engine", "vllmm"), 'did you mean "vllm"?'),
    "no size": (("--context", "0"), "--context 0 is not valid."),
    "no users": (("--users", "-3"), "--users -3 is not valid."),
    "both": (("--model", "a/b", "--recipe", "c"), "Both --model and --recipe are given."),
    "an unknown provider": (("--model", "Qwen/Qwen3-8B", "--for", "runpot"), "There is no provider named "),
    "a provider for nothing": (("--for", "runpod"), "--for needs a model or a recipe."),
    "a provider for a given machine": (
        ("--model", "Qwen/Qwen3-8B", "--for", "vast", "--machine", str(MACHINES / "t4.yaml")),
        "--for and --machine are both given.",
    ),
    "GPUs for a recipe without one": (("--recipe", "qwen2.5-0.5b-cpu", "--for", "vast"), "runs without a GPU"),
    "an unknown recipe": (("--recipe", "qwen9"), "There is no recipe named "),
    "a recipe without a release": (("--recipe", "ministral-3b-goldilocks"), "names no release of sglang"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "says"), WRONG.values(), ids=WRONG)
def test_wrong_words(
    words: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    code, out, errors = asked(capsys, tmp_path / "home", *words)

    assert (code, out) == (2, ""), errors
    assert says in errors


def test_a_machine_in_the_words_of_a_provider(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, errors = asked(capsys, tmp_path, "--recipe", "qwen2.5-3b-sglang", "--for", "vast")

    assert code == 0
    assert "Nothing was sent" in errors
    assert all(line.startswith(("# ", "vastai search offers ", "vastai create instance ")) for line in out.splitlines())
    assert "compute_cap>=800" in out and "cuda_vers>=13.0" in out


def test_the_same_for_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, body = document(capsys, tmp_path, "--model", "Qwen/Qwen3-8B", "--for", "runpod")

    assert (code, body["provider"], body["model"]) == (0, "runpod", "Qwen/Qwen3-8B")
    assert body["offers"][0]["gpus"] == 1
    assert "--gpu-count 1" in body["offers"][0]["start"]


def test_a_provider_without_such_a_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, errors = asked(capsys, tmp_path, "--model", "zai-org/GLM-5", "--for", "lambda")

    assert (code, out) == (3, "")
    assert "Lambda has no known machine for zai-org/GLM-5." in errors
