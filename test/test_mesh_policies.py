"""Policies of requests, as real Envoys carry them out: where requests go, how they are changed,
what is done when apps are slow, ill or busy."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading

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
    zone,
)

NAMES = ("shop-1", "cart-1", "buyer-1", "ingress-fra", "edge-ams")


class Site:
    """An edge, an ingress, and the sidecars of `shop`, of `cart`, and of `buyer`, who calls
    `shop`; with mutual TLS."""

    def __init__(self, directory, stack: contextlib.ExitStack):
        self.edge, self.to_shop = free_port(), free_port()
        self.apps = {name: stack.enter_context(App(name)) for name in ("shop", "cart")}
        self.plane = stack.enter_context(ControlPlane(directory))
        self.plane.apply(
            mesh(),
            zone("fra"),
            *(sidecar(f"{name}-1", name, "fra", app.port) for name, app in self.apps.items()),
            sidecar("buyer-1", "buyer", "fra", free_port(), {self.to_shop: "shop"}),
            gateway("ingress-fra", "INGRESS", "fra", free_port()),
            gateway("edge-ams", "EDGE", "ams", self.edge),
            allow("shop", "clew-edge", "buyer"),
            allow("cart", "clew-edge", "buyer"),
            public_route("shop.test", "shop"),
        )
        self.proxies = {name: stack.enter_context(Proxy(self.plane, name)) for name in NAMES}
        self.plane.wait_until_online(*NAMES)

    def get(self, path: str = "/", host: str = "shop.test", **more) -> requests.Response:
        """A client's request to the edge."""
        headers = {"Host": host} | more.pop("headers", {})
        url = f"http://127.0.0.1:{self.edge}{path}"
        return requests.get(url, headers=headers, timeout=10, allow_redirects=False, **more)

    def buy(self, path: str = "/", **headers: str) -> requests.Response:
        """A request of `buyer` to `shop`."""
        return requests.get(f"http://127.0.0.1:{self.to_shop}{path}", headers=headers, timeout=10)

    @contextlib.contextmanager
    def with_(self, *policies: dict):
        """While they hold."""
        self.plane.apply(*policies)
        try:
            self.plane.wait_until_online(*NAMES)
            yield
        finally:
            for one in policies:
                self.plane.cli("delete", one["type"], one["name"])
            self.plane.wait_until_online(*NAMES)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Site(tmp_path_factory.mktemp("site"), stack)


def route(*rules: dict) -> dict:
    """Of the host rules.test."""
    edges = {"kind": "MeshGateway", "name": "clew-edge"}
    to = [{"targetRef": ALL, "hostnames": ["rules.test"], "rules": list(rules)}]
    return policy("MeshHTTPRoute", "rules", targetRef=edges, to=to)


def to(*services: str) -> list[dict]:
    return [{"kind": "MeshService", "name": name} for name in services]


def prefix(path: str, **more) -> list[dict]:
    return [{"path": {"type": "PathPrefix", "value": path}} | more]


def test_a_rule_takes_what_it_matches(site):
    """Path, method, headers and parameters; the first that matches counts."""
    by_header = {"headers": [{"type": "RegularExpression", "name": "x-user", "value": "[0-9]+"}]}
    by_query = {"queryParams": [{"type": "Exact", "name": "q", "value": "cart"}]}
    is_there = {"queryParams": [{"type": "Present", "name": "cart"}]}
    rules = [
        {"matches": prefix("/by", **matched), "default": {"backendRefs": to("cart")}}
        for matched in (by_header, by_query, is_there, {"method": "POST"})
    ]
    rules.append({"matches": prefix("/"), "default": {"backendRefs": to("shop")}})
    with site.with_(route(*rules)):
        host = {"host": "rules.test"}
        assert site.get("/by", headers={"x-user": "12"}, **host).text == "cart"
        assert site.get("/by", headers={"x-user": "a"}, **host).text == "shop"
        assert site.get("/by?q=cart", **host).text == "cart"
        assert site.get("/by?q=shop", **host).text == "shop"
        assert site.get("/by?cart=7", **host).text == "cart"
        url = f"http://127.0.0.1:{site.edge}/by"
        assert requests.post(url, headers={"Host": "rules.test"}, timeout=10).text == "cart"
        assert site.get("/bystander?q=cart", **host).text == "shop"


def test_requests_are_shared_by_weight(site):
    refs = to("shop", "cart")
    refs[0]["weight"], refs[1]["weight"] = 80, 20
    with site.with_(route({"default": {"backendRefs": refs}})):
        answers = [site.get(host="rules.test").text for _ in range(200)]
    assert 10 < answers.count("cart") < 80  # 40 ± 5.7; beyond these once in ten million


def test_a_request_is_changed_on_its_way(site):
    filters = [
        {"type": "URLRewrite", "urlRewrite": {
            "hostname": "inner.test",
            "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/v2"}}},
        {"type": "RequestHeaderModifier", "requestHeaderModifier": {
            "set": [{"name": "x-set", "value": "new"}], "add": [{"name": "x-add", "value": "2"}],
            "remove": ["x-gone"]}},
        {"type": "ResponseHeaderModifier", "responseHeaderModifier": {
            "set": [{"name": "x-answer", "value": "changed"}]}},
    ]  # fmt: skip
    rule = {"matches": prefix("/api"),
            "default": {"filters": filters, "backendRefs": to("shop")}}  # fmt: skip
    with site.with_(route(rule)):
        sent = {"x-set": "old", "x-add": "1", "x-gone": "1"}
        answer = site.get("/api/cart?a=1", host="rules.test", headers=sent)
        got = site.apps["shop"].requests[-1]
        assert (answer.text, answer.headers["x-answer"]) == ("shop", "changed")
        assert (got.path, got.headers["host"]) == ("/v2/cart?a=1", "inner.test")
        assert got.headers["x-set"] == "new" and "x-gone" not in got.headers
        assert ",".join(got.headers.get_all("x-add")) == "1,2"
        assert site.get("/apis", host="rules.test").status_code == 404


def test_a_redirect_says_where_to(site):
    changed = {"scheme": "https", "hostname": "new.test", "statusCode": 308,
               "path": {"type": "ReplaceFullPath", "replaceFullPath": "/there"}}  # fmt: skip
    filters = [{"type": "RequestRedirect", "requestRedirect": changed}]
    with site.with_(route({"default": {"filters": filters}})):
        answer = site.get("/here", host="rules.test")
    assert (answer.status_code, answer.headers["location"]) == (308, "https://new.test/there")


def test_a_mirror_gets_what_the_other_gets(site):
    mirror = {"percentage": 100, "backendRef": {"kind": "MeshService", "name": "cart"}}
    filters = [{"type": "RequestMirror", "requestMirror": mirror}]
    with site.with_(route({"default": {"filters": filters, "backendRefs": to("shop")}})):
        assert site.get("/mirrored", host="rules.test").text == "shop"
        wait_until(lambda: [one for one in site.apps["cart"].requests if one.path == "/mirrored"])


def test_an_app_that_is_slow_is_not_waited_for(site):
    """MeshTimeout of requests: 504. And of a route only."""
    conf = {"http": {"requestTimeout": "200ms"}}
    of_all = policy("MeshTimeout", "slow", targetRef=ALL, to=[{"targetRef": ALL, "default": conf}])
    target = {"kind": "MeshHTTPRoute", "name": "shop.test"}
    of_route = policy(
        "MeshTimeout", "slow", targetRef=target, to=[{"targetRef": ALL, "default": conf}]
    )
    with slow(site.apps["shop"]) as answer_now:
        with site.with_(of_all):
            assert (site.get().status_code, site.buy().status_code) == (504, 504)
        with site.with_(of_route):
            assert site.get().status_code == 504
            late = []
            asking = threading.Thread(target=lambda: late.append(site.buy().status_code))
            asking.start()
            asking.join(0.6)
            assert asking.is_alive()
            answer_now.set()
            asking.join()
            assert late == [200]


@contextlib.contextmanager
def slow(app: App):
    """The app answers once the event that this gives is set, and afterwards at any rate."""
    now = threading.Event()
    original = app.server.RequestHandlerClass.do_GET

    def wait_first(handler) -> None:
        now.wait(20)
        with contextlib.suppress(OSError):  # who asked has gone
            original(handler)

    app.server.RequestHandlerClass.do_GET = wait_first
    try:
        yield now
    finally:
        now.set()
        app.server.RequestHandlerClass.do_GET = original


def test_what_fails_is_tried_again_as_often_as_is_said(site):
    conf = {"http": {"numRetries": 3, "retryOn": ["503"], "backOff": {"maxInterval": "50ms"}}}
    buyers = {"kind": "MeshService", "name": "buyer"}
    again = policy(
        "MeshRetry", "again", targetRef=buyers, to=[{"targetRef": ALL, "default": conf}]
    )
    app = site.apps["shop"]
    app.status = 503
    try:
        with site.with_(again):
            assert site.buy("/again").status_code == 503
        assert site.buy("/once").status_code == 503
    finally:
        app.status = 200
    paths = [one.path for one in app.requests]
    assert (paths.count("/again"), paths.count("/once")) == (4, 1)


def test_more_than_a_service_may_get_at_once_is_refused(site):
    """MeshCircuitBreaker's connectionLimits."""
    limits = {"connectionLimits": {"maxConnections": 1, "maxPendingRequests": 1, "maxRequests": 1}}
    shop = {"kind": "MeshService", "name": "shop"}
    buyers = {"kind": "MeshService", "name": "buyer"}
    breaker = policy("MeshCircuitBreaker", "narrow", targetRef=buyers,
                     to=[{"targetRef": shop, "default": limits}])  # fmt: skip
    with site.with_(breaker), slow(site.apps["shop"]) as answer_now:
        statuses = []
        threads = [
            threading.Thread(target=lambda: statuses.append(site.buy().status_code))
            for _ in range(5)
        ]
        for each in threads:
            each.start()
        wait_until(lambda: statuses.count(503) >= 3)
        answer_now.set()
        for each in threads:
            each.join()
        assert statuses.count(200) >= 1


def health_check(app_path: str, of: dict = ALL) -> dict:
    """Of `shop`, ten times a second."""
    conf = {"interval": "100ms", "noTrafficInterval": "100ms", "timeout": "2s",
            "unhealthyThreshold": 1, "healthyThreshold": 1, "http": {"path": app_path}}  # fmt: skip
    shop = {"kind": "MeshService", "name": "shop"}
    to_shop = [{"targetRef": shop, "default": conf}]
    return policy("MeshHealthCheck", "shop", targetRef=of, to=to_shop)


def test_an_app_that_says_it_is_ill_gets_nothing_wherever_requests_come_from(site):
    """MeshHealthCheck: edges ask through the ingress, sidecars each other."""

    def checked() -> bool:
        """Whether both the edge and the other sidecar's checks reached the app."""
        return {"buyer-1", "edge-ams"} <= {
            name for name, proxy in site.proxies.items()
            if any(proxy.stats("cluster.shop.health_check.success").values())
        }  # fmt: skip

    app = site.apps["shop"]
    with site.with_(health_check("/health")):
        wait_until(checked)
        assert [one for one in app.requests if one.path == "/health"]
        assert (site.get().status_code, site.buy().status_code) == (200, 200)
        app.status = 503
        try:
            wait_until(lambda: not healthy(site, "edge-ams") and not healthy(site, "buyer-1"))
            before = len([one for one in app.requests if one.path == "/"])
            assert (site.get().status_code, site.buy().status_code) == (503, 503)
            assert len([one for one in app.requests if one.path == "/"]) == before
        finally:
            app.status = 200
        wait_until(lambda: healthy(site, "edge-ams") and healthy(site, "buyer-1"))
        assert (site.get().status_code, site.buy().status_code) == (200, 200)


def healthy(site: Site, proxy: str) -> int:
    """How many endpoints of `shop` that proxy takes for healthy."""
    return site.proxies[proxy].stats("cluster.shop.membership_healthy$").popitem()[1]


def test_edges_may_ask_an_ingress_for_itself(site):
    """At /healthz, for which no service is named."""
    app = site.apps["shop"]
    with site.with_(health_check("/healthz", {"kind": "MeshGateway", "name": "clew-edge"})):
        edge = site.proxies["edge-ams"]
        wait_until(lambda: any(edge.stats("cluster.shop.health_check.success").values()))
        assert healthy(site, "edge-ams") == 1
        assert "/healthz" not in [one.path for one in app.requests]


def test_where_others_may_come_in_the_clear_the_mesh_still_has_its_tls(site):
    """MeshTLS Permissive, for who moves into the mesh."""
    url = f"http://127.0.0.1:{inbound(site, 'shop-1')}/"
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)
    shop = {"kind": "MeshService", "name": "shop"}
    open_ = policy("MeshTLS", "open", targetRef=shop, rules=[{"default": {"mode": "Permissive"}}])
    with site.with_(open_):
        assert requests.get(url, timeout=10).text == "shop"
        assert site.buy().text == "shop"
        counted = site.proxies["shop-1"].stats(rf"_{inbound(site, 'shop-1')}.ssl.handshake")
        assert sum(counted.values()) > 0
    wait_until(lambda: refused(url))


def inbound(site: Site, name: str) -> int:
    url = site.plane.url(f"/meshes/default/dataplanes/{name}")
    return requests.get(url, timeout=10).json()["networking"]["inbound"][0]["port"]


def refused(url: str) -> bool:
    try:
        requests.get(url, timeout=10)
    except requests.ConnectionError:
        return True
    return False


def test_a_zone_that_is_switched_off_is_not_entered(site):
    assert site.get().status_code == 200
    site.plane.apply(zone("fra", enabled=False))
    try:
        wait_until(lambda: site.get().status_code == 503)
        assert site.buy().status_code == 200  # within it all is as before
    finally:
        site.plane.apply(zone("fra"))
    wait_until(lambda: site.get().status_code == 200)


class Instances:
    """Two instances each of `cart` (HTTP) and of `store` (TCP), and `buyer`, who calls all by one
    port; with mutual TLS."""

    def __init__(self, directory, stack: contextlib.ExitStack):
        self.to_all, self.to_store, self.to_both = (free_port() for _ in range(3))
        self.plane = stack.enter_context(ControlPlane(directory))
        apps = [stack.enter_context(App(name)) for name in ("one", "two")]
        echoes = [stack.enter_context(Echo(name)) for name in ("one", "two")]
        buyer = sidecar("buyer-1", "buyer", "fra", free_port(), {
            self.to_all: "*", self.to_store: "store", self.to_both: "both"})  # fmt: skip
        carts = [sidecar(f"cart-{i}", "cart", "fra", app.port) for i, app in enumerate(apps)]
        for each in carts:
            each["labels"]["kind"] = "basket"
        self.stores = [
            sidecar(f"store-{i}", "store", "fra", echo.port, protocol="tcp")
            for i, echo in enumerate(echoes)
        ]
        selector = {"dataplaneLabels": {"matchLabels": {"kind": "basket"}}}
        both = policy("MeshService", "both", selector=selector)
        self.plane.apply(
            mesh(), zone("fra"), buyer, *carts, *self.stores, both, allow("cart", "buyer"),
            allow("store", "buyer"),
        )  # fmt: skip
        self.names = ("buyer-1", "cart-0", "cart-1", "store-0", "store-1")
        self.proxies = {
            name: stack.enter_context(Proxy(self.plane, name)) for name in self.names
        }
        self.plane.wait_until_online(*self.names)

    def get(self, host: str, **headers: str) -> requests.Response:
        """A request of `buyer` through the port for all services."""
        url = f"http://127.0.0.1:{self.to_all}/"
        return requests.get(url, headers={"Host": host} | headers, timeout=10)

    def talk(self) -> bytes:
        """What an instance of `store` says to `buyer`; nothing if it hangs up."""
        with socket.create_connection(("127.0.0.1", self.to_store), timeout=10) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"hello")
                return connection.recv(100)
        return b""


class Echo:
    """Answers on every connection with its name and what came first."""

    def __init__(self, name: str):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.sendall(name.encode() + b": " + self.request.recv(100))

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self) -> Echo:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def instances(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Instances(tmp_path_factory.mktemp("instances"), stack)


def test_one_port_reaches_every_service_by_its_name(instances):
    assert {instances.get("cart").text for _ in range(20)} == {"one", "two"}
    assert instances.get("cart.mesh").status_code == 200
    assert instances.get("both").status_code == 200  # a MeshService, by labels
    assert instances.get("nobody").status_code == 404


def test_a_declared_service_has_the_instances_that_it_selects(instances):
    url = f"http://127.0.0.1:{instances.to_both}/"
    assert {requests.get(url, timeout=10).text for _ in range(20)} == {"one", "two"}


def test_requests_that_are_alike_go_to_one_instance(instances):
    """MeshLoadBalancingStrategy: RingHash by a header."""
    hashed = {"type": "Header", "header": {"name": "x-user"}}
    ring = {"loadBalancer": {"type": "RingHash", "ringHash": {"hashPolicies": [hashed]}}}
    cart = {"kind": "MeshService", "name": "cart"}
    instances.plane.apply(
        policy("MeshLoadBalancingStrategy", "ring", targetRef=ALL,
               to=[{"targetRef": cart, "default": ring}])
    )  # fmt: skip
    instances.plane.wait_until_online(*instances.names)

    def of(user: int) -> set[str]:
        return {instances.get("cart", **{"x-user": str(user)}).text for _ in range(5)}

    users = [of(user) for user in range(20)]
    assert all(len(one) == 1 for one in users)
    assert {name for one in users for name in one} == {"one", "two"}


def test_bytes_go_over_mutual_tls_to_whom_they_may(instances):
    assert {instances.talk() for _ in range(20)} == {b"one: hello", b"two: hello"}
    port = instances.stores[0]["networking"]["inbound"][0]["port"]
    counted = instances.proxies["store-0"].stats(f"_{port}.ssl.handshake")
    assert sum(counted.values()) > 0
    instances.plane.apply(allow("store", "somebody else"))
    wait_until(lambda: instances.talk() == b"")
    instances.plane.apply(allow("store", "buyer"))
    wait_until(lambda: instances.talk() != b"")
