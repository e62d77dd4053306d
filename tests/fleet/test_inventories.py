"""Hosts as Ansible, SkyPilot and dstack print them become the hosts of a fleet file, and nothing is made up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from installer.core.errors import UsageError
from installer.fleet.file import Host, parse, written

ANSIBLE = {
    "_meta": {"hostvars": {
        "a": {"ansible_host": "10.0.0.1", "ansible_user": "ubuntu", "ansible_port": 2222, "gpu": "a100"}, "b": {},
    }},
    "all": {"children": ["ungrouped", "gpus"]},
    "gpus": {"hosts": ["a", "b", "c"]},
}  # fmt: skip
SKY = [
    {"name": "train", "status": "UP", "nodes": 2, "cloud": "AWS", "autostop": -1},
    {"name": "old", "status": "STOPPED", "nodes": 1, "cloud": "AWS", "autostop": -1},
]
DSTACK_FLEET = {
    "name": "lab", "project_name": "main", "status": "active",
    "spec": {"configuration": {"type": "fleet", "ssh_config": {
        "user": "ubuntu", "port": None, "hosts": ["10.0.0.1", {"hostname": "10.0.0.2", "user": "root", "port": 2200}],
    }}},
    "instances": [
        {"name": "lab-0", "hostname": "10.0.0.1", "status": "idle", "instance_num": 0},
        {"name": "lab-1", "hostname": "10.0.0.2", "status": "busy", "instance_num": 1},
        {"name": "lab-2", "hostname": None, "status": "provisioning", "instance_num": 2},
    ],
}  # fmt: skip


def _job(name: str, status: str = "running", **place: Any) -> dict[str, Any]:
    told = {"hostname": "10.0.0.7", "username": "root", "ssh_port": 10022, "dockerized": False, "ssh_proxy": None}
    return {
        "job_spec": {"job_name": name},
        "job_submissions": [{"status": "failed"}, {"status": status, "job_provisioning_data": {**told, **place}}],
    }


DSTACK_RUNS = {
    "project": "main",
    "runs": [{"run_spec": {}, "jobs": [_job("s-0-0"), _job("s-0-1", dockerized=True), _job("s-0-2", "terminated")]}],
}


@pytest.mark.parametrize(
    ("body", "hosts"),
    [
        (ANSIBLE, (Host("a", "10.0.0.1", "ubuntu", 2222), Host("b", "b"), Host("c", "c"))),
        (SKY, (Host("train", "train"), Host("train-worker1", "train-worker1"))),
        (DSTACK_FLEET, (Host("lab-0", "10.0.0.1", "ubuntu"), Host("lab-1", "10.0.0.2", "root", 2200))),
        (DSTACK_RUNS, (Host("s-0-0", "10.0.0.7", "root", 10022), Host("s-0-1", "s-0-1"))),
        (DSTACK_RUNS["runs"][0], (Host("s-0-0", "10.0.0.7", "root", 10022), Host("s-0-1", "s-0-1"))),
    ],
    ids=["ansible", "sky", "dstack-fleet", "dstack-ps", "dstack-run"],
)
def test_what_they_print_is_a_list_of_hosts(body: Any, hosts: tuple[Host, ...]) -> None:
    text = json.dumps(body)
    assert parse(written(text, "-"), "-").hosts == hosts
    router = {"host": hosts[0].name, "key_file": "/k", "home": "/r"}
    told = parse(json.dumps({"recipe": "small", "router": router}), "fleet.yaml", hosts)
    assert (told.hosts, told.recipe) == (hosts, "small")


def test_a_file_of_ours_stays_as_it_is() -> None:
    for text in ("hosts: []", json.dumps({"hosts": [{"name": "a", "address": "h"}]}), "no: json"):
        assert written(text, "-") == text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([{**SKY[0], "status": "INIT"}], "no host in it is up"),
        ([{"nodes": 1, "status": "UP"}], "looks like"),
        ({"_meta": {"hostvars": 3}, "all": {}}, "looks like"),
        ({"_meta": {"hostvars": {"a": {"ansible_host": "-oProxyCommand=id"}}}}, "a host's name or address"),
        ({"_meta": {"hostvars": {"a": {"ansible_user": "root; id"}}}}, "a user's name"),
        ({"_meta": {"hostvars": {"a": {"ansible_port": "many"}}}}, "whole number"),
        ({"_meta": {"hostvars": {"a": {"ansible_host": "h"}, "b": {"ansible_host": "h"}}}}, "listed twice"),
    ],
)
def test_what_cannot_be_read_is_told(body: Any, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(written(json.dumps(body), "-"), "-")
    assert said in f"{caught.value.what} {caught.value.why}"


def test_hosts_come_from_one_place() -> None:
    with pytest.raises(UsageError) as caught:
        parse("hosts: [{name: a, address: h}]", "fleet.yaml", [Host("b", "i")])
    assert "--hosts" in caught.value.why
