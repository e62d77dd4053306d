"""A secret put in at one end comes out at none of the others; what is none stays as it is."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from installer.core.runs import events as ev
from installer.core.secrets import MASK, Lines, Redactor, Stream, placeholder, redact, secrets_of
from tests.core.secrets import planted

HARMLESS = """
hf_transfer==0.1.9 hf_transformers hf_preprocessor hf_text_config hf_overrides
hf_xet-1.5.2-cp38-abi3-manylinux_2_28_x86_64.whl
torch==2.13.0+cpu vllm 0.33.0 sglang==0.5.10.post1 flashinfer-python sk-learn-contrib-something-or-other
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 7ae557604adf67be50417f59c2c2f167def9a775
--max-num-batched-tokens 8192 --tokenizer-mode mistral --max-tokens=512 --api-key-file x api_key=None api_key=''
max_tokens=131072, eos_token='</s>', pad_token="<pad>", sort_key=abcdefgh next_token=xyzzyxyz num_tokens=48213
INFO 11-29 12:00:00 [launcher.py:29] Route: /v1/chat/completions, Methods: POST
GET http://127.0.0.1:8000/v1/models HTTP/1.1 200 OK git@example.com:org/repo.git ssh://git@example.com/org/repo
Authorization required. The password: must be set. token: expected a string. Bearer authentication failed
/workspace/deploy-tui/generations/0007/lib/python3.11/site-packages/nvidia/cu13/lib/libcudart.so.13
3f2504e0-4f89-41d3-9a0c-0305e82c3301 GPU-6d5a9d1e-5b1b-9c53-1f5c-1b7c2f2d5a3c 0000:3b:00.0 1,234,567 tokens/s
-----BEGIN CERTIFICATE----- ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlanted user@host
""".strip().splitlines()


@pytest.mark.parametrize("line", HARMLESS)
def test_hashes_versions_flags_figures_and_names_stay(line: str) -> None:
    assert redact(line) == line
    assert Redactor.of(planted.ENVIRONMENT).text(line) == line


def dumps() -> dict[str, str]:
    """An environment as programs print it."""
    environment = planted.ENVIRONMENT
    return {
        "env": "\n".join(f"{name}={value}" for name, value in environment.items()),
        "values": "\n".join(environment.values()),
        "json": json.dumps(environment),
        "json-unicode": json.dumps(environment, ensure_ascii=False, indent=1),
        "twice": json.dumps(json.dumps(environment)),
        "repr": repr(environment),
        "bytes": repr({name: value.encode() for name, value in environment.items()}),
        "prose": "".join(f"connecting with {value}...\n" for value in environment.values()),
        "prefixed": "\n".join(f"(EngineCore pid=7) {line}" for v in environment.values() for line in v.splitlines()),
    }


@pytest.mark.parametrize("form", list(dumps()))
def test_an_environment_that_is_printed_shows_none(form: str) -> None:
    redactor = Redactor.of(planted.ENVIRONMENT)
    assert planted.found(redactor.text(dumps()[form])) == []
    lines = Lines(redactor)
    assert planted.found("\n".join(map(lines.line, dumps()[form].splitlines()))) == []


def test_looks_alone_are_enough_where_the_environment_is_not_known() -> None:
    told = "\n".join(f"{name}={value}" for name, value in planted.ENVIRONMENT.items())
    unknown = {"DATABASE_URL", "X_TOKEN", "DB_PASS", "GPG_PASSPHRASE", "PASSPHRASE", "REDISCLI_AUTH", "PGPASSWORD"}
    assert set(planted.found(redact(told))) <= unknown
    assert planted.found(redact("\n".join(planted.BY_LOOKS.values()))) == []


def test_the_same_secret_gets_the_same_mark_and_another_one_another() -> None:
    one, other = planted.SECRETS["HF_TOKEN"], planted.SECRETS["GH"]
    known = Redactor.of({"HF_TOKEN": one})
    assert known.text(f"with {one}") == redact(f"with {one}") != redact(f"with {other}")
    assert redact(redact(f"Authorization: Bearer {one}")) == redact(f"Authorization: Bearer {one}")


@pytest.mark.parametrize("size", [1, 2, 7, 64, 4096])
def test_a_stream_in_pieces_of_any_size_is_the_stream_in_one(size: int) -> None:
    raw = "\r\n".join(dumps().values()).encode()
    stream = Stream(Redactor.of(planted.ENVIRONMENT))
    out = b"".join(stream.feed(raw[at : at + size]) for at in range(0, len(raw), size)) + stream.finish()
    whole = Stream(Redactor.of(planted.ENVIRONMENT))
    assert (out == whole.feed(raw) + whole.finish()) is True
    assert planted.found(out.decode()) == []


def test_a_line_without_an_end_is_cut_beside_its_secrets() -> None:
    secret = planted.SECRETS["MY_SERVICE_KEY"]
    stream = Stream(Redactor.of(planted.ENVIRONMENT))
    pieces = (b"x" * 4093 + secret.encode() for _ in range(60))
    out = b"".join(map(stream.feed, pieces))
    assert 100_000 < len(out) < 250_000
    assert secret.encode() not in out + stream.finish()


def test_bytes_that_are_no_text_pass_unchanged() -> None:
    stream = Stream(Redactor())
    raw = b"\xff\xfe half \xe2\x82\n\x1b[31mred\x1b[0m\r\n\r\n"
    assert stream.feed(raw) + stream.finish() == raw


def test_an_ordinary_word_that_is_somebodys_token_breaks_no_event() -> None:
    redactor = Redactor.of({"X_TOKEN": "status", "A_PASS": "satisfied", "B_KEY": "/workspace"})
    event = ev.StageFinished(3, "pytorch", "satisfied", "the status is satisfied", 1.5)
    clean = ev.without_secrets(event, redactor, Lines(redactor))
    assert clean == ev.StageFinished(3, "pytorch", "satisfied", f"the {MASK} is {MASK}", 1.5)
    deed = ev.Deed(10, "server-started", {"status": "/workspace/deploy-tui/x"})
    assert ev.without_secrets(deed, redactor, Lines(redactor)) == deed


TEXT = st.text(st.characters(codec="utf-8"), min_size=6, max_size=40).filter(lambda text: len(text.strip()) >= 6)


@settings(max_examples=60, deadline=None)
@given(secret=TEXT, before=st.text(max_size=30), after=st.text(max_size=30))
def test_redact_then_encode_stays_json_and_a_planted_secret_never_comes_out(
    secret: str, before: str, after: str
) -> None:
    secret = secret.strip()
    environment = {"DB_PASSWORD": secret, "X_TOKEN": "status", "Y_TOKEN": 'a"b\\c"d'}
    redactor, common = Redactor.of(environment), not secrets_of({"DB_PASSWORD": secret})
    told = (ev.OutputLine(3, f"{before} {secret} {after}"), ev.Notice(3, "info", f"{before}\n{secret}\n{after}"),
            ev.Deed(3, "made", {"text": f"a{secret}b", "list": [secret, 'a"b\\c"d']}),
            ev.RunFinished("failed", 1, what=secret, why='it said a"b\\c"d'))  # fmt: skip
    for event in told:
        line = ev.to_json(ev.Entry(1.0, ev.without_secrets(event, redactor, Lines(redactor))))
        assert "\n" not in line
        read = ev.from_json(line)
        assert read is not None and type(read.event) is type(event)
        assert 'a"b\\c"d' not in str(json.loads(line))
        if not (common or secret in MASK * 3 or isinstance(event, ev.Deed)):
            # Looked for as a word of its own: in other words it may stand by chance.
            assert f" {secret} " not in " ".join(map(str, json.loads(line).values())).replace("\n", " ")


HOSTILE = {
    "pem": "-----BEGIN PRIVATE KEY-----",
    "pem-lines": "-----BEGIN PRIVATE KEY-----\n",
    "address": "://a:",
    "users": "a://b:c@",
    "equals": "a=",
    "quotes": 'api_key="',
    "escapes": 'token="\\"',
    "tokens": "hf_",
    "sk": "sk-sk_",
    "jwt": "eyJaaaaaaaaaa.",
    "jwts": "eyJ",
    "words": "a",
    "dashes": "-",
    "spaces": " ",
    "bearer": "Bearer ",
    "cookie": "cookie:",
    "flags": "--api-key ",
    "percent": "%20hf_",
    "query": "?sig=",
    "login": "login a password ",
    "colons": "a:",
    "names": "API_KEY",
    "digits": "12345678:AA",
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_hostile_text_costs_time_in_proportion_to_its_length(name: str) -> None:
    redactor = Redactor.of(planted.ENVIRONMENT)

    def seconds(size: int) -> float:
        text = HOSTILE[name] * (size // len(HOSTILE[name]))
        best = 1e9
        for _ in range(2):
            began = time.process_time()
            redactor.text(text)
            best = min(best, time.process_time() - began)
        return best

    small, large = seconds(8_000), seconds(64_000)
    # Eight times the length; a square would take sixty-four times as long.
    assert large < 0.02 or large < 24 * small


def test_a_word_after_a_flag_that_names_a_secret_is_taken_out_of_a_command() -> None:
    words = (
        "vllm",
        "serve",
        "--api-key",
        "a-quiet-value-7",
        "--max-tokens",
        "4096",
        "--api-key-file",
        "/etc/x-file",
        "--port",
    )
    put = Redactor().value({"command": list(words)})["command"]
    assert put[3] == placeholder("a-quiet-value-7") and [*put[:3], *put[4:]] == [*words[:3], *words[4:]]
    event = ev.without_secrets(ev.ChangeStarted(10, "start", words), Redactor(), Lines(Redactor()))
    assert isinstance(event, ev.ChangeStarted) and event.command == tuple(put)
    assert Redactor().value(["--api-key", "--port", "8000", None]) == ["--api-key", "--port", "8000", None]


def test_what_follows_a_key_in_a_header_stays() -> None:
    said = redact("sent Authorization: Bearer s3cr3t-of-mine to http://10.0.0.1:8000/v1 and got 401")
    assert "s3cr3t" not in said and said.endswith(" to http://10.0.0.1:8000/v1 and got 401")
