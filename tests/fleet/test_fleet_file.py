"""Every problem of a fleet file is told with its line, and the order of the waves follows from the file alone."""

from __future__ import annotations

import pytest

from installer.core.errors import UsageError
from installer.fleet.file import parse
from installer.fleet.waves import waves

HOST = "{name: a, address: 10.0.0.1, user: root}"


def test_a_file_is_read_also_where_it_is_json() -> None:
    told = parse(
        '{"recipe": "small", "hosts": [{"name": "a", "address": "::1", "user": "root", "port": 2222}]}', "stdin"
    )
    assert (told.recipe, told.hosts[0].port, told.hosts[0].address) == ("small", 2222, "::1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hosts: []", "no host"),
        (f"hosts: [{HOST}]\nrecipes: x", 'unknown key "recipes"; did you mean "recipe"?'),
        (f"hosts: [{HOST}, {HOST}]", '"a" is listed twice'),
        (f"hosts: [{HOST}, {HOST.replace('name: a', 'name: b')}]", "root@10.0.0.1:22"),
        ("hosts: [{name: a, address: -oProxyCommand=id, user: root}]", "a host's name or address"),
        ("hosts: [{name: a, address: h, user: -l}]", "a user's name"),
        ("hosts: [{name: a, address: h, user: root, port: 0}]", "port"),
        ("hosts: [{name: a, user: root}]", '"address" is missing'),
        (f"hosts: [{HOST}]\nrouter: {{host: b, key_file: /k, home: /r}}", 'no host called "b" for the router'),
        (f"hosts: [{HOST}]\nrouter: {{host: a, key_file: /k}}", "say where the router is installed"),
        (f"hosts: [{HOST}]\nrouter: {{host: a, key_file: k, home: /r}}", "an absolute path"),
        (f"hosts: [{HOST}]\nrouter: {{host: a, home: /r}}", '"key_file" is missing'),
        (f"hosts: [{HOST}]\nrouter: {{host: a, home: /r, key: sk-1, key_file: /k}}", 'unknown key "key"'),
        (
            f"hosts: [{HOST.replace('name: a', 'name: router')}]\nrouter: {{host: router, key_file: /k, home: /r}}",
            "if there is a router",
        ),
        (f"hosts: [{HOST}]\nbounds: {{ttft_ms: 0}}", "more than 0"),
        (f"tool: a; id\nhosts: [{HOST}]", "a program's name or absolute path"),
        (f"volume: /v\nhosts: [{HOST}]", "a volume is for a bundle"),
        (f"bundle: b\nhosts: [{HOST}, {{name: b, address: h, recipe: x}}]", "hosts with different recipes"),
        (f"bundle: b\nhosts: [{HOST}]\nrouter: {{host: a, key_file: /k, home: /r, bundle: b}}", "packages of its own"),
        (f"bundle: b\nbring_tool: true\nhosts: [{HOST}]", "an absolute path that ends with /bin/deploy-tui"),
        (f"tool: /t/bin/deploy-tui\nbring_tool: true\nhosts: [{HOST}]", "it comes with a bundle"),
        (f"share: 0\nhosts: [{HOST}]", "expected 1 to 100"),
        (f"schema: 2\nhosts: [{HOST}]", "schema 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, "fleet.yaml")
    assert said in caught.value.why and "fleet.yaml:" in caught.value.why


@pytest.mark.parametrize(
    ("hosts", "share", "sizes"),
    [(1, 25, [1]), (2, 25, [1, 1]), (3, 100, [1, 2]), (10, 25, [1, 2, 7]), (50, 25, [1, 12, 37]), (3, 1, [1, 1, 1])],
)
def test_waves(hosts: int, share: int, sizes: list[int]) -> None:
    found = waves(range(hosts), share)
    assert [len(wave) for wave in found] == sizes
    assert [one for wave in found for one in wave] == list(range(hosts))
