"""What the documents say that can be checked: links, commands, exit statuses, events, and what a newcomer pastes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from installer.cli.parser import build
from installer.core.errors import ExitCode
from installer.core.recipes import loader
from installer.core.runs.events import EVENTS
from installer.core.runs.home import RunFolder
from installer.core.text.quantities import size
from installer.diagnostics import system_checks
from tests.style_words import STRANGE

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("recipes/*.md"))
)
TEXT = {document: (ROOT / document).read_text(encoding="utf-8") for document in DOCUMENTS}
BY_NAME = {str(document): text for document, text in TEXT.items()}
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`", re.DOTALL)
COMMAND = re.compile(r"(?:^|[\s;|])(?:\./|\.venv/bin/)?deploy-tui(?= |$)(.*)", re.MULTILINE)
PLACEHOLDERS = {"FILE": "pod.yaml", "NAME": "mini", "DIR": "/tmp", "GENERATION": "5"}


def anchors(document: Path) -> set[str]:
    """The names that a document's headings have in links."""
    prose = BLOCK.sub("", (ROOT / document).read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def links() -> Iterator[tuple[Path, str]]:
    for document, text in TEXT.items():
        for target in LINK.findall(BLOCK.sub("", text)):
            if not target.startswith(("http://", "https://")):
                yield document, target


def commands(text: str) -> Iterator[str]:
    """The words after `deploy-tui` of every command in code, without comments and what a shell does with the output."""
    code = [body.replace("\\\n", " ") for kind, body in BLOCK.findall(text) if kind in ("sh", "")]
    code += [" ".join(piece.split()) for piece in INLINE.findall(BLOCK.sub("", text))]
    for piece in code:
        for words in COMMAND.findall(piece):
            yield re.split(r" +#| [|>;]", words)[0].strip()


def spoken() -> Iterator[tuple[str, str]]:
    for document, text in BY_NAME.items():
        for command in dict.fromkeys(commands(text)):
            yield document, command


@pytest.mark.parametrize(("document", "target"), links(), ids=str)
def test_every_link_leads_somewhere(document: Path, target: str) -> None:
    file, _, anchor = target.partition("#")
    place = ((ROOT / document).parent / file).resolve() if file else ROOT / document
    assert place.exists(), f"{document} links to {target}"
    if anchor:
        assert anchor in anchors(place), f"{document} links to {target}, and there is no such heading"


@pytest.mark.parametrize(("document", "command"), spoken())
def test_every_command_is_one(document: str, command: str) -> None:
    words = [PLACEHOLDERS.get(word, word) for word in shlex.split(command)]
    parser = build()
    if "--version" in words:
        words.remove("--version")
    try:
        parser.parse_args(words)
    except SystemExit as refused:
        pytest.fail(f"{document}: deploy-tui {command} is refused (status {refused.code})")


def test_commands_are_found_and_wrong_ones_refused() -> None:
    text = "Run `deploy-tui plan  --strict`.\n```sh\n./deploy-tui doctor --json > pod.json   # here\n```\n"
    assert list(commands(text)) == ["doctor --json", "plan --strict"]
    assert len(list(spoken())) > 60
    with pytest.raises(SystemExit):
        build().parse_args(["plan", "--no-such-option"])


@pytest.mark.parametrize(("mark", "command"), [("run", "./deploy-tui --stage all --yes"), ("test", "./check")])
def test_a_newcomer_finds_the_commands(mark: str, command: str) -> None:
    assert f"\n<!-- newcomer: {mark} -->\n```sh\n{command}\n```\n" in BY_NAME["README.md"]


def test_every_exit_status_is_explained() -> None:
    rows = re.findall(r"^\| (\d+) \| `([A-Z]+)` \| \S", BY_NAME["docs/interfaces.md"], re.MULTILINE)
    assert [(int(number), name) for number, name in rows] == [(int(code), code.name) for code in ExitCode]


def test_every_event_is_explained_with_its_fields() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ([^\n]*)$", BY_NAME["docs/journal.md"], re.MULTILINE))
    for event in EVENTS:
        missing = [f.name for f in fields(event) if f"`{f.name}`" not in rows.get(event.kind, "")]
        assert event.kind in rows and not missing, f"{event.kind}: {missing}"


def test_every_command_has_a_row_among_the_interfaces() -> None:
    rows = re.findall(r"^\| `deploy-tui ?([^`]*)` \|", BY_NAME["docs/interfaces.md"], re.MULTILINE)
    told = {
        " ".join(row.split()[:2])
        if row.startswith(("server", "recipes", "knowledge", "runs", "bundle"))
        else row.split(" ")[0]
        for row in rows
    }
    assert told >= set(_verbs())


def _verbs() -> Iterator[str]:
    top = next(action for action in build()._actions if action.dest == "command")
    for name, parser in dict(top.choices or {}).items():  # type: ignore[call-overload]
        below = next((action for action in parser._actions if action.dest == "verb"), None)
        yield from (f"{name} {verb}" for verb in below.choices) if below else (name,)


def test_the_files_of_a_run_are_those_of_the_home() -> None:
    run = RunFolder(Path("runs/x"))
    for file in (run.journal, run.request, run.cancel, run.log(3)):
        assert f"`{file.name}`" in BY_NAME["docs/journal.md"]


def test_every_document_is_reached_from_the_readme() -> None:
    reached, new = set(), {Path("README.md")}
    while new:
        reached |= new
        targets = {
            ((ROOT / document).parent / target.partition("#")[0]).resolve().relative_to(ROOT)
            for document, target in links()
            if document in new and not target.startswith("#")
        }
        new = {target for target in targets if target in TEXT} - reached
    assert set(DOCUMENTS) - reached == set()


def test_every_decision_is_listed_and_numbered() -> None:
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\)", BY_NAME["docs/decisions/README.md"], re.MULTILINE)
    files = sorted(path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [file for _, file in listed] == files
    assert [number for number, _ in listed] == [f"{number:04d}" for number in range(1, len(files) + 1)]


def test_no_address_of_a_package_index_is_named() -> None:
    for document, text in BY_NAME.items():
        assert not re.search(r"pypi\.org|/simple\b", text), document


def test_the_architecture_names_every_room() -> None:
    rooms = {f"installer/{path.name}" for path in (ROOT / "installer").iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(re.findall(r"`(installer/\w+)`", BY_NAME["docs/architecture.md"]))


@pytest.mark.parametrize(
    ("row", "written", "files"),
    [
        ("the check of the port", r"Port \{?.* taken", "*.py"),
        ("the words of a failed download", r"\b[Cc]hecksum mismatch", "*.py"),
        ("a GPU, a driver", r"pattern: [^,]*H100", "*.yaml"),
    ],
)
def test_a_newcomer_finds_the_files_to_change(row: str, written: str, files: str) -> None:
    """From the architecture alone: its row names every file of the product in which that is written."""
    table = BY_NAME["docs/architecture.md"].partition("## Where a new line belongs")[2]
    line = next(one for one in table.splitlines() if one.startswith(f"| {row}"))
    product = [*ROOT.glob(f"installer/**/{files}"), *ROOT.glob(f"stages/{files}")]
    found = [file.relative_to(ROOT) for file in product if re.search(written, file.read_text(encoding="utf-8"))]
    assert found
    assert [str(file) for file in found if str(file).removeprefix("installer/") not in line] == []


def test_one_figure_for_the_disk_that_a_gpu_recipe_takes() -> None:
    """Recipes, doctor and README say the same, in the same unit."""
    gpu = [loader.load(file.read_text("utf-8"), file.name) for file in sorted((ROOT / "recipes").glob("[a-z]*.yaml"))]
    small = {r.requirements.disk_mib for r in gpu if r.requirements.gpu and r.choice.priority > 0}
    assert small == {system_checks.DISK_MIB}
    assert f"need {size(system_checks.DISK_MIB << 20)} of free disk space" in (ROOT / "README.md").read_text("utf-8")


RECORDS = ("docs/contributing.md", "docs/evidence/")
"""A record says what was written on its day."""


@pytest.mark.parametrize("document", [name for name in BY_NAME if not name.startswith(RECORDS)])
def test_the_documents_use_the_words_of_the_field(document: str) -> None:
    prose = INLINE.sub("", BLOCK.sub("", BY_NAME[document]))
    prose = re.sub(r"\]\([^)]*\)", "]", prose)
    found = [line for line in prose.splitlines() if STRANGE.search(line)]
    assert not found, "\n".join(["docs/contributing.md says which words to use instead:", *found])


GUIDES = ("docs/architecture.md", "docs/contributing.md", "docs/stages.md", "docs/knowledge.md")
PATH = re.compile(r"[\w./-]+(?:\.(?:py|yaml|md|sh|yml|js)|/)")
CLASS = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*")
CLASS_LINE = re.compile(r"^class (\w+)", re.MULTILINE)
TREES = ("installer", "stages", "tests", "bench", "docs", "recipes", "requirements", ".github")
EXAMPLE = re.compile(r"NAME|NN|layer|models/|generations/|runs/|system/|cache/|compiled/|server/|container/|dist/")
"""Placeholders, and folders that are made."""


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_names_files_and_classes_that_exist(guide: str) -> None:
    """A path may begin anywhere in the tree, as in a room that the sentence is about."""
    files = ["/" + str(path.relative_to(ROOT)) for top in TREES for path in (ROOT / top).rglob("*") if path.is_file()]
    files += [f"/{path.name}" for path in ROOT.iterdir()]
    classes = {name for file in ROOT.glob("installer/**/*.py") for name in CLASS_LINE.findall(file.read_text("utf-8"))}
    named = INLINE.findall(BLOCK.sub("", BY_NAME[guide]))
    paths = [name for name in named if PATH.fullmatch(name) and not EXAMPLE.search(name)]
    missing = [path for path in paths if not any("/" + path in file for file in files)]
    missing += [name for name in named if CLASS.fullmatch(name) and name not in classes]
    assert paths and missing == []
