"""From a recipe to the launch that is checked."""

from __future__ import annotations

import pytest

from installer.session import recipes, stacks


@pytest.mark.parametrize(
    ("recipe", "settings", "size"),
    [
        ("qwen2.5-0.5b-docker", (), 64),
        ("qwen2.5-0.5b-docker", ("container.shm_mib=512",), 512),
        ("qwen2.5-3b-vllm", (), None),
    ],
)
def test_a_container_has_the_shared_memory_that_docker_gives_it(
    recipe: str, settings: tuple[str, ...], size: int | None
) -> None:
    assert stacks.launch_of(recipes.load(recipe, settings=settings)).shm_mib == size
