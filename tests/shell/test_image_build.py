"""`docker build` and `docker run` of a script: the Dockerfile beside it is followed, and told with its own lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.core.machine.facts import MachineFacts
from installer.core.outcomes import Code
from installer.core.plans.procedure import Install, Launch, NotFollowed, Procedure
from installer.core.plans.script_line import file_of, own_line
from installer.shell import procedure

DOCKERFILE = """\
ARG VLLM=0.10.0
FROM nvidia/cuda:12.8.1-devel-ubuntu22.04 AS base
ARG VLLM
ENV SEEN=1
COPY needs.txt .
RUN pip install -r needs.txt
RUN pip install vllm==${VLLM}
FROM base AS other
CMD ["vllm", "serve", "org/other"]
FROM base
ENTRYPOINT ["vllm", "serve"]
CMD ["org/small"]
"""


def followed(folder: Path, text: str, name: str = "up.sh") -> Procedure:
    (folder / "image").mkdir(exist_ok=True)
    (folder / "image/Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (folder / "image/needs.txt").write_text("pandas\n", encoding="utf-8")
    return procedure(text, name, MachineFacts(python=("3.11",)), folder)[0]


def installs(found: Procedure) -> list[tuple[str, ...]]:
    return [step.requires for step in found.steps if isinstance(step, Install)]


def launch(found: Procedure) -> Launch:
    assert found.launch is not None
    return found.launch


def places(found: Procedure) -> list[tuple[int | None, str | None, int | None]]:
    return [(step.line, file_of(step.line), own_line(step.line)) for step in found.steps if isinstance(step, Install)]


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("llm", ("org/small",)),
        ("llm org/large --seed 1", ("org/large", "--seed", "1")),
        ("--entrypoint vllm llm serve org/mine", ("org/mine",)),
        ("-e MODEL=org/env --entrypoint sh llm -c 'vllm serve $MODEL'", ("org/env",)),
    ],
)
def test_words_of_the_run_go_to_the_entry_point_of_what_was_built(
    run: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    found = followed(tmp_path, f"docker build -t llm --build-arg VLLM=0.11.0 image\ndocker run --gpus all {run}\n")
    assert launch(found).arguments == words
    assert launch(found).environment["SEEN"] == "1"
    assert launch(found).image == "nvidia/cuda:12.8.1-devel-ubuntu22.04"
    assert installs(found) == [("pandas",), ("vllm==0.11.0",)]


def test_lines_are_those_of_the_dockerfile_and_of_the_script(tmp_path: Path) -> None:
    found = followed(tmp_path, "\ndocker build -t llm image/\ndocker run llm\n")
    assert [where[1:] for where in places(found)] == [("image/Dockerfile", 6), ("image/Dockerfile", 7)]
    assert [int(step.line or 0) for step in found.steps if isinstance(step, Install)] == [2, 2]
    assert str(launch(found).line) == "image/Dockerfile:12", "nothing but the file says what is served"
    given = launch(followed(tmp_path, "docker build -t llm image\ndocker run llm org/large\n"))
    assert (given.line, file_of(given.line)) == (2, None)


def test_a_stage_a_file_a_second_name_and_an_image_on_top_are_followed(tmp_path: Path) -> None:
    text = "cd image\ndocker buildx build --load --target other -t llm:latest -f Dockerfile .\ndocker tag llm mine\n"
    assert launch(followed(tmp_path, f"{text}docker run mine\n")).arguments == ("org/other",)
    text = "docker build -t below image\ndocker build -t above - <<'END'\nFROM below\nRUN pip install polars\nEND\n"
    found = followed(tmp_path, f"{text}docker run above org/large\n")
    assert launch(found).arguments == ("org/large",), "the entry point comes from the image below"
    assert installs(found)[-1] == ("polars",)


def test_what_is_installed_in_an_image_stays_out_of_the_machine(tmp_path: Path) -> None:
    found = followed(tmp_path, "docker build -t llm image\npip install vllm==0.9.0\nvllm serve org/mine\n")
    assert [step.interpreter for step in found.steps if isinstance(step, Install)][:2] != ["", ""]
    assert launch(found).image == ""


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    for line in ("docker build -t llm https://host.test/x.git", "docker build -t llm -f gone .", "docker buildx bake"):
        assert [piece.line for piece in followed(tmp_path, f"{line}\n").not_followed] == [1], line


def test_a_compose_service_is_built_from_its_own_folder(tmp_path: Path) -> None:
    text = "services:\n  llm:\n    build:\n      context: image\n      args: {VLLM: 0.11.0}\n    command: org/large\n"
    found = followed(tmp_path, text, "compose.yaml")
    assert (launch(found).arguments, installs(found)[-1]) == (("org/large",), ("vllm==0.11.0",))
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack/compose.yaml").write_text(text.replace("image", "../image"), encoding="utf-8")
    found = followed(tmp_path, "docker compose -f stack/compose.yaml up -d\n")
    assert [where[1] for where in places(found)] == ["image/Dockerfile"] * 2


def test_every_text_that_a_script_leads_to_is_told_by_its_own_lines(tmp_path: Path) -> None:
    (tmp_path / "lib.sh").write_text("\ninstall() {\n  pip install lib-one\n}\n", encoding="utf-8")
    (tmp_path / "part.sh").write_text("\n\npip install part-two\nbash last.sh\n", encoding="utf-8")
    (tmp_path / "last.sh").write_text("pip install last-three\nfi\n", encoding="utf-8")
    (tmp_path / "run.py").write_text("import os\nos.system('pip install py-four')\n", encoding="utf-8")
    found = followed(tmp_path, "source lib.sh\nbash part.sh\ninstall\npython run.py\npip install own\n")
    assert [str(step.line) for step in found.steps if isinstance(step, Install)] == [
        "part.sh:3", "last.sh:1", "lib.sh:3", "run.py:2", "5",
    ]  # fmt: skip
    assert [int(where[0] or 0) for where in places(found)] == [2, 2, 3, 4, 5]
    told = [piece.to_json() for piece in found.not_followed]
    assert [(one["line"], one["file"], one["file_line"]) for one in told] == [(2, "last.sh", 2)]
    assert NotFollowed(1, "", "").to_json()["file"] is None


RUN_VLLM = "docker run --gpus all {} vllm/vllm-openai:v0.14.1 {}\n"


@pytest.mark.parametrize(
    ("options", "words", "refused"),
    [
        ("", "serve org/model", True),
        ("", "vllm serve org/model", True),
        ("", "bash -c 'vllm serve org/model'", True),
        ("", "python3 -m vllm.entrypoints.openai.api_server --model org/model", True),
        ("", "org/model --seed 1", False),
        ("", "--model org/model", False),
        ("--entrypoint vllm", "serve org/model", False),
        ("--entrypoint ''", "vllm serve org/model", False),
    ],
)
def test_a_command_behind_an_image_that_starts_its_server_is_an_argument(
    options: str, words: str, *, refused: bool
) -> None:
    found, findings = procedure(RUN_VLLM.format(options, words), "up.sh", MachineFacts(python=("3.11",)))
    assert launch(found).model == "org/model", "what was meant is followed all the same"
    assert [one.line for one in findings if one.code == Code.FLAG_UNKNOWN] == [1] * refused


def test_an_image_without_an_entry_point_takes_any_command(tmp_path: Path) -> None:
    text = 'FROM vllm/vllm-openai:v0.14.1\nENTRYPOINT []\nCMD ["sh", "-c", "vllm serve org/model"]\n'
    found, findings = procedure(text, "Dockerfile", MachineFacts(python=("3.11",)))
    assert launch(found).model == "org/model"
    assert [one for one in findings if one.code == Code.FLAG_UNKNOWN] == []
    kept = text.replace("ENTRYPOINT []\n", "")
    assert [one.line for one in procedure(kept, "Dockerfile", MachineFacts())[1] if one.code == Code.FLAG_UNKNOWN] == [
        2
    ]


def test_what_an_image_holds_is_read_in_its_container(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM ubuntu:24.04\nRUN cat <<'EOF' > /start.sh\nvllm serve ${MODEL}\nEOF\nENTRYPOINT [\"/start.sh\"]\n",
        encoding="utf-8",
    )
    text = "services:\n  llm:\n    build: .\n    environment: [MODEL=org/model]\n"

    (launch,) = procedure(text, "compose.yaml", MachineFacts(python=("3.11",)), tmp_path)[0].launches

    assert launch.model == "org/model"
