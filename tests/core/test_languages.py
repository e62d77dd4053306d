"""Every sentence in every language: there, with the same values in it, and compiled as it stands in its .po file."""

from __future__ import annotations

import re
from argparse import _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.cli import main
from installer.cli.parser import build
from installer.core.secrets import redact
from installer.core.text import languages
from installer.core.text.languages import _, ngettext
from installer.diagnostics.meanings import meaning
from installer.diagnostics.symptoms import forms
from installer.diagnostics.wording import Wording
from tests import translations

PLACES = re.compile(r"\{[^}]*\}|`[^`]+`|(?<![\w-])--[a-z][\w-]*")
ENGLISH = re.compile(r"\b(?:the|is|are|of|and|with|not|which|known)\b")
LANGUAGES = sorted(translations.catalogues())
DO = "run `python -m tests.translations` and translate what it adds"


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    languages.use_language(languages.ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_and_nothing_is_left_over(language: str) -> None:
    wanted = {one.id for one in translations.template() if one.id}
    there = translations.read(translations.catalogues()[language], language)
    assert {one.id for one in there if one.id} == wanted, DO
    empty = [one.id for one in there if one.id and not _complete(one.string)]
    assert not empty, DO


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_commands_and_flags_are_the_same(language: str) -> None:
    for one in translations.read(translations.catalogues()[language], language):
        if one.id and isinstance(one.id, str):
            assert set(PLACES.findall(one.id)) == set(PLACES.findall(str(one.string))), one.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_forms_of_a_number_have_its_values(language: str) -> None:
    for one in translations.read(translations.catalogues()[language], language):
        if one.id and not isinstance(one.id, str):
            known = set(PLACES.findall(one.id[1]))
            assert all(set(PLACES.findall(form)) <= known for form in one.string), one.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_file_is_that_of_the_text(language: str) -> None:
    file = translations.catalogues()[language]
    assert file.with_suffix(".mo").read_bytes() == translations.mo(translations.read(file, language)), DO


def test_a_language_is_spoken_until_another_is() -> None:
    languages.use_language("pt")
    assert _("The run was cancelled.") == "A execução foi cancelada."
    languages.use_language("ru")
    forms = [ngettext("{count} run", "{count} runs", count).format(count=count) for count in (1, 3, 5, 21)]
    assert forms == ["1 запуск", "3 запуска", "5 запусков", "21 запуск"]
    assert _("") == ""
    languages.use_language(languages.ENGLISH)
    assert _("The run was cancelled.") == "The run was cancelled."


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "pt_BR.UTF-8"}, "pt"),
        ({"LANG": "pt_BR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANGUAGE": "de:ru:en", "LANG": "pt_PT"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_decides_as_gettext_reads_it(environment: dict[str, str], language: str) -> None:
    assert languages.of_locale(environment) == language


def test_an_unknown_one_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "xx", "recipes", "list"]) == 2
    assert "en, pt, ru" in capsys.readouterr().err


def test_an_explanation_is_told_in_it_and_json_never_is(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path_factory.mktemp("log") / "server.log"
    log.write_text("OSError: [Errno 28] No space left on device: '/data/w'\n", encoding="utf-8")
    home = ("--home", str(log.parent))
    assert main(["explain", str(log), "--lang", "ru", *home]) == 0
    assert "Диск заполнен" in capsys.readouterr().out
    assert main(["explain", str(log), "--lang", "ru", "--json", *home]) == 0
    assert "Диск" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "pt",
            (
                "Esta GPU, driver ou máquina virtual não suporta uma chamada da CUDA",
                "falta um recurso (pools de memória, IPC, memória virtual)",
                "Desligue o que precisa dele",
            ),
        ),
        (
            "ru",
            (
                "Этот GPU, драйвер или виртуальная машина не поддерживает вызов CUDA",
                "нет возможности (пулы памяти, IPC, виртуальная память)",
                "Выключите то, чему она нужна",
            ),
        ),
    ],
)
def test_what_a_form_looks_up_is_told_in_it_and_what_the_log_says_is_kept(
    language: str, said: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logged = "RuntimeError: CUDA error: operation not supported"
    (tmp_path / "server.log").write_text(f"{logged}\n", encoding="utf-8")
    assert main(["explain", str(tmp_path / "server.log"), "--lang", language, "--home", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert all(words in told for words in said) and told.count(logged) == 2
    assert not ENGLISH.findall("\n".join(line for line in told.splitlines() if "not supported" not in line))


def test_a_meaning_is_told_whole_however_long_it_is_in_a_language() -> None:
    languages.use_language("ru")
    gpu_stopped = meaning("cuda", "unspecified launch failure")
    assert gpu_stopped is not None
    symptom = next(one for one in forms().symptoms if one.id == "form-cuda")
    told = Wording("vllm", ours=False).candidate(symptom, {"cuda": dict(gpu_stopped)}, 1, "", 1.0)
    assert told.fix.endswith("попробуйте другой бэкенд внимания.")


@pytest.mark.parametrize(
    ("language", "verdict"), [("pt", "Isto falha, por 2 motivos"), ("ru", "Не получится по 2 причинам")]
)
def test_a_failing_audit_is_told_in_it_from_the_first_word_to_the_last(
    language: str, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "serve.sh"
    script.write_text(
        "uv venv venv && source venv/bin/activate && uv pip install vllm==0.10.2\n"
        "vllm serve Qwen/Qwen2.5-3B-Instruct --context-length 4096\n",
        encoding="utf-8",
    )
    machine = ("--machine", str(translations.ROOT / "tests/machines/a40-pod.yaml"), "--home", str(tmp_path / "home"))
    assert main(["audit", str(script), "--offline", "--lang", language, *machine]) == 3
    said = capsys.readouterr().out
    assert said.startswith(verdict) and "--max-model-len" in said
    assert not ENGLISH.findall(re.sub(r"`[^`]*`|/\S+", "", said))


@pytest.mark.parametrize(
    ("language", "verdict", "cause"),
    [
        ("pt", "Isto falha, por 1 motivo: a receita", "O driver 550.127.05 não atende a CUDA 13.0"),
        ("ru", "Не получится по 1 причине: рецепт", "Драйвер 550.127.05 не поддерживает CUDA 13.0"),
    ],
)
def test_a_plan_is_told_in_it_and_its_json_is_not(
    language: str, verdict: str, cause: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = ("--machine", str(translations.ROOT / "tests/machines/a40-pod.yaml"), "--home", str(tmp_path / "home"))
    asked = ["plan", "--recipe", "qwen2.5-3b-vllm", "--offline", "--lang", language, *machine]
    assert main(asked) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(verdict) and cause in said
    assert main([*asked, "--json"]) == 3
    said = capsys.readouterr().out
    assert "does not support CUDA 13.0" in said and cause not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_of_every_command_is_told_in_it(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["deploy-tui", "--help", f"--lang={language}"])
    unread = [build()]
    while unread:
        parser = unread.pop()
        verbs = [action for action in parser._actions if isinstance(action, _SubParsersAction)]
        unread += [verb for action in verbs for verb in action.choices.values()]
        assert not ENGLISH.findall(parser.format_help().replace("--as-of", "")), parser.prog


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "wrong",
    [
        ["plan", "--bogus"], ["recipes", "show"], ["frob"], ["--stage"], ["completion", "foo"],
        ["plan", "--context", "x"], ["plan", "--json=yes"], ["fit", "--sort", "x"],
    ],
)  # fmt: skip
def test_a_wrong_line_is_told_in_it(
    language: str, wrong: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As argparse of this Python words it: it has other words in each release."""
    monkeypatch.setattr("sys.argv", ["deploy-tui", *wrong, f"--lang={language}"])
    with pytest.raises(SystemExit) as left:
        main(wrong)
    said = capsys.readouterr().err
    assert left.value.code == 2 and not said.startswith("usage")
    complaint = said.splitlines()[-1]
    assert "error" not in complaint
    assert not re.search(r"\b(?:argument|arguments|invalid|choose|choice|expected|required|value|ignored)\b", complaint)


def test_recipes_are_told_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "list", "--lang", "ru"]) == 0
    assert "Qwen2.5 0.5B на процессоре (vLLM 0.32.0)" in capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("recipe", ["qwen2.5-3b-vllm", "qwen2.5-3b-sglang"])
def test_the_flags_of_a_recipe_are_explained_in_it(
    recipe: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recipes", "show", recipe, "--lang", language]) == 0
    text = capsys.readouterr().out
    told = text[text.index("\n#   ") :].splitlines()
    assert len(told) > 20
    assert not [line for line in told if ENGLISH.search(line)]


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("pt", "the machine has glibc 2.36 and no GPU", "nesta máquina: glibc 2.36 e sem GPU"),
        ("ru", "the machine has glibc 2.36 and no GPU", "на машине glibc 2.36 и нет GPU"),
        ("pt", "GPUs that are not known or vLLM", "GPUs desconhecidas ou vLLM"),
        ("ru", "Terms and Conditions", "Terms and Conditions"),
        ("ru", "no GPU and something odd", "no GPU and something odd"),
        ("ru", "drop and replace", "drop and replace"),
    ],
)
def test_what_is_enumerated_is_told_where_each_of_it_is_known(language: str, text: str, said: str) -> None:
    languages.use_language(language)
    assert languages.translated(text) == said


def test_an_error_is_told_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.yaml").write_text("schema: 1\nserverr: 1\n", encoding="utf-8")
    assert main(["recipes", "lint", str(tmp_path / "mine.yaml"), "--lang", "ru"]) == 2
    assert 'неизвестный ключ "serverr"; может быть, "server"?' in capsys.readouterr().err


def _complete(said: object) -> bool:
    return all(said) if isinstance(said, tuple) else bool(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_ours_looks_like_a_secret(language: str) -> None:
    for one in translations.read(translations.catalogues()[language], language):
        for text in (one.id, one.string):
            for form in (text,) if isinstance(text, str) else text:
                assert redact(form) == form
