"""Hosts of an edge come one by one (VHDS), to a real Envoy."""

from __future__ import annotations

import contextlib
import json
import subprocess

import pytest
import requests

from clew import BINARY, free_port, wait_until
from mesh import ENVOY, App, ControlPlane, Proxy, external, gateway, mesh, public_route, trace

HOSTS = "vhds.edge.update_success"
ROUTES = "rds.edge.update_success"
LISTENERS = "lds.update_success"


class Edge:
    """An edge with a host for each of two services that are reached without a mesh."""

    def __init__(self, directory, stack: contextlib.ExitStack, *more: dict):
        self.port = free_port()
        self.app = stack.enter_context(App("app"))
        self.plane = stack.enter_context(ControlPlane(directory))
        self.plane.apply(
            mesh(None),
            gateway("edge-ams", "EDGE", "ams", self.port),
            *(external(name, self.app.port) for name in ("shop", "cart")),
            self.host("shop.example.com", "shop"), self.host("*.cart.example.com", "cart"), *more,
        )  # fmt: skip
        self.proxy = stack.enter_context(Proxy(self.plane, "edge-ams"))
        self.plane.wait_until_online("edge-ams")

    @staticmethod
    def host(name: str, service: str) -> dict:
        return public_route(name, service, kind="MeshExternalService")

    def status(self, host: str, port: int = 0) -> int:
        """Of the answer to a request for a host."""
        url = f"http://127.0.0.1:{port or self.port}/"
        return requests.get(url, headers={"Host": host}, timeout=10).status_code

    def updates(self) -> dict[str, int]:
        """How often the proxy took hosts, routes and listeners, by which these end."""
        stats = self.proxy.stats("update_success")
        return {
            end: sum(count for name, count in stats.items() if name.endswith(end))
            for end in (HOSTS, ROUTES, LISTENERS)
        }

    def versions(self) -> dict[str, str]:
        """What the proxy has accepted, by type and name."""
        url = self.plane.url("/meshes/default/dataplanes/edge-ams/_overview")
        return {
            f"{of_type['type']} {one['name']}": one["accepted"]
            for of_type in requests.get(url, timeout=10).json()["types"]
            for one in of_type["resources"]
        }


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Edge(tmp_path_factory.mktemp("edge"), stack, trace("127.0.0.1:4317"))


def test_every_host_is_found_by_its_name_even_if_that_is_a_wildcard(edge):
    for host in ("shop.example.com", "shop.example.com:80", "a.cart.example.com:81"):
        assert edge.status(host) == 200, host
    for host in ("cart.example.com", "other.example.com"):
        assert edge.status(host) == 404, host


def test_tracing_of_an_app_changes_its_host_and_nothing_else(edge):
    before, updates = edge.versions(), edge.updates()
    edge.plane.cli("trace", "shop", "0")
    wait_until(lambda: edge.versions() != before)
    edge.plane.wait_until_online("edge-ams")
    after = edge.versions()
    changed = {name for name, version in after.items() if before.get(name) != version}
    assert changed == {"VirtualHost edge/shop.example.com"}
    assert edge.updates() == updates | {HOSTS: updates[HOSTS] + 1}


def test_hosts_come_and_go_without_a_change_of_routes_or_listeners(edge):
    edge.plane.wait_until_online("edge-ams")
    updates = edge.updates()
    edge.plane.apply(edge.host("new.example.com", "shop"))
    wait_until(lambda: edge.status("new.example.com") == 200)
    edge.plane.cli("delete", "MeshHTTPRoute", "new.example.com")
    wait_until(lambda: edge.status("new.example.com") == 404)
    assert edge.updates() == updates | {HOSTS: updates[HOSTS] + 2}


def test_a_restart_of_the_control_plane_sends_no_host_again(edge):
    edge.plane.wait_until_online("edge-ams")
    updates, versions = edge.updates(), edge.versions()
    edge.plane.kill()
    edge.plane.start()
    edge.plane.wait_until_online("edge-ams")
    assert edge.updates() == updates
    assert edge.versions() == versions
    edge.plane.apply(edge.host("later.example.com", "shop"))
    wait_until(lambda: edge.status("later.example.com") == 200)
    assert edge.updates()[HOSTS] == updates[HOSTS] + 1


def test_a_host_that_envoy_refuses_stops_no_other(edge):
    wrong = edge.host("wrong.example.com", "shop")
    header = {"set": [{"name": "x-wrong", "value": "%NO_SUCH_THING%"}]}
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": header}]
    wrong["spec"]["to"][0]["rules"][0]["default"]["filters"] = filters
    others = [f"{name}.example.com" for name in ("a", "right", "z")]
    edge.plane.apply(*(edge.host(name, "shop") for name in others), wrong)
    for host in others:
        wait_until(lambda host=host: edge.status(host) == 200)
    state = wait_until(
        lambda: (one := edge.plane.proxies()["edge-ams"])["status"] == "refused" and one
    )
    (refusal,) = state["refusals"]
    assert (refusal["type"], refusal["name"]) == ("VirtualHost", "edge/wrong.example.com")
    assert "NO_SUCH_THING" in refusal["text"]
    assert "MeshHTTPRoute wrong.example.com" in refusal["from"]
    assert edge.status("wrong.example.com") == 404
    edge.plane.apply(edge.host("wrong.example.com", "shop"))
    edge.plane.wait_until_online("edge-ams")
    assert edge.status("wrong.example.com") == 200


def test_hosts_are_there_again_after_a_time_without_any_listener(tmp_path):
    """Envoy drops them with the last listener and never asks for them again."""
    with contextlib.ExitStack() as stack:
        edge = Edge(tmp_path, stack)
        taken = stack.enter_context(App("taken")).port  # no edge can listen here
        edge.plane.apply(gateway("edge-ams", "EDGE", "ams", taken))
        wait_until(lambda: edge.plane.proxies()["edge-ams"]["status"] == "refused")
        gone = "listener_manager.total_listeners_active"
        wait_until(lambda: edge.proxy.stats(gone)[gone] == 0)
        wait_until(lambda: not edge.proxy.stats("rds.edge.config_reload$"))
        port = free_port()
        edge.plane.apply(gateway("edge-ams", "EDGE", "ams", port))
        edge.plane.wait_until_online("edge-ams")
        assert edge.status("shop.example.com", port) == 200
        assert edge.status("a.cart.example.com", port) == 200


def test_who_speaks_no_delta_gets_hosts_within_the_routes(edge, tmp_path):
    edge.proxy.__exit__()
    wait_until(lambda: edge.plane.proxies()["edge-ams"]["status"] == "offline")
    options = ["--name", "edge-ams", "--cp-address", f"http://127.0.0.1:{edge.plane.xds}"]
    options += ["--token-file", edge.plane.directory / "edge-ams.token"]
    options += ["--admin-address", f"127.0.0.1:{free_port()}"]
    made = subprocess.run(
        [BINARY, "proxy", "bootstrap", *options], capture_output=True, text=True, check=True
    )
    bootstrap = json.loads(made.stdout)
    bootstrap["dynamic_resources"]["ads_config"]["api_type"] = "GRPC"
    file = tmp_path / "envoy.json"
    file.write_text(json.dumps(bootstrap))
    command = [ENVOY, "-c", file, "--concurrency", "1", "--disable-hot-restart"]
    with subprocess.Popen([*command, "--log-level", "error"]) as envoy:
        try:
            edge.plane.wait_until_online("edge-ams")
            assert edge.status("shop.example.com") == 200
            edge.plane.apply(edge.host("newest.example.com", "cart"))
            wait_until(lambda: edge.status("newest.example.com") == 200)
            assert not any("VirtualHost" in name for name in edge.versions())
        finally:
            envoy.kill()
