"""Clones, seals, the switch, and what may be pruned."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from installer.core.errors import UsageError
from installer.core.runs.home import Home
from installer.execution.generations import Draft, Generations, Seal, new_seal, own_bytes
from installer.host.cloning import clone


def make(generations: Generations, content: str, *, complete: bool = True, parent: int | None = None) -> int:
    draft = generations.draft(parent, clone)
    draft.path.mkdir(exist_ok=True)
    (draft.path / "file").unlink(missing_ok=True)
    (draft.path / "file").write_text(content)
    generations.seal(new_seal(draft, stage="engine", run="r", recipe="x", lock=None, complete=complete))
    return draft.number


def test_replacing_a_file_in_a_clone_leaves_the_original(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    first = make(generations, "one")
    second = make(generations, "two", parent=first)
    assert (generations.path(first) / "file").read_text() == "one"
    assert (generations.path(second) / "file").read_text() == "two"


def test_a_draft_that_cannot_be_filled_is_removed_at_once(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    first = make(generations, "one")

    def full(source: Path, target: Path) -> int:
        target.mkdir()
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        generations.draft(first, full)
    assert generations.drafts() == []


def test_the_switch_is_one_symlink(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    for content in ("one", "two"):
        generations.switch(make(generations, content))
        assert (tmp_path / "current/file").read_text() == content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["current", "generations"]
    generations.switch(None)
    assert generations.current() is None


def test_rollback_prefers_a_whole_deployment(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    for content, complete in (("a", False), ("b", True), ("c", False), ("d", True)):
        generations.switch(make(generations, content, complete=complete))
    assert generations.target(None) == 2
    assert generations.target(3) == 3
    with pytest.raises(UsageError, match="no generation 9"):
        generations.target(9)
    generations.switch(1)
    with pytest.raises(UsageError, match="no earlier generation"):
        generations.target(None)


def test_pruning_keeps_what_something_refers_to(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    for content in "abcdef":
        generations.switch(make(generations, content))
    assert generations.prune(keep=3, size_bytes=10**9, referenced={2}) == [1, 3, 4]
    assert set(generations.seals()) == {2, 5, 6}


def test_pruning_by_size_removes_the_oldest_first(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    for content in "abc":
        generations.switch(make(generations, content * 50_000))
    one = own_bytes([generations.path(3)])[generations.path(3)]
    assert generations.prune(keep=10, size_bytes=2 * one, referenced=()) == [1]


def test_an_unsealed_folder_is_a_draft_and_its_number_is_not_reused(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    first = make(generations, "a")
    draft = generations.draft(first, clone)
    assert generations.drafts() == [draft.number]
    assert generations.draft(first, clone).number == draft.number + 1


def draft_with(generations: Generations, *files: str) -> Draft:
    draft = generations.draft(None, clone)
    for file in files:
        (draft.path / file).parent.mkdir(parents=True, exist_ok=True)
        (draft.path / file).write_text(file)
    return draft


def seal_of(draft: Draft) -> Seal:
    return new_seal(draft, stage="pytorch", run="r", recipe="x", lock=None, complete=False)


def files(draft: Draft) -> set[str]:
    return {str(path.relative_to(draft.path)) for path in draft.path.rglob("*")}


def test_what_came_after_the_mark_is_taken_away(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    draft = draft_with(generations, "lib/torch/a.py", "bin/python")
    (draft.path / "lib64").symlink_to("lib")
    before, seal = files(draft), seal_of(draft)
    generations.mark(seal)
    for late in ("lib/torch/b.py", "lib/engine/deep/c.py", "lib/engine/d.py", "bin/engine"):
        (draft.path / late).parent.mkdir(parents=True, exist_ok=True)
        (draft.path / late).write_text("late")
    (draft.path / "lib/link").symlink_to("torch")
    assert generations.restore(draft.number) == seal
    assert files(draft) == before
    assert (draft.path / "lib/torch/a.py").read_text() == "lib/torch/a.py"


@pytest.mark.parametrize("how", ["gone", "replaced", "folder gone", "no mark", "torn mark", "shorter mark"])
def test_what_cannot_be_taken_back_is_said(tmp_path: Path, how: str) -> None:
    generations = Generations(Home(tmp_path))
    draft = draft_with(generations, "lib/a.py", "b.py")
    if how != "no mark":
        generations.mark(seal_of(draft))
    match how:
        case "gone":
            (draft.path / "b.py").unlink()
        case "replaced":
            (draft.path / "new").write_text("b.py")
            (draft.path / "new").replace(draft.path / "b.py")
        case "folder gone":
            shutil.rmtree(draft.path / "lib")
        case "torn mark":
            mark = generations.path(draft.number).with_suffix(".mark")
            mark.write_text(mark.read_text()[:40])
        case "shorter mark":
            mark = generations.path(draft.number).with_suffix(".mark")
            mark.write_text("".join(mark.read_text().splitlines(keepends=True)[:-1]))
    before = files(draft)
    assert generations.restore(draft.number) is None
    assert files(draft) == before


def test_a_seal_ends_the_mark_and_a_drop_leaves_nothing(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    first, second = draft_with(generations, "a"), draft_with(generations, "a")
    for draft in (first, second):
        generations.mark(seal_of(draft))
    generations.seal(seal_of(first))
    generations.drop(second.number)
    assert {entry.name for entry in (tmp_path / "generations").iterdir()} == {"0001", "0001.json"}


def test_what_is_not_ours_is_no_draft_and_its_number_is_left_to_it(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    for name in ("99999", "0003", "notes", "²"):
        (tmp_path / "generations" / name).mkdir(parents=True)
    assert generations.drafts() == [] and generations.seals() == {} and generations.damages() == []
    assert generations.draft(None, clone).number == 100_000
    assert generations.drafts() == [100_000]


def test_a_half_removed_generation_is_removed_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generations = Generations(Home(tmp_path))
    number = make(generations, "a")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        generations.drop(number)
    assert generations.seals() == {} and generations.drafts() == [number]
    generations.drop(number)
    assert list((tmp_path / "generations").iterdir()) == []


@pytest.mark.parametrize("seal", ["", "[]", "{", '{"number": 7}', "[" * 5000])
def test_a_damaged_seal_is_named_and_what_is_in_use_is_never_a_draft(tmp_path: Path, seal: str) -> None:
    generations = Generations(Home(tmp_path))
    generations.switch(make(generations, "a"))
    file = tmp_path / "generations/0001.json"
    file.write_text(seal)
    assert generations.current() == 1 and generations.in_use() is None
    assert generations.drafts() == []
    assert [said for said in generations.damages() if str(file) in said]
    file.unlink()
    assert generations.drafts() == []
    assert "has no seal" in generations.damages()[0]


def test_the_seal_of_another_generation_is_none(tmp_path: Path) -> None:
    generations = Generations(Home(tmp_path))
    make(generations, "a"), make(generations, "b")
    (tmp_path / "generations/0002.json").write_text((tmp_path / "generations/0001.json").read_text())
    assert set(generations.seals()) == {1}


def test_a_home_that_cannot_be_there_has_none() -> None:
    assert Generations(Home(Path("/dev/null/home"))).current() is None


@pytest.mark.parametrize("how", ["folder", "file", "link out", "link to nothing of ours"])
def test_a_current_that_is_no_link_of_ours_is_named(tmp_path: Path, how: str) -> None:
    home = Home(tmp_path)
    match how:
        case "folder":
            home.current.mkdir()
        case "file":
            home.current.write_text("x")
        case "link out":
            home.current.symlink_to("/etc")
        case _:
            home.current.symlink_to("generations/mine")
    with pytest.raises(UsageError, match="current is damaged"):
        Generations(home).current()


def test_a_draft_of_before_the_machine_went_down_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generations = Generations(Home(tmp_path))
    draft = draft_with(generations, "a.py")
    generations.mark(seal_of(draft))
    with monkeypatch.context() as patch:
        patch.setattr("installer.execution.generations.boot", lambda: "another")
        assert generations.restore(draft.number) is None
    assert generations.restore(draft.number) is not None


def test_everything_is_on_the_disk_before_the_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generations = Generations(Home(tmp_path))
    seal = tmp_path / "generations/0001.json"
    synced: list[bool] = []
    monkeypatch.setattr("installer.execution.generations.sync_filesystem", lambda _: synced.append(seal.exists()))
    make(generations, "a")
    assert synced == [False] and seal.exists()
