"""The download process, against a hub that is really served over HTTP and the hub's own client library."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from installer.host.hub import tell
from tests.stand_ins.hub import COMMIT, HubModel, StandInHub
from tests.stand_ins.patience import PATIENCE_S

MODEL = "maker/tiny"
TOKEN = "hf_" + "tokenoftheseventhreader"


def safetensors(count: int = 1_000_000) -> bytes:
    """A real safetensors file that holds `count` random bytes."""
    header = json.dumps({"weight": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + random.Random(7).randbytes(count)


FILES = {
    "config.json": b'{"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2"}\n',
    "tokenizer/vocab.txt": b"a\nb\n",
    "empty.txt": b"",
    "model.safetensors": safetensors(),
}


@pytest.fixture
def hub() -> Iterator[StandInHub]:
    with StandInHub({MODEL: HubModel(dict(FILES))}) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "maker--tiny@main"


def command(folder: Path, *words: str, model: str = MODEL) -> list[str]:
    return [sys.executable, "-m", "installer.host.hub", f"--id={model}", f"--folder={folder}", *words]


def environment(hub: str, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING_FACE"))}
    return {**kept, "HF_ENDPOINT": hub, **more}


def fetch(
    hub: StandInHub | str, folder: Path, *words: str, model: str = MODEL, **more: str
) -> tuple[int, list[dict[str, Any]], str]:
    address = hub if isinstance(hub, str) else hub.url
    done = subprocess.run(
        command(folder, *words, model=model), env=environment(address, HF_HOME=str(folder.parent / "hf"), **more),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, lines, done.stdout + done.stderr


def on_disk(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".incomplete" not in path.parts
    }


def test_every_file_arrives_and_is_told(hub: StandInHub, folder: Path) -> None:
    code, lines, _ = fetch(hub, folder)
    assert code == 0
    assert on_disk(folder) == FILES
    first, last = lines[0], lines[-1]
    assert (first["hub"], last["hub"], last["commit"]) == ("files", "done", COMMIT)
    told = {file["path"]: file for file in last["files"]}
    assert told["model.safetensors"]["sha256"] == hashlib.sha256(FILES["model.safetensors"]).hexdigest()
    assert {path: file["size"] for path, file in told.items()} == {path: len(body) for path, body in FILES.items()}
    ends = {line["file"]: (line["done"], line["total"]) for line in lines if line["hub"] == "progress"}
    assert ends == {path: (len(body), len(body)) for path, body in FILES.items()}


def test_a_second_time_nothing_is_fetched_again(hub: StandInHub, folder: Path) -> None:
    fetch(hub, folder)
    hub.asked.clear()
    code, lines, _ = fetch(hub, folder)
    assert code == 0 and lines[-1]["hub"] == "done"
    assert [a for a in hub.asked if "/resolve/" in a.path or "/storage/" in a.path] == []


def test_include_and_exclude(hub: StandInHub, folder: Path) -> None:
    fetch(hub, folder, "--include=*.json", "--include=tokenizer/", "--exclude=generation*")
    assert set(on_disk(folder)) == {"config.json", "tokenizer/vocab.txt"}


def test_patterns_that_leave_nothing_are_an_error(hub: StandInHub, folder: Path) -> None:
    code, lines, _ = fetch(hub, folder, "--include=*.gguf")
    assert code == 1 and lines[-1]["code"] == "hub-not-found"
    assert "patterns" in lines[-1]["fix"]


def test_a_cut_connection_is_continued(hub: StandInHub, folder: Path) -> None:
    hub.cuts["model.safetensors"] = [300_000, 300_000]
    code, _, _ = fetch(hub, folder)
    assert code == 0 and on_disk(folder) == FILES
    starts = [int((a.range or "bytes=0-")[6:-1]) for a in hub.downloads("model.safetensors")]
    assert starts[0] == 0 and len(starts) == 3 and 0 < starts[1] < starts[2]


def test_a_killed_download_is_continued_by_the_next(hub: StandInHub, folder: Path) -> None:
    hub.models[MODEL].files["model.safetensors"] = big = safetensors(6_000_000)
    hub.hold_after["model.safetensors"] = 5_000_000
    process = subprocess.Popen(command(folder), env=environment(hub.url), stdout=subprocess.PIPE)
    assert hub.held.wait(60)
    partial = folder / ".incomplete" / hashlib.sha256(big).hexdigest()
    wait_until(lambda: partial.is_file() and partial.stat().st_size >= 4_000_000)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()
    kept = partial.stat().st_size
    assert not (folder / "model.safetensors").exists()
    hub.hold_after.clear()
    hub.asked.clear()
    code, _, _ = fetch(hub, folder)
    assert code == 0 and on_disk(folder)["model.safetensors"] == big
    assert [a.range for a in hub.downloads("model.safetensors")] == [f"bytes={kept}-"]


def test_it_ends_when_nobody_is_left_to_tell(hub: StandInHub, folder: Path) -> None:
    hub.hold_after["model.safetensors"] = 1000
    starter = (
        "import subprocess, sys, time\n"
        "print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    words = [sys.executable, "-c", starter, *command(folder)]
    parent = subprocess.Popen(words, env=environment(hub.url), stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline()))
    assert hub.held.wait(60)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_server_that_cannot_continue_starts_over(hub: StandInHub, folder: Path) -> None:
    hub.ranges = False
    hub.cuts["model.safetensors"] = [300_000]
    code, lines, _ = fetch(hub, folder)
    assert code == 0 and on_disk(folder) == FILES
    assert max(line["done"] for line in lines if line["hub"] == "progress") == len(FILES["model.safetensors"])


def test_wrong_bytes_never_reach_their_place(hub: StandInHub, folder: Path) -> None:
    hub.wrong["model.safetensors"] = bytes(len(FILES["model.safetensors"]))
    code, lines, _ = fetch(hub, folder)
    assert code == 1 and lines[-1]["code"] == "hub-hash"
    assert "model.safetensors" in lines[-1]["what"]
    assert "model.safetensors" not in on_disk(folder)
    assert len(hub.downloads("model.safetensors")) == 2


def test_wrong_bytes_of_a_small_file_are_seen_too(hub: StandInHub, folder: Path) -> None:
    hub.wrong["config.json"] = FILES["config.json"].replace(b"qwen2", b"llama")
    assert fetch(hub, folder)[1][-1]["code"] == "hub-hash"


def test_a_damaged_rest_of_an_earlier_download_is_thrown_away(hub: StandInHub, folder: Path) -> None:
    partial = folder / ".incomplete" / hashlib.sha256(FILES["model.safetensors"]).hexdigest()
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"x" * 500_000)
    code, _, _ = fetch(hub, folder)
    assert code == 0 and on_disk(folder) == FILES


def test_a_file_that_was_changed_in_its_place_is_fetched_again(hub: StandInHub, folder: Path) -> None:
    fetch(hub, folder)
    (folder / "model.safetensors").write_bytes(bytes(len(FILES["model.safetensors"])))
    code, _, _ = fetch(hub, folder)
    assert code == 0 and on_disk(folder) == FILES


def test_a_passing_server_error_is_survived(hub: StandInHub, folder: Path) -> None:
    hub.failures["config.json"] = [503]
    code, _, _ = fetch(hub, folder)
    assert code == 0 and on_disk(folder) == FILES


def test_a_file_that_is_gone_ends_it_at_once(hub: StandInHub, folder: Path) -> None:
    hub.failures["model.safetensors"] = [404] * 9
    code, lines, _ = fetch(hub, folder)
    assert code == 1 and lines[-1]["code"] == "hub-refused" and "404" in lines[-1]["why"]
    assert len(hub.failures["model.safetensors"]) == 8


def test_an_address_that_has_run_out_is_asked_for_again(hub: StandInHub, folder: Path) -> None:
    hub.failures[f"/storage/{MODEL}//model.safetensors"] = [403]
    code, _, _ = fetch(hub, folder)
    assert code == 0 and on_disk(folder) == FILES


def test_a_signed_address_is_told_without_its_signature(capsys: pytest.CaptureFixture[str]) -> None:
    tell("error", why="404 for url 'https://cdn.example/a/b?Expires=1&Signature=abcdef' (gone)")
    assert json.loads(capsys.readouterr().out)["why"] == "404 for url 'https://cdn.example/a/b' (gone)"


def test_a_secret_is_not_told_whatever_the_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", "not-of-any-known-shape")
    tell("error", what="the hub said not-of-any-known-shape is wrong")
    assert json.loads(capsys.readouterr().out) == {"hub": "error", "what": "the hub said ***4a3d*** is wrong"}


def test_a_gated_model_without_a_token_names_the_page(hub: StandInHub, folder: Path) -> None:
    hub.models[MODEL].gated = True
    code, lines, _ = fetch(hub, folder)
    assert code == 1 and lines[-1]["code"] == "hub-gated"
    assert f"{hub.url}/{MODEL}" in lines[-1]["fix"] and "HF_TOKEN" in lines[-1]["fix"]


def test_a_gated_model_with_a_token_that_was_not_let_in(hub: StandInHub, folder: Path) -> None:
    hub.models[MODEL].gated = True
    _, lines, said = fetch(hub, folder, HF_TOKEN=TOKEN)
    assert lines[-1]["code"] == "hub-gated" and "has no access" in lines[-1]["why"]
    assert TOKEN not in said


@pytest.mark.parametrize("kind", ["gated", "private"])
def test_a_token_opens_what_it_may_read_and_goes_nowhere_else(hub: StandInHub, folder: Path, kind: str) -> None:
    setattr(hub.models[MODEL], kind, True)
    hub.models[MODEL].readers = (TOKEN,)
    code, _, said = fetch(hub, folder, HF_TOKEN=TOKEN)
    assert code == 0 and on_disk(folder) == FILES
    assert TOKEN not in said and "signed-secret-value" not in said
    assert {a.authorization for a in hub.asked if "/resolve/" in a.path} == {f"Bearer {TOKEN}"}
    assert {a.authorization for a in hub.asked if "/storage/" in a.path} == {None}


def test_a_token_in_a_file_is_not_used(hub: StandInHub, folder: Path) -> None:
    hub.models[MODEL].private = True
    hub.models[MODEL].readers = (TOKEN,)
    stored = folder.parent / "hf" / "token"
    stored.parent.mkdir(parents=True)
    stored.write_text(TOKEN)
    code, lines, _ = fetch(hub, folder)
    assert code == 1 and lines[-1]["code"] == "hub-not-found"
    assert {a.authorization for a in hub.asked} == {None}


@pytest.mark.parametrize("model", ["maker/other", "not a name/at all"])
def test_a_model_that_is_not_there(hub: StandInHub, folder: Path, model: str) -> None:
    code, lines, _ = fetch(hub, folder, model=model)
    assert code == 1 and lines[-1]["code"] == "hub-not-found" and model in lines[-1]["what"]
    assert not folder.exists()


def test_a_revision_that_is_not_there(hub: StandInHub, folder: Path) -> None:
    code, lines, _ = fetch(hub, folder, "--revision=v9")
    assert code == 1 and lines[-1]["code"] == "hub-not-found" and "revision" in lines[-1]["what"]


def test_a_hub_that_cannot_be_reached(folder: Path) -> None:
    with StandInHub() as gone:
        address = gone.url
    code, lines, _ = fetch(address, folder)
    assert code == 1 and lines[-1]["code"] == "hub-unreachable"
    assert address in lines[-1]["what"] and "HF_ENDPOINT" in lines[-1]["fix"]


def test_offline_is_said_to_be_offline(hub: StandInHub, folder: Path) -> None:
    code, lines, _ = fetch(hub, folder, HF_HUB_OFFLINE="1")
    assert code == 1 and lines[-1]["code"] == "hub-offline" and hub.asked == []


def test_a_full_disk_is_seen_before_the_first_byte(hub: StandInHub, folder: Path) -> None:
    hub.models[MODEL].claimed_sizes["model.safetensors"] = 10**16
    code, lines, _ = fetch(hub, folder)
    assert code == 1 and lines[-1]["code"] == "disk" and "full" in lines[-1]["what"]
    assert hub.downloads("model.safetensors") == []


@pytest.mark.parametrize("path", ["../outside.json", "/etc/outside.json", ".incomplete/x"])
def test_a_name_that_would_leave_the_folder_is_refused(hub: StandInHub, folder: Path, path: str) -> None:
    hub.models[MODEL].files[path] = b"{}"
    code, lines, _ = fetch(hub, folder)
    assert code == 1 and lines[-1]["code"] == "hub-unsafe"
    assert not folder.exists()


def test_only_listing_fetches_nothing(hub: StandInHub, folder: Path) -> None:
    code, lines, _ = fetch(hub, folder, "--list")
    assert code == 0 and [line["hub"] for line in lines] == ["files"]
    assert {file["path"] for file in lines[0]["files"]} == set(FILES)
    assert not folder.exists()


def test_listing_tries_whether_the_files_may_be_read(hub: StandInHub, folder: Path) -> None:
    hub.models[MODEL].gated = True
    code, lines, _ = fetch(hub, folder, "--list", HF_TOKEN=TOKEN)
    assert code == 1 and lines[-1]["code"] == "hub-gated"


@pytest.mark.skipif(importlib.util.find_spec("hf_xet") is None, reason="hf_xet has no wheel for this machine")
def test_xet_where_it_is_asked_for(hub: StandInHub, folder: Path, tmp_path: Path) -> None:
    hub.store = tmp_path / "store"
    hub.models[MODEL].xet["model.safetensors"] = into_store(hub.store, FILES["model.safetensors"], tmp_path)
    code, lines, _ = fetch(hub, folder, HF_XET_HIGH_PERFORMANCE="1")
    assert code == 0 and on_disk(folder) == FILES
    assert hub.downloads("model.safetensors") == []
    assert [a for a in hub.asked if a.path.startswith("/api/xet-token/")] != []
    assert lines[-1]["hub"] == "done"


def test_a_xet_file_is_fetched_over_plain_http_by_default(hub: StandInHub, folder: Path) -> None:
    hub.models[MODEL].xet["model.safetensors"] = "0" * 64
    hub.cuts["model.safetensors"] = [300_000]
    code, _, _ = fetch(hub, folder)
    assert code == 0 and on_disk(folder) == FILES
    assert len(hub.downloads("model.safetensors")) == 2


def into_store(store: Path, content: bytes, scratch: Path) -> str:
    """Put `content` into a content store that the Xet library keeps in a folder; its Xet hash."""
    import hf_xet

    (source := scratch / "content").write_bytes(content)
    with hf_xet.XetSession().new_upload_commit(endpoint=f"local://{store}") as commit:
        upload = commit.start_upload_file(str(source), hf_xet.COMPUTE_SHA256)
    return str(upload.result().xet_info.hash)


def wait_until(met: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)
