"""HTTP/3 at an edge: the same as over TCP, which offers it."""

from __future__ import annotations

import contextlib
import uuid

import pytest

import http3
from hops import SERVER, TRACE, traceparent
from test_edge_tls import NAMES, TlsHops


@pytest.fixture(scope="module")
def hops(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield TlsHops(tmp_path_factory.mktemp("tls-hops"), stack)


def get(hops: TlsHops, name: str, *headers: tuple[str, str]):
    """What the client got, and what the app received."""
    path = f"/{uuid.uuid4().hex}"
    trusted = hops.directory / "trusted.pem"
    answer = http3.get(hops.first, name, path, *headers, trusted=trusted)
    return answer, hops.received(path)


@pytest.mark.parametrize("option", ["--http1.1", "--http2"])
def test_over_tcp_an_edge_offers_http3_for_a_day(hops, option):
    got = hops.curl(hops.first, "shop.test", option)
    assert got.answer["alt-svc"] == f'h3=":{hops.first}"; ma=86400'
    got = hops.curl(hops.first, "shop.test", option, host="unknown.test")
    assert (got.status, got.answer["alt-svc"]) == (404, f'h3=":{hops.first}"; ma=86400')
    assert hops.curl(hops.second, "plain.test", option).answer["alt-svc"] is None


@pytest.mark.parametrize("name", NAMES)
def test_the_certificate_is_that_of_the_name_the_client_asks_for(hops, name):
    answer, _ = get(hops, name)
    assert (answer.status, answer.body) == (200, name.removesuffix(".test"))


def test_a_request_is_traced_as_any_other(hops):
    answer, _ = get(hops, "shop.test")
    spans = hops.trace(answer.headers["x-trace-id"], 5)
    root = spans[0]
    assert (root.proxy, root.kind, root.name) == ("clew-edge", SERVER, "GET /")
    assert root.tags["http.protocol"] == "HTTP/3"
    assert root.tags["http.url"].startswith(f"https://shop.test:{hops.first}/")


def test_a_debug_token_is_checked_as_over_tcp(hops):
    token = hops.plane.cli("debug-token", "shop.test").strip()
    answer, app = get(hops, "shop.test", ("x-clew-debug", token))
    assert (answer.status, answer.body) == (200, "shop")
    spans = hops.trace(answer.headers["x-trace-id"], 5)
    assert [span.tags["sampling.priority"] for span in spans] == ["1"] * 5
    assert "x-clew-debug" not in app and app["x-mesh-debug"] == "1"
    answer, app = get(hops, "plain.test", ("x-clew-debug", token))
    assert (answer.status, app) == (403, None)
    answer, app = get(hops, "shop.test", ("x-clew-debug", token[:-9]))
    assert (answer.status, app) == (401, None)


LIES = {
    "traceparent": traceparent("00"),
    "baggage": "a=1",
    "b3": "0",
    "forwarded": "for=203.0.113.9",
    "x-envoy-force-trace": "1",
    "x-envoy-original-path": "/theirs",
    "x-forwarded-for": "203.0.113.9",
    "x-mesh-service": "plain",
    "x-real-ip": "203.0.113.9",
}


def test_a_clients_word_counts_for_no_more_than_elsewhere(hops):
    answer, app = get(hops, "shop.test", *LIES.items())
    assert answer.body == "shop"
    spans = hops.trace(answer.headers["x-trace-id"], 5)
    assert spans[0].tags["client.traceparent"] == LIES["traceparent"]
    assert app["traceparent"].split("-")[1] == spans[0].trace_id != TRACE
    assert [name for name in LIES if app[name] == LIES[name]] == []
    assert app["x-envoy-external-address"] == "127.0.0.1"
    assert app["x-forwarded-proto"] == "https"


@pytest.mark.parametrize("header", [("x_y", "1"), ("user-agent", "\xff")], ids=["name", "bytes"])
def test_what_reads_two_ways_ends_the_request(hops, header):
    """Where HTTP/1.1 has 400, and for bytes that are no text a `user-agent` that says so."""
    before = sum(len(app.requests) for app in hops.apps.values())
    with pytest.raises(ConnectionError):
        get(hops, "shop.test", header)
    hops.settle()
    assert sum(len(app.requests) for app in hops.apps.values()) == before + 1
