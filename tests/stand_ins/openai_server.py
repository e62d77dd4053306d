"""A small real server that speaks what the engines speak, and that can be told to misbehave. Standard library only.

python openai_server.py --port 8000 --model tiny [--start-s 1] [--die WORDS] [--never-ready] [--stubborn] …
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAULTS = (
    "calls-as-text", "shy", "misshapen-calls", "speechless", "no-stop", "no-logprobs", "thinks-aloud", "cuts-prompts",
    "always-reasons", "reasons-on",
    "short-context", "loses-some", "mute", "wrong-tokens", "flat-vectors", "ranks-in-a-list", "no-text",
)  # fmt: skip
STORY = [
    *[
        "The",
        "stand-in",
        "tells",
        "of",
        "a",
        "fisher",
        "who",
        "mended",
        "nets",
        "beside",
        "the",
        "harbour",
        "until",
        "evening",
    ],
    "came",
    "home",
]
TRACEBACK = """Traceback (most recent call last):
  File "/env/lib/python3.12/site-packages/engine/core.py", line 12, in start
    raise ValueError("no room")
ValueError: {words}

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/env/lib/python3.12/site-packages/engine/server.py", line 99, in main
    raise RuntimeError("Engine core initialization failed.")
RuntimeError: Engine core initialization failed.
"""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model")
    parser.add_argument("--served-model-name", default="tiny")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    for name in ("tensor-parallel-size", "nnodes", "node-rank", "master-addr", "master-port"):
        parser.add_argument(f"--{name}", help="taken, and of no effect")
    parser.add_argument("--start-s", type=float, default=0.0, help="wait before opening the port")
    parser.add_argument("--warm-s", type=float, default=0.0, help="answer 503 for this long after opening it")
    parser.add_argument(
        "--never-ready", action="store_true", help="/health and /v1/models answer, nothing is generated"
    )
    parser.add_argument("--die", help="end while starting, with these words in a traceback")
    parser.add_argument("--die-by", type=int, help="end by this signal while starting")
    parser.add_argument(
        "--worker-dies", type=int, help="a child dies by this signal at the first token, then the server"
    )
    parser.add_argument(
        "--lonely", action="store_true", help="the server does not end with its worker, and never answers"
    )
    parser.add_argument("--stubborn", action="store_true", help="ignore SIGTERM")
    parser.add_argument("--graceful-kill", action="store_true", help="on SIGTERM end by SIGKILL, as SGLang does")
    parser.add_argument("--children", type=int, default=0, help="grandchildren that ignore SIGTERM")
    parser.add_argument("--runaways", type=int, default=0, help="grandchildren that leave the session and detach")
    parser.add_argument("--unmarked", type=int, default=0, help="grandchildren without our environment, as vLLM's are")
    parser.add_argument("--no-schema", action="store_true", help="ignore response_format")
    parser.add_argument("--no-limit", action="store_true", help="/generate ignores how many tokens are asked for")
    parser.add_argument("--empty", action="store_true", help="generate nothing that can be read")
    parser.add_argument("--middleware", help="taken, as vLLM takes it, and not used")
    parser.add_argument("--config", help="a file with the key, as SGLang takes it")
    parser.add_argument("--broken-after", type=int, help="answer 500 after so many tokens, while /health says 200")
    parser.add_argument("--through-worker", action="store_true", help="a worker of its own makes each token")
    parser.add_argument(
        "--part-waits-s", type=float, help="a part dies as SGLang's scheduler does: so long until the server ends"
    )
    parser.add_argument("--compiles-s", type=float, help="its third answer waits for a child that runs for so long")
    parser.add_argument("--slow-s", type=float, default=0.0, help="so long for each answer but the first")
    parser.add_argument("--figures", choices=("true", "busy"), help="a /metrics page; busy: its counters always move")
    parser.add_argument("--says", action="append", default=[], help="a line to print while starting")
    parser.add_argument("--chatter", type=int, default=0, help="lines to print while starting")
    parser.add_argument("--max-model-len", type=int, default=4096, help="the context, in words")
    parser.add_argument("--max-num-seqs", type=int, default=256, help="taken, and not used")
    parser.add_argument("--max-num-batched-tokens", type=int, help="the same")
    parser.add_argument("--tool-call-parser", help="tool calls come as calls")
    parser.add_argument("--reasoning-parser", help="reasoning comes apart from the answer")
    parser.add_argument("--runner", help="taken: pooling")
    parser.add_argument("--hf-overrides", help="taken: classes in place of those of the config")
    parser.add_argument("--fault", action="append", default=[], choices=FAULTS, help="a promise that is not kept")
    parser.add_argument("--token-s", type=float, default=0.0, help="how long a token takes")
    return parser.parse_args()


STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
# The middle process ends at once, so that nothing but the kernel knows whose the last one is.
RUNAWAY = f"""
import os, sys
os.setsid()
os.fork() and os._exit(0)
os.execv(sys.executable, ["runaway", "-c", {STUBBORN!r}])
"""


def spawn_children(told: argparse.Namespace) -> None:
    for code in [STUBBORN] * told.children + [RUNAWAY] * told.runaways:
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE).stdout.readline()
    for _ in range(told.unmarked):
        subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, env={}).stdout.readline()


def asked_worker(worker: subprocess.Popen) -> bool:
    """Whether the worker made a token; for ever without an answer where it is stopped."""
    try:
        with ASKING:
            worker.stdin.write(b"?\n")
            worker.stdin.flush()
            return worker.stdout.readline() == b"token\n"
    except OSError:
        return False


ASKING = threading.Lock()
WORKER = "import sys\nfor _ in sys.stdin: print('token', flush=True)"


def lose_worker(told: argparse.Namespace) -> None:
    """What engines do whose worker died: reap it, tell what that led to, and end as if nothing had happened."""
    told.worker.send_signal(told.worker_dies)
    told.worker.wait()
    if told.lonely:
        time.sleep(600)
    time.sleep(0.1)
    print(TRACEBACK.format(words="cancelled"), flush=True)
    os._exit(0)


def end_after_part(told: argparse.Namespace, server: ThreadingHTTPServer) -> None:
    """What SGLang does whose scheduler died: reap it at once, tell of it, close the port, wait, and kill its tree."""
    told.part.wait()
    print(f"Subprocess scheduler_0 (pid={told.part.pid}) crashed with exit code {told.part.returncode}.", flush=True)
    server.shutdown()
    server.server_close()
    time.sleep(told.part_waits_s)
    os.kill(os.getpid(), signal.SIGKILL)


def answer(told: argparse.Namespace, body: dict) -> str:
    if told.empty:
        return ""
    schema = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
    if schema and not told.no_schema:
        return json.dumps({name: value_of(kind) for name, kind in schema["properties"].items()})
    return "The stand-in answers."


def value_of(kind: dict) -> object:
    return kind["enum"][0] if "enum" in kind else {"boolean": True, "integer": 7, "string": "x"}[kind["type"]]


def told_story(told: argparse.Namespace, body: dict) -> tuple[str, str]:
    """The text of a completion, and why it ends."""
    text = " " + " ".join(STORY[: body.get("max_tokens", 16)])
    at = min((text.find(word) for word in body.get("stop") or () if word in text), default=-1)
    if at >= 0 and "no-stop" not in told.fault:
        return text[:at], "stop"
    return text, "length"


def likely(told: argparse.Namespace) -> dict:
    first, second = ("A", "The") if "wrong-tokens" in told.fault else ("The", "A")
    return {first: -0.1, second: -2.6, "It": -4.0}


def vector(told: argparse.Namespace, text: str) -> list:
    alike = "cat" in text or "kitten" in text
    return [1.0, 0.0 if alike and "flat-vectors" not in told.fault else 1.0, 0.1 * (len(text) % 3)]


def message_of(told: argparse.Namespace, body: dict) -> dict:
    """The message of a chat: text, or a call of the tool that it offers."""
    text = answer(told, body)
    tools, choice, last = body.get("tools"), body.get("tool_choice"), body["messages"][-1]
    if told.reasoning_parser and reasons_on(told, body):
        return {"role": "assistant", "content": "", "reasoning_content": "Seven times thirteen, or is it?"}
    if last["role"] == "tool":
        return {"role": "assistant", "content": "" if "speechless" in told.fault else "It is 23 degrees."}
    if tools and "mute" in told.fault:
        return {"role": "assistant", "content": None}
    if tools and told.tool_call_parser and not (choice == "auto" and "shy" in told.fault):
        function = tools[0]["function"]
        values = {name: value_of(kind) for name, kind in function["parameters"]["properties"].items()}
        bad = "misshapen-calls" in told.fault and not function.get("strict")
        call = {"name": function["name"], "arguments": json.dumps("celsius" if bad else values)}
        if "calls-as-text" in told.fault and choice == "auto":
            return {"role": "assistant", "content": f"<tool_call>{json.dumps(call)}</tool_call>"}
        return {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": call}]}
    if told.reasoning_parser and "thinks-aloud" in told.fault:
        return {"role": "assistant", "content": f"<think>Seven times thirteen.</think>{text}"}
    apart = {"reasoning_content": "Seven times thirteen."} if told.reasoning_parser else {}
    return {"role": "assistant", "content": text, **apart}


def reasons_on(told: argparse.Namespace, body: dict) -> bool:
    """Whether it comes to the end of its tokens before it answers: until it is told not to reason, or always."""
    switched_off = (body.get("chat_template_kwargs") or {}).get("enable_thinking") is False
    return "always-reasons" in told.fault or ("reasons-on" in told.fault and not switched_off)


def key_of(config: str | None) -> str:
    return json.loads(Path(config).read_text().partition("api-key: ")[2]) if config else ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    told: argparse.Namespace
    ready_at: float
    asked = 0

    def log_message(self, *_: object) -> None:
        pass

    def is_let_in(self) -> bool:
        """By vLLM's variable, or by a file as SGLang reads it; without either everybody is."""
        key = os.environ.get("VLLM_API_KEY") or key_of(self.told.config)
        if not key or self.path == "/health" or self.headers.get("Authorization") == f"Bearer {key}":
            return True
        self.reply(401, {"error": "Unauthorized"})
        return False

    def do_GET(self) -> None:
        if not self.is_let_in():
            return
        if self.path == "/health_generate":
            self.reply(200 if self.generates() else 503, {})
        elif self.path in ("/health", "/v1/models"):
            listed = {"id": self.told.served_model_name, "max_model_len": self.told.max_model_len}
            self.reply(200, {"data": [listed]})
        elif self.path == "/metrics" and self.told.figures:
            self.figures()
        elif self.path == "/get_model_info":
            self.reply(200, {"model_path": self.told.model})
        else:
            self.reply(404, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self.is_let_in():
            return None
        if not self.generates():
            return self.reply(503, {"error": "starting"})
        if self.told.worker_dies:
            lose_worker(self.told)
        if self.path == "/generate":
            spent = 128 if self.told.no_limit else body.get("sampling_params", {}).get("max_new_tokens", 128)
            return self.reply(200, {"text": "Paris", "meta_info": {"completion_tokens": spent}})
        if body.get("model") != self.told.served_model_name:
            return self.reply(404, {"error": {"message": f"The model `{body.get('model')}` does not exist."}})
        print(f"POST {self.path}", flush=True)
        if self.path == "/v1/embeddings":
            return self.reply(200, {"data": [{"embedding": vector(self.told, text)} for text in body["input"]]})
        if self.path == "/v1/rerank":
            flat = "flat-vectors" in self.told.fault
            scores = [
                {"index": at, "score": float(flat or "Paris" in text)} for at, text in enumerate(body["documents"])
            ]
            return self.reply(200, scores if "ranks-in-a-list" in self.told.fault else {"results": scores})
        if self.is_upset():
            return self.reply(500, {"error": "EngineDeadError"})
        self.speak(body)

    def speak(self, body: dict) -> None:
        if "no-text" in self.told.fault:
            return self.reply(404, {"error": {"message": "This model does not support the Completions API."}})
        if self.path == "/v1/completions":
            return self.complete(body)
        if body.get("stream"):
            reasons = self.told.reasoning_parser and reasons_on(self.told, body)
            return self.stream("Seven times thirteen" if reasons else answer(self.told, body), reasons=bool(reasons))
        finish = "length" if self.told.reasoning_parser and reasons_on(self.told, body) else "stop"
        choice: dict = {"message": message_of(self.told, body), "finish_reason": finish}
        if body.get("logprobs") and "no-logprobs" not in self.told.fault:
            beside = [{"token": token, "logprob": value} for token, value in likely(self.told).items()]
            choice["logprobs"] = {"content": [{"token": "The", "top_logprobs": beside}]}
        self.reply(200, {"choices": [choice], "usage": {"completion_tokens": 3, "prompt_tokens": 9}})

    def complete(self, body: dict) -> None:
        words, most = len(str(body["prompt"]).split()), body.get("max_tokens", 16)
        context = self.told.max_model_len // (2 if "short-context" in self.told.fault else 1)
        if "cuts-prompts" in self.told.fault:
            words = min(words, 100)
        elif words + most > context:
            return self.reply(400, {"error": {"message": f"This model's maximum context length is {context} tokens."}})
        if "loses-some" in self.told.fault and "Request 3:" in body["prompt"]:
            return self.reply(500, {"error": {"message": "out of memory"}})
        text, finish = told_story(self.told, body)
        time.sleep(self.told.token_s * len(text.split()))
        choice: dict = {"text": "" if self.told.empty else text, "finish_reason": finish}
        if body.get("logprobs"):
            choice["logprobs"] = {"top_logprobs": [likely(self.told)]}
        self.reply(
            200, {"choices": [choice], "usage": {"completion_tokens": len(text.split()), "prompt_tokens": words}}
        )

    def is_upset(self) -> bool:
        """Counts a question, and takes the time for it that we were told; whether it is to be refused."""
        Handler.asked += 1
        if self.told.through_worker and not asked_worker(self.told.maker):
            return True
        if self.told.compiles_s and Handler.asked == 3:
            subprocess.run([sys.executable, "-c", f"import time; time.sleep({self.told.compiles_s})"], check=False)
        if Handler.asked > 1:
            time.sleep(self.told.slow_s)
        return bool(self.told.broken_after) and Handler.asked > self.told.broken_after

    def figures(self) -> None:
        print("GET /metrics", flush=True)
        moving = time.monotonic() if self.told.figures == "busy" else Handler.asked
        text = f'vllm:request_success_total{{finished_reason="stop"}} {Handler.asked}\n'
        content = (text + f"vllm:generation_tokens_total {moving}\n").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def generates(self) -> bool:
        return not self.told.never_ready and time.monotonic() >= self.ready_at

    def reply(self, status: int, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def stream(self, text: str, *, reasons: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        field = "reasoning_content" if reasons else "content"
        for delta in ({"role": "assistant", "content": ""}, *({field: word + " "} for word in text.split())):
            self.event({"choices": [{"delta": delta, "finish_reason": None}]})
        self.event({"choices": [{"delta": {}, "finish_reason": "length" if reasons else "stop"}]})
        self.wfile.write(b"data: [DONE]\n\n")

    def event(self, body: dict) -> None:
        self.wfile.write(b"data: " + json.dumps(body).encode() + b"\n\n")
        self.wfile.flush()


def on_stop(told: argparse.Namespace) -> None:
    if told.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif told.graceful_kill:
        signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))


def main() -> None:
    told = options()
    on_stop(told)
    spawn_children(told)
    if told.worker_dies:
        code = "import faulthandler, signal; faulthandler.enable(); print('up', flush=True); signal.pause()"
        told.worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        told.worker.stdout.readline()
    if told.through_worker:
        pipe = subprocess.PIPE
        told.maker = subprocess.Popen([sys.executable, "-c", WORKER], stdin=pipe, stdout=pipe)
    if told.part_waits_s is not None:
        told.part = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()", "sglang::scheduler"])
    for line in told.says:
        print(line, flush=True)
    for number in range(told.chatter):
        print(f"loading part {number}", flush=True)
    time.sleep(told.start_s)
    if told.die:
        print(TRACEBACK.format(words=told.die), file=sys.stderr)
        print("[rank0]: Warning: destroy_process_group() was not called before program exit", file=sys.stderr)
        sys.exit(1)
    if told.die_by:
        os.kill(os.getpid(), told.die_by)
    Handler.told = told
    Handler.ready_at = time.monotonic() + told.warm_s
    server = ThreadingHTTPServer((told.host, told.port), Handler)
    server.daemon_threads = True
    print(f"HF_TOKEN is {os.environ.get('HF_TOKEN', 'not set')}", flush=True)
    print("Application startup complete.", flush=True)
    if told.part_waits_s is not None:
        threading.Thread(target=end_after_part, args=(told, server), daemon=True).start()
    server.serve_forever()
    signal.pause()


if __name__ == "__main__":
    main()
