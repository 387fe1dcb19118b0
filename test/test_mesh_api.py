"""The mesh's REST API does what its own description says, for requests that nobody thought of."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import jsonschema_rs
import pytest
import requests

from clew import REPO
from mesh import ControlPlane, mesh

SCHEMATHESIS = pathlib.Path(sys.executable).parent / "schemathesis"

# Not what schemas can say: that a policy fits together, and that 1 is read as "1", as YAML does.
BEYOND_SCHEMAS = "positive_data_acceptance,negative_data_rejection,missing_required_header"


def test_no_request_breaks_it_and_each_answer_is_as_described(tmp_path):
    with ControlPlane(tmp_path) as plane:
        token = plane.cli("token", "tester", "--role", "admin").strip()
        plane.apply(mesh(), {"type": "Zone", "name": "default"})
    with ControlPlane(tmp_path, "--operator-tokens", "true") as plane:
        command = [
            SCHEMATHESIS, "run", plane.url("/openapi.json"), "-H", f"Authorization: Bearer {token}",
            "--checks", "all", "--exclude-checks", BEYOND_SCHEMAS, "--phases",
            "examples,coverage,fuzzing", "--max-examples", "5", "--max-time", "15", "--no-color",
            "--generation-deterministic", "--warnings", "off",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        assert requests.get(plane.url("/ready"), timeout=10).ok


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    with ControlPlane(tmp_path_factory.mktemp("plane")) as running:
        yield running


def test_resources_are_read_as_they_are_described(plane):
    """Those of every kind that stand in the golden cases."""
    described = requests.get(plane.url("/openapi.json"), timeout=10).json()
    components = {"components": described["components"]}
    pages = {"$ref": "#/components/parameters/offset"}
    lists = {
        path.replace("{mesh}", "default"): operations["get"]["responses"]["200"]
        for path, operations in described["paths"].items()
        if pages in operations.get("get", {}).get("parameters", [])
    }
    kinds = set()
    for case in sorted((REPO / "test" / "data" / "mesh").glob("*/resources.json")):
        plane.cli("apply", "-f", str(case))
        for path, answer in lists.items():
            schema = answer["content"]["application/json"]["schema"]
            got = requests.get(plane.url(path), timeout=10).json()
            jsonschema_rs.validate(schema | components, got)
            kinds |= {one["type"] for one in got["items"]}
    assert len(kinds) >= 15


def test_a_body_that_is_empty_is_an_error(plane):
    answer = requests.post(plane.url("/apply"), timeout=10)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "body: is empty")


def test_bytes_that_are_no_text_are_an_error(plane):
    body = b'{"type": "Zone", "name": "fra", "labels": {"mark": "\xff"}}'
    for method, path in (("PUT", "/zones/fra"), ("POST", "/apply"), ("POST", "/diff")):
        answer = requests.request(method, plane.url(path), data=body, timeout=10)
        told = answer.json()["error"]["message"]
        assert (answer.status_code, told) == (400, "body:1: is not UTF-8")


def test_a_token_never_lives_longer_than_was_meant(plane):
    """What is misspelt is an error, not a token without an end."""
    url = plane.url("/operator-tokens")
    for wrong in ({"validFor": 3600}, {"validfor": "1h"}, {"validFor": ""}, {"validFor": "1 h"}):
        answer = requests.post(url, json={"name": "x", "role": "reader"} | wrong, timeout=10)
        assert (answer.status_code, wrong) == (400, wrong)
    answer = requests.post(url, json={"name": "x", "role": "reader"}, timeout=10)
    assert answer.status_code == 201
    assert [one["name"] for one in requests.get(url, timeout=10).json()["items"]] == ["x"]


def test_a_number_is_no_duration(plane):
    for path, body in (("/tokens/dataplane", {"name": "x"}),
                       ("/meshes/default/debug-tokens", {"host": "x"})):
        answer = requests.post(plane.url(path), json=body | {"validFor": 3600}, timeout=10)
        assert (answer.status_code, "validFor" in answer.text) == (400, True)


def test_json_is_read_as_any_tool_writes_it(plane):
    """Characters beyond U+FFFF as two escapes, as Python and JavaScript write them."""
    zone = {"type": "Zone", "name": "fra", "labels": {"mark": "\N{GRINNING FACE} \\ud83d"}}
    body = json.dumps(zone)
    assert r"\ud83d\ude00 \\ud83d" in body
    answer = requests.put(plane.url("/zones/fra"), data=body, timeout=10)
    assert answer.status_code in (200, 201), answer.text
    assert requests.get(plane.url("/zones/fra"), timeout=10).json()["labels"] == zone["labels"]
