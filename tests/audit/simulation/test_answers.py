"""Lines of uv's resolver log and of what it writes, as uv 0.13 prints them."""

from __future__ import annotations

from installer.audit.simulation.resolver_output import Picked, ResolverLog, picked, requirements_of

LOG = """\
DEBUG Selecting: torch==2.7.0 [compatible] (torch-2.7.0-cp310-cp310-manylinux_2_28_x86_64.whl)
DEBUG Adding transitive dependency for torch==2.7.0: filelock*
DEBUG Adding transitive dependency for torch==2.7.0: sympy>=1.13.3
DEBUG Adding transitive dependency for torch==2.7.0: triton{sys_platform == 'linux'}>=3.3.0, <3.3.0+
DEBUG Adding transitive dependency for vllm[audio]==0.20.0: transformers>=4.56.0, <5.0.0 | >5.0.0, <5.0.1 | >5.0.1
DEBUG Adding transitive dependency for vllm[audio]==0.20.0: vllm==0.20.0
DEBUG Selecting: triton{sys_platform == 'linux'}==3.3.0 [preference] (triton-3.3.0.tar.gz)
DEBUG Something that nobody has seen before: torch==2.7.0"""

WRITTEN = """\
flashinfer-python[cu13]==0.7.2  # via -r wanted.in
    # from https://h.example/simple
torch==2.4.1+cu124        # via flashinfer-python
    # from file:///stubs
numpy==1.26.4"""


def test_the_log_tells_what_releases_need() -> None:
    heard = ResolverLog()
    for line in LOG.splitlines():
        heard.line(line)
    assert requirements_of(heard.needs) == {
        "torch==2.7.0": ("filelock", "sympy>=1.13.3", "triton==3.3.0"),
        "vllm==0.20.0": ("transformers>=4.56.0,!=5.0.0,!=5.0.1",),
        "triton==3.3.0": (),
    }
    assert heard.files["triton==3.3.0"] == "triton-3.3.0.tar.gz"


def test_the_solution_names_the_index_of_each_release() -> None:
    assert list(picked(WRITTEN)) == [
        Picked("flashinfer-python", "0.7.2", "https://h.example/simple"),
        Picked("torch", "2.4.1+cu124", "file:///stubs"),
        Picked("numpy", "1.26.4"),
    ]
