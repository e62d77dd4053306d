"""Hosts as other programs print them, in JSON: `ansible-inventory --list`, `sky status -o json`, `dstack fleet get NAME
--json`, `dstack ps --json` and `dstack run get NAME --json` (read in Ansible 2.19, SkyPilot 0.14.1 and dstack 0.22.5).

Pure. It must never guess an address: what none is printed of is left to the reader's own ssh configuration, or named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from installer.core.errors import UsageError

Row = dict[str, Any]


def hosts(body: Any, source: str) -> list[Row] | None:
    """The hosts, as a fleet file writes them; `None` if it is none of these forms.

    Raises `UsageError` if it is one, and no host in it can be reached.
    """
    for title, is_it, read in _FORMS:
        if is_it(body):
            found = list(read(body))
            if not found:
                raise UsageError(
                    f"{source} is what {title} prints, and no host in it is up.", "None has an address yet.",
                    "Wait until they run, then print it again.",
                )  # fmt: skip
            return found
    return None


def _ansible(body: Any) -> Iterator[Row]:
    """Host variables are all in `_meta`; a host without any is only in its groups."""
    variables = body["_meta"]["hostvars"]
    groups = (group for key, group in body.items() if key != "_meta" and isinstance(group, dict))
    names = dict.fromkeys([*variables, *(name for group in groups for name in group.get("hosts", []))])
    for name in names:
        settings = variables.get(name, {})
        yield _row(name, settings.get("ansible_host", name), settings.get("ansible_user"), settings.get("ansible_port"))


def _sky(body: Any) -> Iterator[Row]:
    """It prints no address, and writes one ssh alias a node: the cluster's name, and NAME-worker1 and so on."""
    for cluster in body:
        if cluster["status"] == "UP":
            for node in range(int(cluster["nodes"])):
                name = f"{cluster['name']}-worker{node}" if node else cluster["name"]
                yield _row(name, name)


def _dstack_fleet(body: Any) -> Iterator[Row]:
    settings = (body["spec"].get("configuration") or {}).get("ssh_config") or {}
    own = {one["hostname"]: one for one in settings.get("hosts", []) if isinstance(one, dict)}
    for one in body["instances"]:
        if one["hostname"] and one["status"] in ("idle", "busy"):
            here = own.get(one["hostname"], {})
            user, port = here.get("user") or settings.get("user"), here.get("port") or settings.get("port")
            yield _row(one["name"], one["hostname"], user, port)


def _dstack_runs(body: Any) -> Iterator[Row]:
    for run in body.get("runs", [body]):
        for job in run["jobs"]:
            last = (job["job_submissions"] or [{}])[-1]
            place = last.get("job_provisioning_data") or {}
            if last.get("status") != "running" or not place.get("hostname"):
                continue
            name = job["job_spec"]["job_name"]
            # Inside its own container it is reached by the alias that `dstack attach` writes.
            inside = place.get("dockerized") or place.get("ssh_proxy")
            yield _row(name, name) if inside else _row(name, place["hostname"], place["username"], place["ssh_port"])


def _row(name: str, address: str, user: str | None = None, port: int | None = None) -> Row:
    given = {"name": name, "address": address, "user": user, "port": port}
    return {key: value for key, value in given.items() if value is not None}


def _is_mapping(body: Any, *keys: str) -> bool:
    return isinstance(body, Mapping) and all(key in body for key in keys)


_FORMS: tuple[tuple[str, Callable[[Any], bool], Callable[[Any], Iterator[Row]]], ...] = (
    ("ansible-inventory", lambda body: _is_mapping(body, "_meta"), _ansible),
    ("sky status", lambda body: isinstance(body, list) and all(_is_mapping(one, "nodes") for one in body), _sky),
    ("dstack fleet get", lambda body: _is_mapping(body, "spec", "instances"), _dstack_fleet),
    ("dstack ps", lambda body: _is_mapping(body, "runs") or _is_mapping(body, "run_spec", "jobs"), _dstack_runs),
)  # fmt: skip
