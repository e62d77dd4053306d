"""Which modules of others a server cannot start without, followed through files made by hand."""

from __future__ import annotations

import pytest

from installer.knowledge.engines.imports import imported_modules, outline
from tests.stand_ins.members import Members


def needed(body: str, **more: str) -> set[str]:
    files = {f"sglang/{name.replace('__', '/')}.py": text for name, text in more.items()}
    return set(imported_modules(Members({"sglang/launch_server.py": body, **files}), "sglang"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("import dill\nimport os\nimport a.b.c", {"dill", "a"}),
        ("from x.y import z\nfrom __future__ import annotations", {"x"}),
        ("try:\n    import x\nexcept ImportError:\n    x = None", set()),
        ("try:\n    import x\nexcept (ValueError, ModuleNotFoundError):\n    import y", set()),
        ("try:\n    import x\nexcept:\n    pass\nfinally:\n    import y", {"y"}),
        ("try:\n    import x\nexcept ValueError:\n    pass", {"x"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\nelse:\n    import y", {"y"}),
        ("if _is_cuda:\n    from sgl_kernel import a", {"sgl_kernel"}),
        ("if is_cuda() or is_hip():\n    import x", {"x"}),
        ("if _is_hip:\n    import x\nelse:\n    import y", {"y"}),
        ("if not _is_npu and _is_cuda:\n    import x", {"x"}),
        ("if something():\n    import x\nelse:\n    import y", set()),
        ("with contextlib.suppress(ImportError):\n    import x", set()),
        ("def f():\n    import x\nclass A:\n    import y", set()),
    ],
)
def test_what_counts(body: str, expected: set[str]) -> None:
    assert needed(body) == expected


def test_it_follows_the_files_of_the_package_and_the_packages_above_them() -> None:
    found = imported_modules(
        Members(
            {
                "sglang/launch_server.py": "from sglang.srt.args import prepare\nfrom .srt import scheduler",
                "sglang/__init__.py": "import lang_needs",
                "sglang/srt/__init__.py": "",
                "sglang/srt/args.py": "import orjson",
                "sglang/srt/scheduler.py": "from . import runner",
                "sglang/srt/runner.py": "import vllm",
                "sglang/srt/never.py": "import never",
            }
        ),
        "sglang",
    )
    assert found == {
        "lang_needs": "sglang/__init__.py",
        "orjson": "sglang/srt/args.py",
        "vllm": "sglang/srt/runner.py",
    }


def test_the_server_that_is_loaded_inside_a_function_is_an_entry_of_its_own() -> None:
    assert needed("", srt__entrypoints__http_server="import uvicorn") == {"uvicorn"}


def test_an_outline_leaves_out_functions_and_classes_however_they_are_laid_out() -> None:
    function = '@x\ndef f(\n    b,\n) -> int:\n    """Text\nimport not_this\n"""\n    import c\n'
    text = f"import a\n{function}\n\nimport d\nclass E:\n    pass\nimport g"
    assert [line for line in outline(text).splitlines() if line] == ["import a", "import d", "import g"]


def test_nothing_is_known_of_a_package_without_an_entry_point() -> None:
    assert imported_modules(Members({"other/__init__.py": "import x"}), "other") == {}
