"""What an install command asks for, as people write it."""

from __future__ import annotations

import pytest

from installer.audit.simulation.requirement import Reader

READER = Reader("3.10")


@pytest.mark.parametrize(
    ("text", "kind", "name", "extras"),
    [
        ("sglang[all]>=0.4.3", "index", "sglang", ("all",)),
        ("Flashinfer_Python", "index", "flashinfer-python", ()),
        ("git+https://github.com/sgl-project/sglang.git@main#subdirectory=python", "source", "sglang", ()),
        ("sglang[srt] @ git+https://github.com/sgl-project/sglang", "source", "sglang", ("srt",)),
        ("-e git+https://h.example/fork.git#egg=sglang", "source", "sglang", ()),
        ("./python[all]", "source", "", ("all",)),
        ("https://h.example/foo-1.0.tar.gz", "source", "foo", ()),
        ("https://h.example/whl/sgl_kernel-0.3.20-cp310-abi3-manylinux2014_x86_64.whl", "wheel", "sgl-kernel", ()),
        ("==2.0", "unclear", "", ()),
    ],
)
def test_every_way_to_write_one(text: str, kind: str, name: str, extras: tuple[str, ...]) -> None:
    wanted = READER.read(text)
    assert wanted and (wanted.kind, wanted.name, wanted.extras) == (kind, name, extras)


def test_markers_decide_whether_it_is_meant() -> None:
    assert READER.read("numpy<2; python_version < '3.9'") is None
    assert READER.read("numpy<2; python_version < '3.11' and platform_machine == 'x86_64'")
    assert READER.read("vllm<=0.7.2; extra == 'srt'") is None
    assert READER.read("vllm<=0.7.2; extra == 'srt'", ("srt",))


def test_an_exact_pin_and_its_build() -> None:
    wanted = READER.read("torch==2.4.1+cu124")
    assert wanted and (wanted.exact, wanted.local) == ("2.4.1+cu124", "cu124")
    assert not wanted.allows("2.4.1") and wanted.allows("2.4.1+cu124")
    loose = READER.read("torch==2.4.*")
    assert loose and not loose.exact and loose.allows("2.4.1+cu124")
