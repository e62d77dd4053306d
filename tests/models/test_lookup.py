"""Where facts of a model are looked for: by its name inside the hub's own cache, and by its revision."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.host.local import LocalHost
from installer.models import model_facts

COMMIT = "0e9e39f249a16976918f6564b8830bc894c89659"


@pytest.mark.parametrize(
    "path",
    [
        f"/data/hub/models--Qwen--Qwen2.5-7B-Instruct/snapshots/{COMMIT}",
        f"/data/hub/models--Qwen--Qwen2.5-7B-Instruct/snapshots/{COMMIT}/",
        "~/.cache/huggingface/hub/models--Qwen--Qwen2.5-7B-Instruct",
        "/root/.cache/modelscope/hub/Qwen/Qwen2___5-7B-Instruct",
    ],
)
def test_a_folder_of_a_cache_has_the_name_in_it(path: str, tmp_path: Path) -> None:
    found = model_facts(path, LocalHost(tmp_path), offline=True)
    assert found is not None and found.architectures == ("Qwen2ForCausalLM",) and not found.derived


@pytest.mark.parametrize(("revision", "sure"), [("main", True), (COMMIT, True), ("gptq-8bit", False)])
def test_of_a_branch_of_its_own_only_the_name_is_known(revision: str, sure: bool, tmp_path: Path) -> None:
    found = model_facts("Qwen/Qwen2.5-7B-Instruct", LocalHost(tmp_path), offline=True, revision=revision)
    assert found is not None and found.derived is not sure
