"""Resources from the command line and over REST, without any proxy."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
import requests

from clew import wait_until
from mesh import ALL, ControlPlane, gateway, mesh, policy, public_route, sidecar, zone


@pytest.fixture
def plane(tmp_path):
    with ControlPlane(tmp_path) as running:
        yield running


def timeout(name: str, request: str) -> dict:
    conf = {"http": {"requestTimeout": request}}
    return policy("MeshTimeout", name, targetRef=ALL, to=[{"targetRef": ALL, "default": conf}])


def test_what_is_applied_can_be_read_changed_and_deleted(plane, tmp_path):
    file = tmp_path / "mesh.yaml"
    file.write_text("type: Mesh\nname: default\n---\ntype: Zone\nname: fra\n")
    assert plane.cli("apply", "-f", str(file)) == "Mesh default created\nZone fra created\n"
    assert plane.cli("apply", "-f", str(file)) == "Mesh default unchanged\nZone fra unchanged\n"
    assert plane.apply(timeout("t", "5s")) == "MeshTimeout t of mesh default created\n"
    yaml = plane.cli("get", "meshtimeout", "t")
    assert "requestTimeout: 5s" in yaml
    edited = yaml.replace("5s", "6s")
    assert "updated" in plane.cli("apply", "-f", "-", stdin=edited)
    assert json.loads(plane.cli("get", "MeshTimeout", "--json"))[0]["name"] == "t"
    plane.cli("delete", "MeshTimeout", "t")
    assert "there is no MeshTimeout t" in plane.cli("get", "MeshTimeout", "t", ok=False)
    did = [line.split()[4] for line in plane.cli("history", "MeshTimeout", "t").splitlines()[1:]]
    whole = plane.cli("history", "MeshTimeout", "t", "--json")
    assert [one["action"] for one in json.loads(whole)] == ["delete", "update", "create"]
    assert len(did) == 3


def test_what_is_wrong_is_told_by_file_and_line_and_nothing_is_done(plane, tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(
        "type: Mesh\nname: default\n---\ntype: MeshTrace\nname: t\nspec:\n  default:\n"
        "    sampling: {overal: 3}\n    backends: [{type: Datadog, datadog: {url: x}}]\n"
    )
    told = plane.cli("apply", "-f", str(file), ok=False)
    assert f"{file}:8: MeshTrace t: spec.default.sampling.overal: unknown field" in told
    assert f"{file}:9: MeshTrace t: spec.default.backends[0].datadog: not supported" in told
    assert plane.cli("get", "Mesh") == ""


def test_diff_shows_who_would_get_what_before_it_is_done(plane):
    plane.apply(
        mesh(), zone("fra"), sidecar("shop-1", "shop", "fra", 8080),
        gateway("ingress-fra", "INGRESS", "fra", 20001), gateway("edge-1", "EDGE", "ams", 20002),
        public_route("*", "shop"),
    )  # fmt: skip
    trace = {"targetRef": {"kind": "MeshService", "name": "shop"}}
    change = json.dumps(timeout("t", "9s"))
    told = plane.cli("diff", "-f", "-", stdin=change)
    assert "1 edge proxies change" in told and "1 ingress proxies change" in told
    assert "changed host edge/*\n" in told and "drain" not in told
    assert plane.cli("get", "MeshTimeout") == ""
    nothing = json.dumps(policy("MeshTrace", "app", **trace, default={"sampling": {"overall": 1}}))
    assert plane.cli("diff", "-f", "-", stdin=nothing) == "no proxy would get anything else\n"
    backend = {"type": "OpenTelemetry", "openTelemetry": {"endpoint": "127.0.0.1:4317"}}
    traced = json.dumps(policy("MeshTrace", "all", default={"backends": [backend]}))
    told = plane.cli("diff", "-f", "-", stdin=traced).splitlines()
    listeners = [line for line in told if "changed listener" in line]
    assert len(listeners) == 3
    assert all(line.endswith("(its connections drain)") for line in listeners)


def test_a_directory_is_followed(tmp_path):
    folder = tmp_path / "resources"
    folder.mkdir()
    (folder / "a.yaml").write_text("type: Mesh\nname: default\n")
    with ControlPlane(tmp_path, "--resources", str(folder)) as plane:
        assert "name: default" in plane.cli("get", "Mesh")
        (folder / "z.json").write_text(json.dumps(zone("fra")))
        wait_until(lambda: "fra" in plane.cli("get", "Zone"))
        (folder / "z.json").write_text("type: Zone\nnam: fra\n")
        wait_until(lambda: "z.json:2: Zone : nam: unknown field" in plane.log.read_text())
        assert "fra" in plane.cli("get", "Zone")
        (folder / "z.json").unlink()
        wait_until(lambda: plane.cli("get", "Zone") == "")


def test_what_was_acknowledged_survives_kill_9(tmp_path):
    plane = ControlPlane(tmp_path)
    plane.start()
    plane.apply(mesh(), zone("fra"))
    plane.kill()
    with plane:
        assert "fra" in plane.cli("get", "Zone")
        assert len(plane.cli("history").splitlines()) == 3


def test_operators_need_tokens_where_they_are_asked_for(tmp_path):
    with ControlPlane(tmp_path) as open_plane:
        tokens = {
            role: open_plane.cli("token", role, "--role", role).strip()
            for role in ("reader", "operator", "admin")
        }
        short = open_plane.cli("token", "short", "--role", "admin", "--valid-for", "1ms").strip()
    with ControlPlane(tmp_path, "--operator-tokens", "true") as plane:

        def status(method: str, path: str, token: str | None, **body) -> int:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = requests.request(
                method, plane.url(path), headers=headers, json=body or None, timeout=10
            )
            return answer.status_code

        time.sleep(0.01)
        zone_fra = zone("fra")
        assert status("GET", "/zones", None) == 401
        assert status("GET", "/zones", "clewop_" + "0" * 64) == 401
        assert status("GET", "/zones", short) == 401
        assert status("GET", "/zones", tokens["reader"]) == 200
        assert status("PUT", "/zones/fra", tokens["reader"], **zone_fra) == 403
        assert status("PUT", "/zones/fra", tokens["operator"], **zone_fra) == 201
        assert status("PUT", "/zones/fra", tokens["operator"], **zone_fra) == 200
        assert status("PUT", "/zones/was", tokens["operator"], **zone_fra) == 400
        assert status("GET", "/operator-tokens", tokens["operator"]) == 403
        assert status("GET", "/operator-tokens", tokens["admin"]) == 200
        assert status("POST", "/tokens/dataplane", tokens["reader"], name="x") == 403
        assert status("DELETE", "/operator-tokens/reader", tokens["admin"]) == 200
        assert status("GET", "/zones", tokens["reader"]) == 401
        assert status("GET", "/ready", None) == 200
        assert status("POST", "/meshes/default/authority/begin", tokens["operator"]) == 403
        token = tmp_path / "token"
        token.write_text(tokens["admin"] + "\n")
        who = plane.cli("history", "Zone", "fra", "--mesh", "", "--token-file", str(token))
        assert "operator  create" in who
        admin = ("--token-file", str(token))
        whole = json.loads(plane.cli("history", "--json", *admin))
        did = [(one["author"], one["action"], one["type"], one["name"]) for one in whole]
        assert ("admin", "delete", "OperatorToken", "reader") in did
        assert ("anyone on this machine", "create", "OperatorToken", "operator") in did


def test_who_made_tokens_and_changed_the_authority_stands_in_the_history(plane):
    plane.apply(mesh(), sidecar("shop-1", "shop", "fra", 8080), public_route("shop.test", "shop"))
    plane.cli("proxy-token", "shop-1")
    plane.cli("debug-token", "shop.test")
    plane.cli("authority", "begin")
    whole = json.loads(plane.cli("history", "--json"))
    assert [(one["action"], one["type"], one["name"]) for one in whole[:3]] == [
        ("begin", "Authority", "default"),
        ("create", "DebugToken", "shop.test"),
        ("create", "DataplaneToken", "shop-1"),
    ]
    assert len(whole) == 6


def test_spans_and_logs_go_to_collectors_that_are_there(plane):
    plane.apply(mesh())
    backend = {"type": "OpenTelemetry", "openTelemetry": {"backendRef": {"name": "nowhere"}}}
    trace = json.dumps(policy("MeshTrace", "t", default={"backends": [backend]}))
    told = plane.cli("apply", "-f", "-", stdin=trace, ok=False)
    where = "stdin:1: MeshTrace t: spec.default.backends[0].openTelemetry.backendRef.name"
    assert f"{where}: there is no MeshOpenTelemetryBackend nowhere; apply it first" in told


def of_type(authority: str) -> dict:
    backend = {"name": "ca", "type": authority, "mode": "STRICT"}
    return {"type": "Mesh", "name": "default",
            "mtls": {"enabledBackend": "ca", "backends": [backend]}}  # fmt: skip


def test_a_mesh_says_of_its_authority_what_is_so(plane, tmp_path):
    file = tmp_path / "mesh.json"
    file.write_text(json.dumps(of_type("provided")))
    told = plane.cli("apply", "-f", str(file), ok=False)
    assert f"{file}:1: Mesh default: mtls.backends[0].type: this control plane was given no" in told
    assert plane.cli("get", "Mesh") == ""


def test_a_control_plane_signs_with_the_authority_that_it_was_given(tmp_path):
    cert, key = tmp_path / "ca.pem", tmp_path / "ca.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=elsewhere", "-days", "9"]
    subprocess.run(command, check=True, capture_output=True)
    given = ("--ca-cert-file", str(cert), "--ca-key-file", str(key))
    with ControlPlane(tmp_path, *given) as plane:
        told = plane.cli("apply", "-f", "-", stdin=json.dumps(of_type("builtin")), ok=False)
        assert "signs with the authority that it was given" in told
        plane.apply(of_type("provided"), sidecar("shop-1", "shop", "fra", 8080))
        assert "problem" not in plane.proxies()["shop-1"]
    with ControlPlane(tmp_path) as plane:  # and never with one of its own instead
        assert "was not given" in plane.proxies()["shop-1"]["problem"]
        for step in ((), ("begin",)):
            assert "was not given" in plane.cli("authority", *step, ok=False)
        assert not list((tmp_path / "mesh-data").glob("authority*"))
        plane.apply(of_type("builtin"))
        wait_until(lambda: "problem" not in plane.proxies()["shop-1"])


def test_lists_page_and_the_api_describes_itself(plane):
    plane.apply(*(zone(f"z{i}") for i in range(5)))
    first = requests.get(plane.url("/zones?size=2"), timeout=10).json()
    assert (first["total"], len(first["items"])) == (5, 2)
    second = requests.get(plane.url(first["next"]), timeout=10).json()
    assert [one["name"] for one in second["items"]] == ["z2", "z3"]
    described = requests.get(plane.url("/openapi.json"), timeout=10).json()
    assert described["openapi"].startswith("3.1")
    assert "/meshes/{mesh}/meshtraces/{name}" in described["paths"]
    trace = described["components"]["schemas"]["MeshTrace"]
    assert trace["properties"]["spec"]["properties"]["default"]["additionalProperties"] is False
