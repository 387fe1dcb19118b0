"""The control plane with real Envoys: a request's way, its certificates and its trace."""

from __future__ import annotations

import contextlib

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
from otlp_sink import OtlpSink, attributes


class Shop:
    """An edge, an ingress, and two services each behind a sidecar: frontend calls cart."""

    def __init__(self, tmp_path, stack: contextlib.ExitStack):
        self.edge, self.to_cart, self.from_cart = free_port(), free_port(), free_port()
        self.sink = stack.enter_context(OtlpSink())
        self.frontend = stack.enter_context(App("frontend"))
        self.cart = stack.enter_context(App("cart"))
        self.plane = stack.enter_context(ControlPlane(tmp_path))
        self.plane.apply(
            mesh(),
            zone("fra"),
            sidecar("frontend-1", "frontend", "fra", self.frontend.port, {self.to_cart: "cart"}),
            sidecar("cart-1", "cart", "fra", self.cart.port, {self.from_cart: "frontend"}),
            gateway("ingress-fra", "INGRESS", "fra", free_port()),
            gateway("edge-ams", "EDGE", "ams", self.edge),
            public_route("shop.example.com", "frontend"),
            allow("frontend", "clew-edge"),
            allow("cart", "frontend"),
            trace(f"127.0.0.1:{self.sink.port}"),
        )
        names = ("frontend-1", "cart-1", "ingress-fra", "edge-ams")
        self.proxies = {
            name: stack.enter_context(Proxy(self.plane, name)) for name in names
        }
        self.plane.wait_until_online(*names)

    def get(self, path: str = "/", **headers: str) -> requests.Response:
        """A client's request to the edge."""
        return requests.get(
            f"http://127.0.0.1:{self.edge}{path}",
            headers={"Host": "shop.example.com"} | headers, timeout=10,
        )  # fmt: skip

    def spans_of(self, trace_id: str) -> list:
        return [
            (attributes(resource), span)
            for resource, span in self.sink.all_spans()
            if span.trace_id.hex() == trace_id
        ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Shop(tmp_path_factory.mktemp("shop"), stack)


def test_a_request_finds_its_way_and_leaves_one_trace(shop):
    answer = shop.get("/")
    assert (answer.status_code, answer.text) == (200, "frontend")
    trace_id = answer.headers["x-trace-id"]
    spans = shop.sink.wait_for(lambda: len(s := shop.spans_of(trace_id)) == 5 and s)
    by_id = {span.span_id: (resource, span) for resource, span in spans}
    (leaf,) = [s for r, s in spans if r["service.name"] == "frontend-sidecar"]
    way = []
    while True:
        resource, span = by_id[leaf.span_id]
        way.append((resource["service.name"], span.kind, span.name))
        if not leaf.parent_span_id:
            break
        leaf = by_id[leaf.parent_span_id][1]
    assert way == [
        ("frontend-sidecar", 2, "GET /"),
        ("clew-ingress", 3, "GET /"),
        ("clew-ingress", 2, "GET /"),
        ("clew-edge", 3, "GET /"),
        ("clew-edge", 2, "GET /"),
    ]
    (chosen,) = [s for r, s in spans if r["service.name"] == "clew-edge" and s.kind == 3]
    tags = attributes(chosen)
    assert (tags["core_location"], tags["core_location.reason"]) == ("fra", "nearest")


def test_services_talk_by_mutual_tls_and_only_to_whom_they_may(shop):
    answer = requests.get(f"http://127.0.0.1:{shop.to_cart}/", timeout=10)
    assert (answer.status_code, answer.text) == (200, "cart")
    refused = requests.get(f"http://127.0.0.1:{shop.from_cart}/", timeout=10)
    assert (refused.status_code, refused.text) == (403, "RBAC: access denied")
    port = _inbound(shop, "cart-1")
    assert shop.proxies["cart-1"].stats(f"_{port}.ssl.handshake")
    with pytest.raises(requests.ConnectionError):  # plaintext, without a certificate
        requests.get(f"http://127.0.0.1:{port}/", timeout=10)


def _inbound(shop: Shop, name: str) -> int:
    answer = requests.get(shop.plane.url(f"/meshes/default/dataplanes/{name}"), timeout=10).json()
    return answer["networking"]["inbound"][0]["port"]


def test_tracing_of_one_app_is_one_command(shop):
    def traced() -> bool:
        return shop.get("/").headers["x-trace-id"] != "" and bool(_sampled(shop))

    wait_until(traced)
    shop.plane.cli("trace", "frontend", "0")
    wait_until(lambda: not _sampled(shop))
    edge = shop.proxies["edge-ams"].stats("lds.update_success|rds.*update_success")
    shop.plane.cli("trace", "frontend", "default")
    wait_until(lambda: _sampled(shop))
    after = shop.proxies["edge-ams"].stats("lds.update_success|rds.*update_success")
    lds = "listener_manager.lds.update_success"
    assert after[lds] == edge[lds]  # routes only


def _sampled(shop: Shop) -> bool:
    """Whether a new request's spans are to be exported, as the app is told."""
    shop.get("/")
    context = shop.frontend.requests[-1].headers.get("traceparent", "")
    return context.endswith("-01")


def test_a_restart_of_the_control_plane_changes_nothing_on_proxies(shop):
    shop.plane.wait_until_online(*shop.proxies)
    before = {
        name: proxy.stats("lds.update_success|cds.update_success")
        for name, proxy in shop.proxies.items()
    }
    shop.plane.kill()
    assert shop.get("/").status_code == 200
    shop.plane.start()
    shop.plane.wait_until_online(*shop.proxies)
    for name, proxy in shop.proxies.items():
        assert proxy.stats("lds.update_success|cds.update_success") == before[name]
    assert shop.get("/").status_code == 200


def test_the_authority_can_be_replaced_while_requests_flow(shop):
    for step in ("begin", "activate", "finish"):
        shop.plane.cli("authority", step)
        shop.plane.wait_until_online(*shop.proxies)
        for _ in range(5):
            assert shop.get("/").status_code == 200


def test_a_proxy_without_its_token_gets_nothing(shop, tmp_path):
    other = shop.plane.cli("proxy-token", "cart-1")
    with Proxy(shop.plane, "frontend-1", token=other) as impostor:
        wait_until(lambda: "this token is of default.cart-1" in impostor.log.read_text())


def test_requests_go_to_the_next_zone_when_a_gateway_is_gone(tmp_path):
    """Without any policy: two zones run the service, and the nearest one's gateway dies."""
    edge = free_port()
    with contextlib.ExitStack() as stack:
        apps = {name: stack.enter_context(App(name)) for name in ("fra", "was")}
        plane = stack.enter_context(ControlPlane(tmp_path))
        plane.apply(
            mesh(),
            zone("fra", coordinates={"latitude": 50, "longitude": 8}),
            zone("was", coordinates={"latitude": 39, "longitude": -77}),
            {"type": "Edge", "name": "ams", "coordinates": {"latitude": 52, "longitude": 5}},
            *(sidecar(f"shop-{name}", "shop", name, app.port) for name, app in apps.items()),
            *(gateway(f"ingress-{name}", "INGRESS", name, free_port()) for name in apps),
            gateway("edge-ams", "EDGE", "ams", edge),
            public_route("*", "shop"),
            allow("shop", "clew-edge"),
        )
        names = [f"{kind}-{name}" for kind in ("shop", "ingress") for name in apps]
        proxies = {
            name: stack.enter_context(Proxy(plane, name)) for name in [*names, "edge-ams"]
        }
        plane.wait_until_online(*proxies)

        def answers(count: int) -> set[tuple[int, str]]:
            responses = [
                requests.get(f"http://127.0.0.1:{edge}/", timeout=10) for _ in range(count)
            ]
            return {(one.status_code, one.text) for one in responses}

        assert answers(10) == {(200, "fra")}
        proxies["ingress-fra"].process.kill()
        proxies["ingress-fra"].process.wait()
        # What was sent into a connection that ends at that moment is lost; the next is not.
        wait_until(lambda: not any(proxies["edge-ams"].stats("shop.upstream_cx_active").values()))
        assert answers(30) == {(200, "was")}


def test_what_was_not_delivered_is_sent_to_another_instance_whatever_its_method(tmp_path):
    """Two instances, of which one's app is gone while its sidecar still answers for it."""
    to_shop = free_port()
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(App("shop"))
        plane = stack.enter_context(ControlPlane(tmp_path))
        dead = sidecar("shop-dead", "shop", "fra", free_port())
        plane.apply(
            mesh(),
            zone("fra"),
            sidecar("shop-alive", "shop", "fra", app.port),
            dead,
            sidecar("buyer", "buyer", "fra", free_port(), {to_shop: "shop"}),
            allow("shop", "buyer"),
        )
        names = ("shop-alive", "shop-dead", "buyer")
        proxies = {name: stack.enter_context(Proxy(plane, name)) for name in names}
        plane.wait_until_online(*names)

        def post() -> requests.Response:
            return requests.post(f"http://127.0.0.1:{to_shop}/", timeout=10)

        assert {post().status_code for _ in range(20)} == {200}
        assert sum(proxies["shop-dead"].stats("inbound.*downstream_rq_5xx").values()) > 0

        dead["networking"]["inbound"][0]["state"] = "NotReady"  # then it gets none at all
        plane.apply(dead)
        clusters = f"http://127.0.0.1:{proxies['buyer'].admin}/clusters"
        port = dead["networking"]["inbound"][0]["port"]
        wait_until(lambda: f":{port}::" not in requests.get(clusters, timeout=10).text)
        assert {post().status_code for _ in range(10)} == {200}


def test_a_change_of_all_clusters_waits_for_nothing(shop):
    """Envoy keeps the old cluster until the new one has endpoints, and is silent until then."""
    shop.plane.apply(
        policy("MeshTimeout", "all", targetRef=ALL,
               to=[{"targetRef": ALL, "default": {"connectionTimeout": "3s"}}])
    )  # fmt: skip
    shop.plane.wait_until_online("edge-ams", "ingress-fra", "frontend-1", "cart-1")
    assert shop.get("/").status_code == 200
    for name, proxy in shop.proxies.items():
        late = proxy.stats("init_fetch_timeout|warming_clusters")
        assert late and not any(late.values()), (name, late)


def test_what_envoy_refuses_is_shown_with_its_cause_and_stops_nobody(shop):
    edges = {"kind": "MeshGateway", "name": "clew-edge"}
    plain = {"type": "File", "file": {"path": "/dev/null", "format": {"plain": "%NO_SUCH_THING%"}}}
    rules = [{"targetRef": ALL, "default": {"backends": [plain]}}]
    shop.plane.apply(policy("MeshAccessLog", "wrong", targetRef=edges, **{"from": rules}))
    edge = wait_until(
        lambda: (one := shop.plane.proxies()["edge-ams"])["status"] == "refused" and one
    )
    for refusal in edge["refusals"]:  # of its listeners, the internal one of debug tokens as well
        assert "NO_SUCH_THING" in refusal["text"]
        assert "MeshAccessLog wrong" in refusal["from"]
    assert shop.plane.proxies()["ingress-fra"]["status"] == "online"
    assert shop.get("/").status_code == 200  # the last good one holds
    inspected = shop.plane.cli("inspect", "proxy", "edge-ams")
    assert "refused Listener" in inspected
    assert "certificate of spiffe://default/clew-edge until " in inspected
    described = shop.plane.cli("describe", "MeshAccessLog", "wrong")
    assert "/dev/null" in described and "reaches 1 proxy\n  edge-ams\n" in described
    assert "create" in described.splitlines()[-1]
    shop.plane.cli("delete", "MeshAccessLog", "wrong")
    shop.plane.wait_until_online("edge-ams")
