"""200 secrets of 40 kinds, planted wherever a run may leave one: none is in its ticket, and what is none survives."""

from __future__ import annotations

import base64
import html
import io
import json
import random
import re
import string
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from installer.core.machine.names import Names
from installer.core.runs import events as ev
from installer.core.runs.cast import Cast, Shown, written
from installer.core.runs.home import Home
from installer.core.secrets import Redactor, Stream, secrets_of
from installer.core.text.plain import clean
from installer.diagnostics.ticket.evidence import gather
from installer.diagnostics.ticket.making import Ticket, make

ALNUM, HEX = string.ascii_letters + string.digits, "0123456789abcdef"
NAMES = Names(hosts=("gpu-pod-0417",), users=("marlene",), homes=("/home/marlene",), addresses=())
RUN = "20260101-000000-1"
Make = Callable[[random.Random], str]


def of(length: int, signs: str = ALNUM, before: str = "", after: str = "") -> Make:
    """Some random signs that hold a letter and a digit."""
    return lambda chance: before + "a7" + "".join(chance.choices(signs, k=length - 2)) + after


def jwt(chance: random.Random) -> str:
    def part(size: int) -> str:
        return base64.urlsafe_b64encode(bytes(chance.randrange(256) for _ in range(size))).decode().rstrip("=")

    return f"eyJ{part(18)}.{part(30)}.{part(32)}"


def aws(chance: random.Random) -> str:
    return "AKIA" + "".join(chance.choices(string.ascii_uppercase + "234567", k=16))


IN_ENVIRONMENT: dict[str, Make] = {
    "HF_TOKEN": of(34, before="hf_"),
    "OPENAI_API_KEY": of(40, before="sk-proj-"),
    "ANTHROPIC_API_KEY": of(40, before="sk-ant-api03-"),
    "DB_PASSWORD": of(16),
    "PGPASSWORD": of(14, after="<&>'"),
    "MYSQL_PWD": of(18),
    "REDISCLI_AUTH": of(24),
    "WANDB_API_KEY": of(40, HEX),
    "AWS_SECRET_ACCESS_KEY": of(40, ALNUM + "/+"),
    "MY_SERVICE_KEY": of(20),
    "GPG_PASSPHRASE": of(20, after='"\\ü x'),
    "SESSION_COOKIE": of(32, before="sid="),
    "JUPYTER_TOKEN": of(48, HEX),
    "GITHUB_PAT": of(40, before="github_pat_"),
    "VAULT_TOKEN": of(30, before="hvs."),
    "SENTRY_DSN": of(32, HEX, before="https://", after="@sentry.example/7"),
    "MINIO_SECRET": of(32),
    "ENCRYPTION_KEY": of(44),
    "NGC_API_KEY": of(60, before="nvapi-"),
    "REGISTRY_CREDENTIAL": of(26),
}
"""By the variable's name: these may stand anywhere, in any form."""
BY_LOOKS: dict[str, tuple[Make, str]] = {
    "hub": (of(34, before="hf_"), "got {} from the cache"),
    "openai": (of(48, before="sk-"), "key {} refused"),
    "github": (of(36, before="ghp_"), "cloning with {}"),
    "gitlab": (of(24, before="glpat-"), "using {} for the registry"),
    "slack": (of(30, before="xoxb-"), "posting as {}"),
    "google": (of(35, ALNUM, before="AIza"), "maps {} ok"),
    "aws id": (aws, "signed by {} today"),
    "pypi": (of(60, before="pypi-"), "upload {} done"),
    "npm": (of(36, before="npm_"), "publish {} done"),
    "docker": (of(27, before="dckr_pat_"), "login {} ok"),
    "runpod": (of(40, before="rpa_"), "pod of {}"),
    "groq": (of(52, before="gsk_"), "asked with {}"),
    "stripe": (of(24, before="sk_live_"), "charge {}"),
    "jwt": (jwt, "Bearer {} accepted"),
    "password": (of(16), "password={} user=app"),
    "header": (of(30), "Authorization: Bearer {}"),
    "index": (of(20), "https://deploy:{}@packages.example/simple"),
    "signed": (of(40), "https://bucket.example/f?X-Amz-Signature={}&x=1"),
    "flag": (of(24), "vllm serve m --api-key {} --port 8000"),
    "dump": (of(24), "Namespace(model='m', api_key='{}', port=8000)"),
}
"""Not in the environment: by their shape, or by what stands beside them."""
SURVIVES = """
torch==2.13.0+cpu vllm 0.33.0 flashinfer-python 0.7.2 CUDA 13.0 driver 580.95.05 glibc 2.36
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 7ae557604adf67be50417f59c2c2f167def9a775
--max-num-batched-tokens 8192 --max-tokens=512 --kv-cache-dtype fp8 --tensor-parallel-size 8
1,234,567 tokens/s after 61.5 ms; 48213 of 131072 tokens; max_tokens=131072 eos_token='</s>'
libcudart.so.13 0000:3b:00.0 exit status 137 SIGKILL http://127.0.0.1:8000/v1/models 200 OK
""".strip().splitlines()


def planted() -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Five of each kind: the environment, what each is called, and the lines that hold those that are not in it."""
    chance = random.Random(41)
    environment = {
        f"{kind}" if n == 0 else f"P{n}_{kind}": made(chance) for kind, made in IN_ENVIRONMENT.items() for n in range(5)
    }
    named, lines = {}, []
    for kind, (made, line) in BY_LOOKS.items():
        for number in range(5):
            named[f"{kind} {number}"] = secret = made(chance)
            lines.append(line.format(secret))
    core = {name: re.sub(r"^https://|@sentry.*$", "", value) for name, value in environment.items()}
    return environment, {**core, **named}, lines


ENVIRONMENT, SECRETS, LINES = planted()
assert len(SECRETS) == 200 and len(IN_ENVIRONMENT) + len(BY_LOOKS) == 40 and len(set(SECRETS.values())) == 200


def printed() -> Iterator[str]:
    """Lines in which programs and terminals may print them."""
    for number, (name, secret) in enumerate(ENVIRONMENT.items()):
        half = len(secret) // 2
        yield f"{name}={secret}"
        yield json.dumps({"value": secret})
        yield f"https://host.example/{quote(secret, safe='')}"
        yield f"it is \x1b[3{number % 8}m{secret[:half]}\x1b[0m{secret[half:]} there"
        yield from (f"{'x' * 60}{secret[:half]}", secret[half:] + " goes on")  # as a terminal wraps
    for number, line in enumerate(LINES):
        yield line
        yield f"\x1b[1;3{number % 8}m{line}\x1b[0m"
        yield json.dumps({"text": line})
    yield from SURVIVES


def shown() -> Iterator[Shown]:
    """The same on a screen, with borders, and broken at its edge."""
    at = 0.0
    for line in printed():
        at += 0.01
        yield Shown(at, "o", f"\x1b[3;1H\x1b[0m\x1b[K│ log │ {line}\x1b[0m")
    for secret in ENVIRONMENT.values():
        at += 0.01
        cut = len(secret) // 2
        yield Shown(at, "o", f"\x1b[4;1H\x1b[K│ a   │ {secret[:cut]}│\x1b[5;1H\x1b[K│ b   │ {secret[cut:]} │")


def left_behind(root: Path) -> Home:
    """What a run leaves, as if nothing had been taken out of it before."""
    home = Home(root)
    run = home.run(RUN)
    run.root.mkdir(parents=True)
    lines = list(printed())
    outlines = (ev.StageOutline(10, "server", "Start it", "pending"),)
    events: list[ev.Event] = [
        ev.RunStarted(RUN, "r", "t", str(root), 1, "this-machine"), ev.PlanReady(outlines),
        ev.StageStarted(10, "server", "Start it"), *(ev.OutputLine(10, clean(line)) for line in lines),
        *(ev.Notice(10, "warning", line) for line in LINES), *(ev.Notice(10, "info", v) for v in ENVIRONMENT.values()),
        ev.ChangeStarted(10, "start it", ("vllm", "--api-key", SECRETS["flag 0"])),
        ev.RunFinished("failed", 1, 3.0, 10, f"It ended: {LINES[0]}", LINES[70], LINES[75]),
    ]  # fmt: skip
    run.journal.write_text("".join(ev.to_json(ev.Entry(1000.0 + n / 100, e)) + "\n" for n, e in enumerate(events)))
    run.log(10).write_text("\n".join((*lines, "ValueError: it does not fit", "")))
    run.request.write_text(
        json.dumps({"recipe": "r", "settings": [f"server.environment.X={v}" for v in ENVIRONMENT.values()]})
    )
    findings = [{"severity": "info", "stage": 10, "code": "x", "summary": line, "evidence": v, "fix": ""}
                for line, v in zip(LINES, ENVIRONMENT.values(), strict=True)]  # fmt: skip
    run.plan.write_text(json.dumps({"verdict": "works", "because": LINES[3], "findings": findings,
                                    "recipe": {"server": {"environment": ENVIRONMENT}}}))  # fmt: skip
    run.cast.write_text(written(Cast(160, 40, 1000.0, "a run", tuple(shown()))))
    home.server.mkdir()
    (home.server / "server.log").write_text("\n".join(lines))
    return home


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Ticket:
    home = left_behind(tmp_path_factory.mktemp("planted"))
    return make(gather(home, RUN, ()), {}, secrets_of(ENVIRONMENT), NAMES)


@pytest.fixture(scope="module")
def members(made: Ticket) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(made.content)) as ticket:
        return {name: ticket.read(name).decode() for name in ticket.namelist()}


def read_as(text: str) -> Iterator[str]:
    """The same text in every way in which somebody might read it."""
    plain = clean(re.sub(r"\x1b\[\d+;1H", "\n", text.replace("\\u001b", "\x1b")))
    for one in (text, plain, html.unescape(text)):
        yield from (one, one.replace("\n", ""), one.replace("\\n", ""))
        yield one.replace('\\"', '"').replace("\\\\", "\\")


def test_none_is_in_any_member_in_any_reading(members: dict[str, str]) -> None:
    assert {"terminal.cast", "ticket.html", "journal.jsonl", "logs/stage-10.log", "logs/server.log"} <= set(members)
    for member, text in members.items():
        for reading in read_as(text):
            out = [(name, secret) for name, secret in SECRETS.items() if secret in reading]
            assert out == [], (
                member,
                [reading[max(0, (at := reading.index(secret)) - 60) : at + 80] for _, secret in out[:3]],
            )


def test_no_piece_of_one_of_the_environment_is_in_the_recording(members: dict[str, str]) -> None:
    text = next(iter(list(read_as(members["terminal.cast"]))[3:4]))
    sure = [secret for secret in secrets_of(ENVIRONMENT) if len(secret) >= 12]
    assert len(sure) >= 90
    for secret in sure:
        assert not [at for at in range(len(secret) - 7) if secret[at : at + 8] in text], secret[:4]


def test_what_is_no_secret_survives_everywhere(members: dict[str, str]) -> None:
    for line in SURVIVES:
        assert line in members["logs/stage-10.log"] and line in members["logs/server.log"]
        assert json.dumps(line, ensure_ascii=False)[1:-1] in members["journal.jsonl"]
        assert html.escape(line) in members["ticket.html"]
        assert line in "".join(one[2] for one in map(json.loads, members["terminal.cast"].splitlines()[1:]))


def test_the_same_secret_is_the_same_placeholder_and_different_ones_differ(members: dict[str, str]) -> None:
    put = {}
    for name in ("HF_TOKEN", "ENCRYPTION_KEY", "JUPYTER_TOKEN"):
        found = re.search(rf"^{name}=(\*\*\*[0-9a-f]{{4}}\*\*\*)$", members["logs/stage-10.log"], re.MULTILINE)
        assert found
        put[name] = found[1]
    assert len(set(put.values())) == 3
    for mark in put.values():
        for member in ("logs/server.log", "journal.jsonl", "terminal.cast", "ticket.html"):
            assert mark in members[member], member


def test_what_stands_for_what_is_written_nowhere(members: dict[str, str], made: Ticket) -> None:
    assert all(name in ("manifest.json", "ticket.html", "ticket.md", "ticket.json", "journal.jsonl", "terminal.cast")
               or name.startswith("logs/") for name in members)  # fmt: skip
    assert not re.search(r"\*\*\*[0-9a-f]{4}\*\*\*\"?\s*[:=]\s*\"?[A-Za-z0-9]{12}", members["ticket.json"])


@pytest.mark.parametrize("seed", range(5))
def test_a_server_s_output_in_pieces_of_any_size_shows_none(seed: int) -> None:
    chance, stream = random.Random(seed), Stream(Redactor.of(ENVIRONMENT))
    whole = "\n".join(f"{name}={secret}" for name, secret in ENVIRONMENT.items()) + "\n" + "\n".join(LINES)
    rest, out = whole.encode(), b""
    while rest:
        size = chance.randrange(1, 40)
        out += stream.feed(rest[:size])
        rest = rest[size:]
    text = (out + stream.finish()).decode()
    assert [name for name, secret in SECRETS.items() if secret in text] == []
