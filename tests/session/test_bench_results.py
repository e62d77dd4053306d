"""Results that are kept, and two of them side by side: in figures, in a table with a plot, and as a picture."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from installer.cli import main
from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.core.text import languages
from installer.diagnostics.bench_clients import Load, Measured
from installer.session import bench_results
from installer.session.bench_baselines import baselines
from installer.session.benchmarking import Report

SPEC = LaunchSpec(("python", "-m", "server"), "127.0.0.1", 8000, "m", "tiny", "mini", "vllm")


def report(*speeds: float, engine: str = "vllm") -> Report:
    loads = tuple(
        Measured(Load(width, 8, 32, 100), 20.0, 1000 / speed, 1.0, speed, 8)
        for width, speed in zip((1, 8, 64), speeds, strict=False)
    )
    return Report("mini", engine, "NVIDIA H200", "", False, (), loads)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    bench_results.save(home, "default", report(300, 2000, 6900), SPEC, None)
    bench_results.save(home, "balanced", report(301, 1500), SPEC, "prod-balanced")
    return home


def test_only_loads_of_both_are_compared_and_noise_is_no_difference(home: Home) -> None:
    first, second = bench_results.load(home, "default"), bench_results.load(home, "balanced")
    rows = [row for row in bench_results.compare(first, second) if row.figure == "all together"]
    assert [(row.concurrency, row.better) for row in rows] == [(1, ""), (8, "first")]
    assert rows[1].change == -0.25
    assert bench_results.differing(first, second) == []


def test_less_milliseconds_are_better(home: Home) -> None:
    slow = report(300)
    slow = replace(slow, loads=tuple(replace(load, ttft_ms=90.0) for load in slow.loads))
    bench_results.save(home, "slow", slow, SPEC, None)
    rows = bench_results.compare(bench_results.load(home, "slow"), bench_results.load(home, "default"))
    assert {row.figure: row.better for row in rows}["first token"] == "second"


def test_what_else_differs_is_told(home: Home) -> None:
    bench_results.save(home, "other", report(1, engine="sglang"), SPEC, None)
    found = bench_results.differing(bench_results.load(home, "default"), bench_results.load(home, "other"))
    assert found == ["engine: vllm | sglang"]
    bench_results.save(home, "there", replace(report(300, 2000, 6900), on="NVIDIA L4"), SPEC, None)
    found = bench_results.differing(bench_results.load(home, "default"), bench_results.load(home, "there"))
    assert found == ["measured on: NVIDIA H200 | NVIDIA L4"]


@pytest.mark.parametrize("name", ["nothing", "../default", "a b", ""])
def test_what_is_no_result_is_refused(home: Home, name: str) -> None:
    with pytest.raises(UsageError):
        bench_results.load(home, name)
    if name not in ("nothing", ""):
        with pytest.raises(UsageError, match="cannot be named"):
            bench_results.save(home, name, report(1), SPEC, None)


def test_a_damaged_result_is_refused_and_named(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (home.bench / "broken.json").write_text('{"report": {"loads": []}}')
    assert main(["bench", "compare", "default", "broken", "--home", str(home.root)]) == 2
    assert "broken.json is not a benchmark result" in capsys.readouterr().err


def test_the_table_and_the_plot_name_both(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "compare", "default", "balanced", "--home", str(home.root)]) == 0
    said = capsys.readouterr().out
    assert "-25%" in said and "the same" in said
    plot = said[said.index("tokens per second, all together") :]
    assert "default" in plot and "balanced" in plot and "\x1b" not in plot
    assert len(plot.splitlines()) > 10


@pytest.mark.parametrize(
    ("language", "words"),
    [("pt", ("por vez", "primeiro token", "o mesmo", "por pedidos")), ("ru", ("сразу", "первый токен", "то же"))],
)
def test_both_are_compared_in_the_language_spoken(
    language: str, words: tuple[str, ...], home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        assert main(["bench", "compare", "default", "balanced", "--home", str(home.root), "--lang", language]) == 0
    finally:
        languages.use_language(languages.ENGLISH)
    said = capsys.readouterr().out
    assert all(one in said for one in words), said
    assert not re.search(r"at a time|together|first|per token|the same", said), said


def test_the_same_as_a_document_and_a_list(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(home.bench / "balanced.json")
    assert main(["bench", "compare", "default", file, "--home", str(home.root), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [row["better"] for row in body["rows"] if row["figure"] == "all together"] == ["", "first"]
    assert main(["bench", "list", "--home", str(home.root)]) == 0
    assert "6,900 tokens/s at 64" in capsys.readouterr().out


def test_other_profiles_of_the_recipe_on_this_gpu_stand_beside(home: Home) -> None:
    assert [(one.profile, one.concurrency) for one in baselines(home, "mini", "NVIDIA H200")] == [
        ("prod-balanced", 1), ("prod-balanced", 8),
    ]  # fmt: skip
    assert baselines(home, "mini", "NVIDIA L4") == ()
    shipped = baselines(home, "qwen2.5-3b-sglang", "NVIDIA H200")
    assert shipped[0].profile == "engine-defaults" and shipped[0].tokens_per_s == 9152
    own = replace(report(300, 2000, 7100), recipe="qwen2.5-3b-sglang")
    bench_results.save(home, "mine", own, SPEC, "engine-defaults")
    first = next(one for one in baselines(home, "qwen2.5-3b-sglang", "NVIDIA H200") if one.concurrency == 64)
    assert (first.tokens_per_s, first.source) == (7100, "measured here as mine")


def test_one_name_alone_is_wrong_usage(home: Home) -> None:
    assert main(["bench", "compare", "default", "--home", str(home.root)]) == 2


def test_a_picture_is_drawn_or_its_package_is_named(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plot.png"
    code = main(["bench", "compare", "default", "balanced", "--home", str(home.root), "--png", str(file)])
    printed = capsys.readouterr()
    assert "at a time" in printed.out, "the table is there in any case"
    if code == 0:
        assert file.read_bytes().startswith(b"\x89PNG")
    else:
        assert code == 2 and f"{sys.executable} -m pip install matplotlib" in printed.err
