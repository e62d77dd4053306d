"""`make TARGET` with the Makefile beside the script."""

from __future__ import annotations

from pathlib import Path

from installer.core.machine.facts import MachineFacts
from installer.core.plans.procedure import Install, Procedure
from installer.shell import procedure

MAKEFILE = """\
-include .env
MODEL ?= org/model
PORT := 8000
VENV = .venv
ifeq ($(CI),1)
SEED = 1
endif
FLAGS = --port $(PORT)
FLAGS += --seed ${SEED}

.PHONY: install serve
serve: install  ## start it
\t@echo "port $(PORT)"
\tVLLM_LOGGING_LEVEL=DEBUG \\
\t  $(VENV)/bin/vllm serve $(MODEL) $(FLAGS) --root-path $$HOME
install:
\tuv venv $(VENV)
\t-uv pip install vllm==$(VLLM)
stop:
\tpkill -f vllm
"""


def followed(text: str, folder: Path) -> Procedure:
    (folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    (folder / ".env").write_text("VLLM=0.10.2\nHF_TOKEN=hidden\n", encoding="utf-8")
    return procedure(text, "go.sh", MachineFacts(python=("3.11",)), folder)[0]


def test_a_target_runs_what_it_needs_first_and_takes_variables_of_the_command_line(tmp_path: Path) -> None:
    found = followed("make serve PORT=9000\n", tmp_path)
    (launch,) = found.launches
    assert (launch.model, launch.line) == ("org/model", 1) and launch.environment["VLLM_LOGGING_LEVEL"] == "DEBUG"
    assert launch.arguments[:3] == ("org/model", "--port", "9000") and "hidden" not in str(found)
    (install,) = (step for step in found.steps if isinstance(step, Install))
    assert install.requires == ("vllm==0.10.2",) and install.tolerated


def test_the_first_target_is_the_default_and_what_is_not_here_is_named(tmp_path: Path) -> None:
    assert followed("make\n", tmp_path).launch and not followed("make stop\n", tmp_path).launches
    assert "Makefile" in followed("make -C elsewhere serve\n", tmp_path).not_followed[0].why
