"""What breaks when the script runs a second time, on a disk that was kept. Changes nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from installer.core.outcomes import Code, Severity
from installer.core.plans.plan import Finding
from installer.knowledge.tables import table
from installer.shell.findings.script_facts import SOURCE, FollowedScript
from installer.shell.state import UNKNOWN
from installer.shell.trace import Ran, shown


def findings(followed: FollowedScript) -> Iterator[Finding]:
    gone: set[str] = set()
    made: set[str] = set()
    for ran in followed.ran:
        if ran.name == "rm":
            gone |= {_path(ran, word) for word in ran.words[1:] if not word.startswith("-")}
        if ran.condition or ran.context.tolerated or ran.context.asked:
            continue
        for path, what, error, fix in _breaking(ran):
            if UNKNOWN in path or path in gone or path in made or not _is_kept(path, followed):
                continue
            made.add(path)
            stops = "the script stops there" if "errexit" in ran.options else "that line fails"
            yield Finding(
                code=Code.STALE_STATE,
                severity=Severity.WARNING,
                stage=2,
                subject=path,
                summary=f"{what} fails when the script runs a second time, and {stops}.",
                evidence=f"`{shown(ran.text, 70)}`: {error} because {path} already exists, and {_why(path, followed)}.",
                fix=fix,
                source=SOURCE,
                line=ran.line,
            )
    yield from _left_over(followed, gone)


def _breaking(ran: Ran) -> Iterator[tuple[str, str, str, str]]:
    words = list(ran.words)
    plain = [word for word in words[1:] if not word.startswith("-")]
    match ran.name:
        case "uv" if words[1:2] == ["venv"] and not {"--clear", "-c", "--allow-existing"} & set(words):
            if ran.environment.get("UV_VENV_CLEAR", "") not in ("1", "true"):
                paths = _positional(words[2:], ("--python", "-p", "--prompt", "--index-url", "--cache-dir"))
                path = _path(ran, paths[0] if paths else ".venv")
                yield path, "uv venv", "uv venv refuses a folder", "Add --clear (or --allow-existing) to uv venv."
        case "git" if plain[:1] == ["clone"]:
            given = _positional(words[2:], ("-b", "--branch", "--depth", "-c", "--config", "-o", "-j"))
            if given:
                name = given[1] if len(given) > 1 else given[0].rstrip("/").rpartition("/")[2].removesuffix(".git")
                fix = f"Clone only if it is missing: [ -d {name} ] || git clone …"
                yield _path(ran, name), "git clone", "git clone refuses a folder", fix
        case "mkdir" if "errexit" in ran.options and not any(w == "--parents" or _has(w, "p") for w in words):
            for word in plain:
                yield _path(ran, word), "mkdir", "mkdir fails", "Use mkdir -p."
        case "ln" if (
            "errexit" in ran.options and not any(w == "--force" or _has(w, "f") for w in words) and len(plain) == 2
        ):
            yield _path(ran, plain[1]), "ln", "ln refuses a link", "Use ln -sfn."


def _has(word: str, letter: str) -> bool:
    return word.startswith("-") and not word.startswith("--") and letter in word


def _positional(words: list[str], valued: tuple[str, ...]) -> list[str]:
    found, waiting = [], list(words)
    while waiting:
        word = waiting.pop(0)
        if word in valued and waiting:
            waiting.pop(0)
        elif not word.startswith("-"):
            found.append(word)
    return found


def _path(ran: Ran, word: str) -> str:
    if word.startswith(("/", "~", UNKNOWN)):
        return word.rstrip("/")
    return UNKNOWN if UNKNOWN in ran.folder else posixpath.normpath(posixpath.join(ran.folder, word))


def _is_kept(path: str, followed: FollowedScript) -> bool:
    """Whether what is made there outlives the run: on a volume, or on a machine that is no container."""
    if path.startswith("/tmp"):
        return False
    return _on_volume(path, followed) or (followed.facts.container is None and followed.facts.os.id is not None)


def _on_volume(path: str, followed: FollowedScript) -> bool:
    mounted = [
        disk.path.rstrip("/") for disk in followed.facts.disks or () if disk.path not in ("/", "/tmp", "/dev/shm")
    ]
    kept = (row["path"] for row in table("providers")["volumes"])
    return any(path == root or path.startswith(f"{root}/") for root in (*kept, *mounted))


def _why(path: str, followed: FollowedScript) -> str:
    return "that volume is kept" if _on_volume(path, followed) else "this machine keeps its disk"


def _left_over(followed: FollowedScript, gone: set[str]) -> Iterator[Finding]:
    """An environment on a volume that is used again, with what an earlier version of the script put there."""
    for ran in followed.ran:
        words = list(ran.words)
        plainly = ran.name.startswith("python") and words[1:3] in (["-m", "venv"], ["-m", "virtualenv"])
        reused = ran.name == "uv" and words[1:2] == ["venv"] and "--allow-existing" in words
        if not (plainly or reused) or "--clear" in words:
            continue
        paths = _positional(words[3 if plainly else 2 :], ("--python", "-p", "--prompt"))
        path = _path(ran, paths[0] if paths else ".venv")
        if path not in gone and UNKNOWN not in path and _on_volume(path, followed):
            yield Finding(
                code=Code.STALE_STATE,
                severity=Severity.INFO,
                stage=2,
                subject=path,
                summary="Packages of an earlier run stay in the environment.",
                evidence=f"`{shown(ran.text, 70)}` keeps what is in {path}, and that volume is kept.",
                fix="Add --clear, so that the environment contains only what this script installs.",
                source=SOURCE,
                line=ran.line,
            )
            return
