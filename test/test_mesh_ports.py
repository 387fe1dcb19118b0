"""Services with several ports, each of which is another app, as real Envoys reach them."""

from __future__ import annotations

import contextlib
import copy
import json

import jsonschema_rs
import pytest
import requests

from clew import free_port, wait_until
from mesh import (
    ALL,
    App,
    ControlPlane,
    Proxy,
    allow,
    gateway,
    mesh,
    policy,
    public_route,
    sidecar,
    trace,
    zone,
)

NAMES = ("shop-1", "buyer-fra", "buyer-was", "ingress-fra", "edge-ams")
ADMIN = 8081


def service(web: str = "web", admin: str = "admin") -> dict:
    """`shop`: of its ports 80 and 8081 the names of the inbounds."""
    ports = [
        {"port": 80, "targetPort": web, "name": "web", "appProtocol": "http"},
        {"port": ADMIN, "targetPort": admin, "name": "admin", "appProtocol": "http"},
    ]
    return policy("MeshService", "shop", ports=ports)


def shop(web: int, admin: int) -> dict:
    """Its one instance: an app at either port."""
    made = sidecar("shop-1", "shop", "fra", web)
    first = made["networking"]["inbound"][0] | {"name": "web"}
    second = first | {"name": "admin", "port": free_port(), "servicePort": admin}
    made["networking"]["inbound"] = [first, second]
    return made


def backend(port: int | None = None) -> dict:
    return {"kind": "MeshService", "name": "shop"} | ({"port": port} if port else {})


class Site:
    """`shop` with two apps in one core location, buyers in that and another, and an edge; with
    mutual TLS."""

    def __init__(self, directory, stack: contextlib.ExitStack):
        apps = {name: stack.enter_context(App(name)) for name in ("web", "admin")}
        self.apps = apps
        self.edge = free_port()
        self.plane = stack.enter_context(ControlPlane(directory))
        self.ports: dict[str, dict[str, int]] = {}
        self.plane.apply(
            mesh(), zone("fra"), zone("was"), service(),
            shop(apps["web"].port, apps["admin"].port),
            *(self.buyer(place) for place in ("fra", "was")),
            gateway("ingress-fra", "INGRESS", "fra", free_port()),
            gateway("edge-ams", "EDGE", "ams", self.edge),
            allow("shop", "clew-edge", "buyer"), allow("buyer"),
            self.public("web.test"), self.public("admin.test", ADMIN), trace("127.0.0.1:4317"),
        )  # fmt: skip
        for name in NAMES:
            stack.enter_context(Proxy(self.plane, name))
        self.plane.wait_until_online(*NAMES)

    def buyer(self, place: str) -> dict:
        """Calls both ports by backendRef, and all services by their names."""
        made = sidecar(f"buyer-{place}", "buyer", place, free_port())
        refs = {"web": backend(), "admin": backend(ADMIN)}
        ports = self.ports[place] = {name: free_port() for name in (*refs, "all")}
        made["networking"]["outbound"] = [
            {"port": ports[name], "backendRef": ref} for name, ref in refs.items()
        ] + [{"port": ports["all"], "tags": {"kuma.io/service": "*"}}]
        return made

    @staticmethod
    def public(host: str, port: int | None = None) -> dict:
        made = public_route(host, "shop")
        made["spec"]["to"][0]["rules"][0]["default"]["backendRefs"] = [backend(port)]
        return made

    def buy(self, place: str, outbound: str, **headers: str) -> str:
        url = f"http://127.0.0.1:{self.ports[place][outbound]}/"
        return requests.get(url, headers=headers, timeout=10).text

    def get(self, host: str) -> str:
        return requests.get(
            f"http://127.0.0.1:{self.edge}/", headers={"Host": host}, timeout=10
        ).text

    def traced(self) -> set[str]:
        """The ports of which a request's spans are exported, as their apps are told."""
        for name in self.apps:
            assert self.get(f"{name}.test") == name
        contexts = {
            name: app.requests[-1].headers["traceparent"] for name, app in self.apps.items()
        }
        return {name for name, context in contexts.items() if context.endswith("-01")}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Site(tmp_path_factory.mktemp("site"), stack)


@pytest.mark.parametrize("place", ["fra", "was"])
def test_an_outbound_reaches_the_port_that_it_names(site, place):
    """Beside the service, and through the ingress of its core location."""
    assert site.buy(place, "web") == "web"
    assert site.buy(place, "admin") == "admin"


def test_a_route_of_an_edge_reaches_the_port_that_it_names(site):
    assert site.get("web.test") == "web"
    assert site.get("admin.test") == "admin"


@pytest.mark.parametrize("place", ["fra", "was"])
def test_a_host_may_name_the_port(site, place):
    for host in ("shop", "shop.mesh", "shop:80", "shop.mesh:80"):
        assert site.buy(place, "all", Host=host) == "web", host
    for host in (f"shop:{ADMIN}", f"shop.mesh:{ADMIN}"):
        assert site.buy(place, "all", Host=host) == "admin", host


def test_what_a_route_says_of_one_port_is_not_said_of_another(site):
    rule = {
        "default": {"filters": [{
            "type": "ResponseHeaderModifier",
            "responseHeaderModifier": {"set": [{"name": "x-of", "value": "admin"}]},
        }]}
    }  # fmt: skip
    target = {"kind": "MeshService", "name": "shop", "sectionName": "admin"}
    site.plane.apply(
        policy("MeshHTTPRoute", "of-admin", targetRef=ALL,
               to=[{"targetRef": target, "rules": [rule]}])
    )  # fmt: skip
    site.plane.wait_until_online(*NAMES)
    answers = {
        name: requests.get(f"http://127.0.0.1:{site.ports['fra'][name]}/", timeout=10)
        for name in ("web", "admin")
    }
    assert answers["admin"].headers["x-of"] == "admin"
    assert "x-of" not in answers["web"].headers
    site.plane.cli("delete", "MeshHTTPRoute", "of-admin")


def test_each_port_has_its_own_way_to_core_locations(site):
    order = site.plane.cli("routes", "ams", f"shop:{ADMIN}")
    assert "fra" in order


@pytest.mark.parametrize(("name", "port"), [(f"shop:{ADMIN}", "admin"), ("shop:80", "web")])
def test_tracing_of_one_port_is_one_command(site, name, port):
    wait_until(lambda: site.traced() == {"web", "admin"})
    assert f"0 % of the requests to {name} are traced" in site.plane.cli("trace", name, "0")
    wait_until(lambda: site.traced() == {"web", "admin"} - {port})
    site.plane.cli("trace", "shop", "0")
    wait_until(lambda: site.traced() == set())
    site.plane.cli("trace", name, "100")
    wait_until(lambda: site.traced() == {port})
    site.plane.cli("trace", name, "default")
    wait_until(lambda: site.traced() == set())
    site.plane.cli("trace", "shop", "default")
    wait_until(lambda: site.traced() == {"web", "admin"})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("shop:81", "MeshService shop has no port 81; there are 80 (web), 8081 (admin)"),
        ("buyer:80", "no MeshService buyer says what its ports are; leave the port out"),
        ("shoop", "mesh default has no service shoop; there are buyer, shop, shop:8081"),
    ],
)
def test_tracing_of_what_is_not_there_is_refused(site, name, told):
    for percent in ("0", "default"):
        assert site.plane.cli("trace", name, percent, ok=False) == f"clew mesh trace: {told}\n"
    told_routes = site.plane.cli("routes", "ams", name, ok=False)
    assert told_routes == f"clew mesh routes: {told}\n"


def test_each_port_is_listed_as_a_destination(site):
    described = requests.get(site.plane.url("/openapi.json"), timeout=10).json()
    answer = requests.get(site.plane.url("/services?mesh=default"), timeout=10).json()
    schema = described["paths"]["/services"]["get"]["responses"]["200"]["content"]
    components = {"components": described["components"]}
    jsonschema_rs.validate(schema["application/json"]["schema"] | components, answer)
    listed = {}
    for one in answer["items"]:
        zones = {place["zone"]: place["instances"] for place in one["zones"]}
        listed[one["name"]] = (one["service"], one["sections"], zones)
    assert listed == {
        "buyer": ("buyer", [], {"fra": 1, "was": 1}),
        "shop": ("shop", ["web", "80"], {"fra": 1}),
        f"shop:{ADMIN}": ("shop", ["admin", str(ADMIN)], {"fra": 1}),
    }


def test_a_port_that_is_not_there_is_refused_by_file_and_line(site, tmp_path):
    file = tmp_path / "mesh.yaml"
    file.write_text(json.dumps(site.public("other.test", 81), indent=1))
    line = 1 + next(i for i, text in enumerate(file.read_text().split("\n")) if '"port"' in text)
    told = site.plane.cli("apply", "-f", str(file), ok=False)
    where = "spec.to[0].rules[0].default.backendRefs[0].port"
    assert f"{file}:{line}: MeshHTTPRoute other.test: {where}: MeshService shop has no port 81; " \
        "there are 80 (web), 8081 (admin)" in told  # fmt: skip


def test_everybody_follows_when_the_service_says_otherwise(site):
    """Its ports change their apps."""
    site.plane.apply(service(web="admin", admin="web"))
    try:
        for place in ("fra", "was"):
            wait_until(lambda place=place: site.buy(place, "web") == "admin")
            wait_until(lambda place=place: site.buy(place, "admin") == "web")
        wait_until(lambda: site.get("admin.test") == "web")
    finally:
        site.plane.apply(service())
    wait_until(lambda: site.buy("fra", "admin") == "admin")


def test_a_port_stays_until_nothing_names_it(site):
    """Whichever way it would go; what named it may go elsewhere in the same apply."""
    only = service()
    del only["spec"]["ports"][1]
    wanted = [
        f"{kind} {name} names port {ADMIN} in {path}; change or delete it first"
        for kind, name, path in (
            ("Dataplane", "buyer-fra", "networking.outbound[1].backendRef.port"),
            ("Dataplane", "buyer-was", "networking.outbound[1].backendRef.port"),
            ("MeshHTTPRoute", "admin.test", "spec.to[0].rules[0].default.backendRefs[0].port"),
        )
    ]
    changed = [f"MeshService shop: spec.ports: {each}, or in the same apply" for each in wanted]
    removed = [f"MeshService shop: {each}" for each in wanted]

    def told(*args: str) -> list[str]:
        refusal = site.plane.cli(*args, stdin=json.dumps(only), ok=False)
        return [line[line.index("MeshService") :] for line in refusal.splitlines()]

    assert told("apply", "-f", "-") == changed
    assert told("diff", "-f", "-") == changed
    assert told("delete", "MeshService", "shop") == removed

    url = site.plane.url("/meshes/default/meshservices/shop")
    for answer, lines in (
        (requests.put(url, json=only, timeout=10), changed),
        (requests.delete(url, timeout=10), removed),
    ):
        assert answer.status_code == 400
        for line in lines:
            assert line in json.dumps(answer.json())
    assert site.buy("fra", "admin") == site.get("admin.test") == "admin"

    buyers = [
        requests.get(site.plane.url(f"/meshes/default/dataplanes/buyer-{place}"), timeout=10).json()
        for place in ("fra", "was")
    ]
    elsewhere = copy.deepcopy(buyers)
    for buyer in elsewhere:
        buyer["networking"]["outbound"][1]["backendRef"] = backend()
    site.plane.apply(only, *elsewhere, site.public("admin.test"))
    try:
        wait_until(lambda: site.get("admin.test") == "web")
        wait_until(lambda: site.buy("was", "admin") == "web")
    finally:
        site.plane.apply(service(), *buyers, site.public("admin.test", ADMIN))
    wait_until(lambda: site.buy("fra", "admin") == "admin")
