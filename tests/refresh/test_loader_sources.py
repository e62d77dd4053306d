"""What the source text of a quantization package says, without running it."""

from __future__ import annotations

from installer.preflight.checks.model import methods
from installer.refresh import loader_sources

FOLDER = loader_sources.FOLDERS[0]
SOURCES = {
    f"{FOLDER}__init__.py": 'QuantizationMethods = Literal["awq", "fp8", "tpu_int8"]\nmethod_to_config = {"awq": A}\n',
    f"{FOLDER}awq.py": (
        "class AWQConfig:\n    def get_name(self):\n        return 'awq'\n"
        "    def get_min_capability(cls):\n        return 75\n"
    ),
    f"{FOLDER}fp8.py": (
        "class Fp8Config:\n    def get_name(self):\n        return 'mxfp8' if self.mx else 'fp8'\n"
        "    def get_min_capability(cls):\n        if hip():\n            return 94\n"
        "        return 100 if cls.mx else 80\n"
    ),
    f"{FOLDER}schemes/wna16.py": (
        "class CompressedTensorsWNA16:\n    def get_min_capability(cls):\n        # Turing\n        return 75\n"
    ),
}


def test_methods_are_those_that_run_on_gpus() -> None:
    assert loader_sources.methods(SOURCES) == {"awq", "fp8"}


def test_floors_by_method_and_by_class() -> None:
    floors = loader_sources.floors(SOURCES)

    assert floors == {"awq": 75, "fp8": 80, "mxfp8": 100, "CompressedTensorsWNA16": 75}
    assert loader_sources.of_method("awq", floors) == 75
    assert loader_sources.of_schemes(floors) == {"int4": 75}


def test_the_shipped_table_by_release() -> None:
    assert methods.supported("vllm", "0.12.0", "bitsandbytes") is True
    assert methods.supported("vllm", "0.30.0", "bitsandbytes") is False
    assert methods.supported("vllm", "0.2.0", "awq") is None
    assert methods.supported("vllm", "99.0", "bitsandbytes") is None
    assert methods.supported("sglang", "0.5.7", "bitsandbytes") is None
    assert methods.supported("sglang", "0.5.8", "bitsandbytes") is True
    assert methods.floor("vllm", "0.13.0", "fp8", {}) == 80
    assert methods.floor("vllm", "0.14.0", "fp8", {}) == 75
    assert methods.floor("vllm", "0.12.0", "no-such-method", {}) is None
