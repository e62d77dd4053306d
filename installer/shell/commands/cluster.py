"""`kubectl apply` of manifests that the script writes, pipes or has next to it: their containers. Asks no cluster."""

from __future__ import annotations

import re

from installer.knowledge.launchers import launcher
from installer.shell.commands import launchers
from installer.shell.commands.call import Call
from installer.shell.documents import yaml_file
from installer.shell.state import UNKNOWN
from installer.shell.trace import ASKED, PRESUMED

_APPLIES = frozenset(("apply", "create", "replace"))
_ELSEWHERE = frozenset(("exec", "run", "debug", "rsh"))
_ASKS = frozenset(("get", "describe", "logs", "version", "cluster-info", "config", "auth", "top", "explain"))
_QUIET = frozenset(
    ("delete", "wait", "rollout", "label", "annotate", "port-forward", "scale", "cp", "patch", "set", "expose", "taint")
)
_VERBS = _APPLIES | _ELSEWHERE | _ASKS | _QUIET
_NO_CONTAINER = re.compile(r"(?:kubectl|oc)\s+create\s+(?:namespace|ns|secret|configmap|cm|serviceaccount|sa)\b")


def run(call: Call) -> str:
    """`kubectl apply -f FILE`, `… | kubectl apply -f -`; `kubectl exec` and `kubectl run` are launchers."""
    verb = next((word for word in call.words if word in _VERBS), "")
    if verb in _ASKS:
        return ASKED
    if verb in _ELSEWHERE:
        return launchers.run(call, starter) if (starter := launcher(call.ran.words)) else PRESUMED
    if verb in _APPLIES:
        for named in _files(call.words):
            _applied(call, named)
    elif verb not in _QUIET:
        call.record.candidate(call.ran.line, call.ran.text, f"what {call.ran.name} starts is not known here")
    return PRESUMED


def _files(words: tuple[str, ...]) -> list[str]:
    found = list[str]()
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in ("-f", "--filename", "-k", "--kustomize"):
            # The grammar drops a lone dash before a heredoc.
            found += (value if equals else "".join(words[position + 1 : position + 2]) or "-").split(",")
    return found


def _applied(call: Call, named: str) -> None:
    if named == "-" and _NO_CONTAINER.match(call.ran.context.upstream):
        return
    text = call.ran.stdin if named == "-" else call.read(named) if UNKNOWN not in named else None
    if text is None or text == UNKNOWN:
        what = "the manifest that it is given" if named in ("-", "") else named.replace(UNKNOWN, "…")
        call.unclear(f"{what} is not known here")
        return
    document = yaml_file.read(text, named)
    if document is not None:
        call.follow(document.shell, call, (), True, "" if named == "-" else call.file(named))
