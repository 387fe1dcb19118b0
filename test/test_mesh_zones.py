"""Several control planes as real processes: a global one, zones, two in one of them."""

from __future__ import annotations

import contextlib
import pathlib
import time

import pytest
import requests

from clew import free_port, wait_until
from mesh import (
    App,
    ControlPlane,
    Proxy,
    allow,
    gateway,
    mesh,
    public_route,
    sidecar,
    trace,
    zone,
)
from test_mesh_ports import ADMIN, backend, service, shop
from test_tls import certificates  # noqa: F401


class Planes:
    """A global control plane, two of the zone fra that call each other, one of the zone was."""

    def __init__(self, tmp_path: pathlib.Path, stack: contextlib.ExitStack):
        self.tmp_path, self.stack = tmp_path, stack
        self.all = stack.enter_context(self._plane("global", "--mode", "global"))
        self.all.apply(mesh(), zone("fra"), zone("was"))
        self.fra1 = self._of_zone("fra", "fra-1")
        peer = f"http://127.0.0.1:{self.fra1.xds}"
        self.fra2 = self._of_zone("fra", "fra-2", "--peer", peer)
        self.was = self._of_zone("was", "was-1")
        for plane in (self.fra1, self.fra2, self.was):
            wait_until(lambda plane=plane: _names(plane, "meshes") == ["default"])

    def _plane(self, name: str, *args: str) -> ControlPlane:
        directory = self.tmp_path / name
        directory.mkdir()
        return ControlPlane(directory, "--name", name, *args)

    def _of_zone(self, zone: str, name: str, *args: str) -> ControlPlane:
        token = self.tmp_path / f"{zone}.token"
        if not token.exists():
            token.write_text(self.all.cli("zone-token", zone))
        plane = self._plane(
            name, "--mode", "zone", "--zone", zone, "--sync-token-file", str(token),
            "--global", f"http://127.0.0.1:{self.all.xds}", *args,
        )  # fmt: skip
        return self.stack.enter_context(plane)

    def app(self, name: str) -> App:
        return self.stack.enter_context(App(name))

    def proxy(self, plane: ControlPlane, name: str, *others: ControlPlane) -> Proxy:
        more = []
        for other in others:
            more += ["--cp-address", f"http://127.0.0.1:{other.xds}"]
        return self.stack.enter_context(Proxy(plane, name, *more))


@pytest.fixture()
def planes(tmp_path):
    with contextlib.ExitStack() as stack:
        yield Planes(tmp_path, stack)


def _names(plane: ControlPlane, path: str) -> list[str]:
    items = requests.get(plane.url(f"/{path}"), timeout=10).json()["items"]
    return [item["name"] for item in items]


def _get(edge: int, host: str) -> tuple[int, str]:
    try:
        answer = requests.get(f"http://127.0.0.1:{edge}/", headers={"Host": host}, timeout=10)
    except requests.ConnectionError:
        return 0, ""
    return answer.status_code, answer.text


def _settled(proxy: Proxy, pattern: str) -> dict[str, int]:
    """Counters of what was changed, and versions; not those of tries and times."""
    changing = ("attempt", "rejected", "failure", "time", "duration")
    return {
        name: value
        for name, value in proxy.stats(pattern).items()
        if not any(word in name for word in changing)
    }


def _control_planes(plane: ControlPlane) -> list[dict]:
    return requests.get(plane.url("/control-planes"), timeout=10).json()["items"]


def _others(plane: ControlPlane) -> dict[str, dict]:
    """Those that were ever connected, by name."""
    return {item["name"]: item for item in _control_planes(plane) if "name" in item}


def test_an_edge_of_one_zone_reaches_an_app_of_another_and_zones_go_on_alone(planes):
    edge = free_port()
    shop, cart = planes.app("shop"), planes.app("cart")
    planes.all.apply(
        public_route("shop.example.com", "shop"),
        public_route("cart.example.com", "cart"),
        allow("shop", "clew-edge"),
        allow("cart", "clew-edge"),
    )
    planes.was.apply(
        sidecar("shop-1", "shop", "was", shop.port),
        gateway("ingress-was", "INGRESS", "was", free_port()),
    )
    planes.fra1.apply(gateway("edge-ams", "EDGE", "ams", edge))
    for name in ("shop-1", "ingress-was"):
        planes.proxy(planes.was, name)
    planes.proxy(planes.fra1, "edge-ams")
    wait_until(lambda: _get(edge, "shop.example.com") == (200, "shop"))
    assert _names(planes.fra1, "meshes/default/dataplanes") == ["edge-ams"]  # no single instances
    wait_until(  # from its peer
        lambda: _names(planes.fra2, "meshes/default/dataplanes") == ["edge-ams"]
    )
    wait_until(
        lambda: _names(planes.all, "meshes/default/dataplanes")
        == ["edge-ams", "ingress-was", "shop-1"]
    )
    wait_until(lambda: planes.all.proxies()["shop-1"].get("elsewhere") == "was-1")

    planes.all.kill()
    assert _get(edge, "shop.example.com") == (200, "shop")
    planes.was.apply(sidecar("cart-1", "cart", "was", cart.port))
    second = planes.app("shop again")
    planes.was.apply(sidecar("shop-2", "shop", "was", second.port))
    planes.was.cli("delete", "dataplane", "shop-1")
    for name in ("cart-1", "shop-2"):
        planes.proxy(planes.was, name)
    planes.was.wait_until_online("ingress-was", "cart-1", "shop-2")
    wait_until(lambda: _get(edge, "shop.example.com") == (200, "shop again"))
    assert _get(edge, "cart.example.com")[0] == 503  # fra has not heard of it

    planes.all.start()
    wait_until(lambda: _get(edge, "cart.example.com") == (200, "cart"))
    wait_until(
        lambda: _names(planes.all, "meshes/default/dataplanes")
        == ["cart-1", "edge-ams", "ingress-was", "shop-2"]
    )
    def all_agree() -> bool:
        others = _others(planes.all)
        return sorted(others) == ["fra-1", "fra-2", "was-1"] and all(
            each["connected"] and each["lag_seconds"] == 0 for each in others.values()
        )

    wait_until(all_agree)


def test_a_port_of_a_service_is_reached_in_a_zone_of_another_control_plane(planes):
    web, admin = planes.app("web"), planes.app("admin")
    planes.all.apply(service(), allow("shop", "buyer"))
    instance = shop(web.port, admin.port)
    instance["labels"]["kuma.io/zone"] = "was"
    planes.was.apply(instance, gateway("ingress-was", "INGRESS", "was", free_port()))
    wait_until(lambda: _names(planes.fra1, "meshes/default/meshservices") == ["shop"])
    buyer, ports = sidecar("buyer-1", "buyer", "fra", free_port()), (free_port(), free_port())
    buyer["networking"]["outbound"] = [
        {"port": local, "backendRef": backend(port)}
        for local, port in zip(ports, (None, ADMIN), strict=True)
    ]
    planes.fra1.apply(buyer)
    for name in ("shop-1", "ingress-was"):
        planes.proxy(planes.was, name)
    planes.proxy(planes.fra1, "buyer-1")
    wait_until(lambda: _get(ports[0], "any") == (200, "web"))
    wait_until(lambda: _get(ports[1], "any") == (200, "admin"))


def test_proxies_move_to_the_other_control_plane_of_their_zone(planes):
    edge, inbound = free_port(), free_port()
    shop = planes.app("shop")
    planes.all.apply(public_route("shop.example.com", "shop"), allow("shop", "clew-edge"))
    planes.fra1.apply(
        gateway("edge-ams", "EDGE", "ams", edge),
        gateway("ingress-fra", "INGRESS", "fra", inbound),
        sidecar("shop-1", "shop", "fra", shop.port),
    )
    names = ("edge-ams", "ingress-fra", "shop-1")
    proxies = {name: planes.proxy(planes.fra1, name, planes.fra2) for name in names}
    wait_until(lambda: _get(edge, "shop.example.com") == (200, "shop"))

    def at(plane: ControlPlane) -> set[str]:
        return {name for name, each in plane.proxies().items() if each["status"] == "online"}

    wait_until(lambda: at(planes.fra1) | at(planes.fra2) == set(names))
    watched = r"listener_manager\.(lds\.|listener_(modified|removed)|total_listeners_draining)"
    before = {name: _settled(proxy, watched) for name, proxy in proxies.items()}
    by_number = sorted((planes.fra1, planes.fra2), key=lambda plane: len(at(plane)))
    other, dead = by_number
    assert at(dead)

    dead.kill()
    killed = time.monotonic()
    other.wait_until_online(*names)
    print(f"all are at the other one after {time.monotonic() - killed:.1f} s")
    assert _get(edge, "shop.example.com") == (200, "shop")
    for name, proxy in proxies.items():
        assert _settled(proxy, watched) == before[name], name

    planes.all.cli("delete", "meshtrafficpermission", "shop")
    wait_until(lambda: _get(edge, "shop.example.com")[0] == 403)
    planes.all.apply(allow("shop", "clew-edge"))
    wait_until(lambda: _get(edge, "shop.example.com") == (200, "shop"))
    dead.start()  # the fixture ends it


def test_what_one_of_a_zone_is_told_the_other_knows_while_the_global_one_is_away(planes):
    planes.all.kill()
    planes.fra1.apply(gateway("edge-ams", "EDGE", "ams", free_port()))
    planes.fra2.apply(sidecar("shop-1", "shop", "fra", free_port()))
    for plane in (planes.fra1, planes.fra2):
        wait_until(
            lambda plane=plane: _names(plane, "meshes/default/dataplanes") == ["edge-ams", "shop-1"]
        )
    planes.all.start()
    wait_until(lambda: _names(planes.all, "meshes/default/dataplanes") == ["edge-ams", "shop-1"])


def test_a_change_at_the_wrong_place_says_where_it_belongs(planes):
    route = public_route("shop.example.com", "shop")
    here = [
        (planes.fra1, route, "apply it at the global one"),
        (planes.fra1, sidecar("x", "x", "was", 1), "apply it at one of was"),
        (planes.all, sidecar("x", "x", "was", 1), "apply it at a control plane of was"),
    ]
    for plane, resource, words in here:
        name = resource["name"]
        kind = {"Dataplane": "dataplanes", "MeshHTTPRoute": "meshhttproutes"}[resource["type"]]
        url = plane.url(f"/meshes/default/{kind}/{name}")
        answer = requests.put(url, json=resource, timeout=10)
        assert answer.status_code == 400
        assert words in answer.text
    planes.was.apply(sidecar("shop-1", "shop", "was", free_port()))
    wait_until(lambda: _names(planes.all, "meshes/default/dataplanes") == ["shop-1"])
    answer = requests.delete(planes.all.url("/meshes/default/dataplanes/shop-1"), timeout=10)
    assert answer.status_code == 400
    assert "change it at a control plane of was" in answer.text


def test_a_zone_is_let_in_by_its_own_token_only(planes):
    token = planes.tmp_path / "wrong.token"
    token.write_text(planes.all.cli("zone-token", "was"))
    stranger = planes._plane(
        "stranger", "--mode", "zone", "--zone", "fra", "--sync-token-file", str(token),
        "--global", f"http://127.0.0.1:{planes.all.xds}",
    )  # fmt: skip
    with stranger:
        wait_until(
            lambda: any(
                "none of the zone fra" in item["last_error"]
                for item in _control_planes(stranger)
            )
        )
        assert _names(stranger, "meshes") == []
    planes.all.cli("zone-token", "was", "--revoke")
    wait_until(lambda: not _others(planes.all)["was-1"]["connected"])
    assert _names(planes.was, "meshes") == ["default"]  # it goes on with what it has


def test_keys_and_tokens_are_known_where_they_are_needed(planes):
    edge = free_port()
    shop = planes.app("shop")
    planes.all.apply(
        public_route("shop.example.com", "shop"),
        allow("shop", "clew-edge"),
        trace(f"127.0.0.1:{free_port()}"),
    )
    planes.fra1.apply(
        gateway("edge-ams", "EDGE", "ams", edge),
        gateway("ingress-fra", "INGRESS", "fra", free_port()),
        sidecar("shop-1", "shop", "fra", shop.port),
    )
    for name in ("edge-ams", "ingress-fra", "shop-1"):
        planes.proxy(planes.fra1, name)
    wait_until(lambda: _get(edge, "shop.example.com") == (200, "shop"))

    def with_token(token: str) -> int:
        headers = {"Host": "shop.example.com", "x-clew-debug": token}
        return requests.get(f"http://127.0.0.1:{edge}/", headers=headers, timeout=10).status_code

    made = planes.all.cli("debug-token", "shop.example.com").strip()
    # An edge that has no key yet lets every token pass.
    wait_until(lambda: with_token("no.such.token") == 401)
    wait_until(lambda: with_token(made) == 200)

    def trusted(plane: ControlPlane) -> list[str]:
        answer = requests.get(plane.url("/meshes/default/authority"), timeout=10).json()
        return [each["fingerprint"] for each in answer.get("trusted", [])]

    wait_until(lambda: trusted(planes.fra2) == trusted(planes.all) != [])
    assert "at the global control plane" in planes.fra1.cli("authority", "begin", ok=False)
    for step, count in (("begin", 2), ("activate", 2), ("finish", 1)):
        planes.all.cli("authority", step)
        for plane in (planes.fra1, planes.fra2, planes.was):
            wait_until(lambda plane=plane: trusted(plane) == trusted(planes.all))
        assert len(trusted(planes.all)) == count
        wait_until(lambda: _get(edge, "shop.example.com") == (200, "shop"))

    url = planes.fra2.url("/tokens/dataplane/default/shop-1")
    wait_until(lambda: requests.delete(url, timeout=10).status_code == 200)
    wait_until(
        lambda: requests.delete(url.replace(planes.fra2.url(""), planes.fra1.url("")), timeout=10)
        .status_code == 404
    )  # fmt: skip


class _OverTls(ControlPlane):
    """A global control plane whose listeners take clients with certificates of a CA only."""

    def __init__(self, directory: pathlib.Path, folder: pathlib.Path):
        ca, cert, key = (str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
        super().__init__(
            directory, "--mode", "global", "--name", "global", "--tls-cert-file", cert,
            "--tls-key-file", key, "--tls-client-ca-file", ca,
        )  # fmt: skip
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify, self.session.cert = ca, (cert, key)

    def url(self, path: str) -> str:
        return super().url(path).replace("http:", "https:")

    def _is_ready(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return self.session.get(self.url("/ready"), timeout=5).ok
        return False


def test_over_mutual_tls(certificates, tmp_path):
    ca, cert, key = (str(certificates / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    for name in ("global", "fra", "stranger"):
        (tmp_path / name).mkdir()
    with _OverTls(tmp_path / "global", certificates) as every:
        for path, body in (("meshes/default", mesh()), ("zones/fra", zone("fra"))):
            assert every.session.put(every.url(f"/{path}"), json=body, timeout=10).ok
        answer = every.session.post(every.url("/tokens/zone"), json={"zone": "fra"}, timeout=10)
        token = tmp_path / "fra.token"
        token.write_text(answer.json()["token"])
        zone_of = (
            "--mode", "zone", "--zone", "fra", "--sync-token-file", str(token),
            "--global", f"https://127.0.0.1:{every.xds}", "--sync-ca-cert-file", ca,
        )  # fmt: skip
        shown = ("--sync-cert-file", cert, "--sync-key-file", key)
        with ControlPlane(tmp_path / "fra", *zone_of, *shown) as fra:
            wait_until(lambda: _names(fra, "meshes") == ["default"])
        with ControlPlane(tmp_path / "stranger", *zone_of) as stranger:
            time.sleep(2)  # for nothing to happen
            assert _names(stranger, "meshes") == []
    plain = ("--mode", "zone", "--zone", "fra", "--global", "http://192.0.2.1:5678")
    refused = ControlPlane(tmp_path / "stranger", *plain)
    with pytest.raises(AssertionError, match="it must be https"):
        refused.start()
