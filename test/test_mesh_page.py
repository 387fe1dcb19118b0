"""What the store hands through to the Mesh page, of a real control plane and a real Envoy."""

from __future__ import annotations

import contextlib
import time

import jsonschema_rs
import pytest
import requests

from clew import Clew, free_port, wait_until
from mesh import ALL, App, ControlPlane, Proxy, external, gateway, mesh, policy
from mesh import public_route, trace


def place(kind: str, name: str, latitude: float, longitude: float) -> dict:
    coordinates = {"latitude": latitude, "longitude": longitude}
    return {"type": kind, "name": name, "coordinates": coordinates}


class Site:
    """An edge, its control plane, and a store that shows them."""

    def __init__(self, directory, stack: contextlib.ExitStack):
        self.port = free_port()
        app = stack.enter_context(App("app"))
        self.plane = stack.enter_context(ControlPlane(directory))
        self.store = Clew("all-in-one", directory, "--mesh-url", self.plane.url("/"))
        stack.enter_context(self.store)
        self.plane.apply(
            mesh(),
            place("Edge", "ams", 52.4, 4.9), place("Zone", "fra", 50.1, 8.7),
            gateway("edge-ams", "EDGE", "ams", self.port),
            external("shop", app.port),
            public_route("shop.example.com", "shop", kind="MeshExternalService"),
            trace(f"127.0.0.1:{self.store.grpc}"),
        )  # fmt: skip
        stack.enter_context(Proxy(self.plane, "edge-ams"))
        self.plane.wait_until_online("edge-ams")

    def get(self, path: str) -> dict:
        return self.store.get(f"/api/clew/v1/mesh{path}")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Site(tmp_path_factory.mktemp("site"), stack)


def test_a_proxy_is_shown_with_what_it_has_acknowledged(site):
    assert site.get("") == {"configured": True, "url": site.plane.url("")}
    (edge,) = site.get("/proxies")["items"]
    assert (edge["name"], edge["kind"], edge["place"]) == ("edge-ams", "edge", "ams")
    assert (edge["status"], edge["refusals"]) == ("online", [])
    assert edge["settled_revision"] >= edge["revision"] > 0
    overview = site.get("/meshes/default/dataplanes/edge-ams/_overview")
    resources = [one for of_type in overview["types"] for one in of_type["resources"]]
    assert resources and all(one["sent"] == one["accepted"] != "" for one in resources)
    for of_type in overview["types"]:
        assert 0 < time.time() - of_type["accepted_unix_nano"] / 1e9 < 600
        assert "refused_unix_nano" not in of_type
    lines = site.plane.cli("inspect", "proxy", "edge-ams").splitlines()
    answers = lines[next(i for i, line in enumerate(lines) if "LAST ACK (UTC)" in line) + 1 :]
    assert len(answers) == len(overview["types"])
    assert all(line.endswith("never") and time.strftime("%Y-") in line for line in answers)
    assert overview["certificate"]["identity"] == "spiffe://default/clew-edge"
    assert site.get("/certificates")["items"][0]["identity"] == "spiffe://default/clew-edge"


def test_what_an_envoy_refuses_is_shown_in_its_own_words(site):
    edges = {"kind": "MeshGateway", "name": "clew-edge"}
    plain = {"type": "File", "file": {"path": "/dev/null", "format": {"plain": "%NO_SUCH_THING%"}}}
    rules = [{"targetRef": ALL, "default": {"backends": [plain]}}]
    site.plane.apply(policy("MeshAccessLog", "wrong", targetRef=edges, **{"from": rules}))

    def refused():
        (edge,) = site.get("/proxies")["items"]
        return edge["status"] == "refused" and edge

    edge = wait_until(refused)
    assert "NO_SUCH_THING" in edge["refusals"][0]["text"]
    assert "MeshAccessLog wrong" in edge["refusals"][0]["from"]
    overview = site.get("/meshes/default/dataplanes/edge-ams/_overview")
    resources = [one for of_type in overview["types"] for one in of_type["resources"]]
    wrong = [one for one in resources if one["refusal"]]
    assert wrong and all(one["accepted"] != one["sent"] for one in wrong)
    (listeners,) = [one for one in overview["types"] if one["type"] == "Listener"]
    assert listeners["refused_unix_nano"] > listeners["accepted_unix_nano"]
    site.plane.cli("delete", "MeshAccessLog", "wrong")
    site.plane.wait_until_online("edge-ams")


def test_places_have_coordinates_and_spans_the_name_of_their_edge(site):
    """Which is how the page finds an edge's rate, and its traces."""
    (edge,), (zone,) = site.get("/edges?size=10")["items"], site.get("/zones")["items"]
    assert edge["coordinates"] == {"latitude": 52.4, "longitude": 4.9}
    assert zone["coordinates"]["longitude"] == 8.7
    url = f"http://127.0.0.1:{site.port}/"
    answer = requests.get(url, headers={"Host": "shop.example.com"}, timeout=10)
    assert answer.status_code == 200

    def rates():
        query = "{ kind = server && span.edge != nil } | rate() by (span.edge)"
        answer = site.store.get("/api/clew/v1/metrics", q=query, instant="true")
        return answer["series"]

    (series,) = wait_until(rates)
    assert series["labels"][0]["value"] == "ams" and series["points"][0] > 0
    assert site.store.get("/api/clew/v1/search", tag="edge=ams")["traces"]
    assert site.store.get("/api/clew/v1/search", tag="node=edge-ams")["traces"]


def test_a_service_outside_of_the_mesh_is_a_destination(site):
    expected = {"mesh": "default", "name": "shop", "service": "shop", "sections": [],
                "protocol": "http", "external": True, "zones": []}  # fmt: skip
    assert site.get("/services") == {"total": 1, "items": [expected]}
    assert site.get("/services?mesh=other") == {"total": 0, "items": []}


def test_errors_of_the_control_plane_are_passed_on(site):
    answer = requests.get(
        site.store.url("/api/clew/v1/mesh/edges/nowhere/routes/shop"), timeout=10
    )
    assert answer.status_code == 404 and "there is no edge nowhere" in answer.text
    for path in ("/operator-tokens", "/meshes/default/dataplanes/edge-ams/_config"):
        answer = requests.get(site.store.url(f"/api/clew/v1/mesh{path}"), timeout=10)
        assert answer.status_code == 404, path
    for method in ("POST", "PUT", "DELETE"):
        answer = requests.request(method, site.store.url("/api/clew/v1/mesh/zones"), timeout=10)
        assert answer.status_code == 405, method


def test_a_control_plane_that_wants_tokens_is_shown_one(tmp_path):
    with ControlPlane(tmp_path) as plane:
        token = plane.cli("token", "page", "--role", "reader")
    token_file = tmp_path / "reader.token"
    token_file.write_text("not-a-token")
    with contextlib.ExitStack() as stack:
        plane = stack.enter_context(ControlPlane(tmp_path, "--operator-tokens", "true"))
        args = ("--mesh-url", plane.url(""), "--mesh-token-file", str(token_file))
        store = stack.enter_context(Clew("all-in-one", tmp_path, *args))
        url = store.url("/api/clew/v1/mesh/proxies")
        answer = requests.get(url, timeout=10)
        assert answer.status_code == 502 and "--mesh-token-file" in answer.text
        token_file.write_text(token)  # read again, without a restart
        assert requests.get(url, timeout=10).json() == {"total": 0, "items": []}
        plane.kill()
        answer = requests.get(url, timeout=10)
        assert answer.status_code == 503 and "clew mesh run" in answer.text
        assert store.get("/api/clew/v1/mesh")["configured"]


def test_without_a_control_plane_everything_says_what_to_configure(all_in_one):
    described = all_in_one.get("/api/clew/v1/openapi.json")
    assert all_in_one.get("/api/clew/v1/mesh") == {"configured": False}
    paths = [path for path in described["paths"] if path.startswith("/api/clew/v1/mesh/")]
    assert len(paths) == 12
    error = described["components"]["schemas"]["Error"]
    for path in paths:
        answer = requests.get(all_in_one.url(path.replace("{", "").replace("}", "")), timeout=10)
        assert answer.status_code == 404 and "--mesh-url" in answer.text, path
        jsonschema_rs.validate(error, answer.json())
