"""What real Envoys, configured by `clew mesh run`, make of trace headers and of requests that fail:
what is exported, what the app is told, and what the client gets back."""

from __future__ import annotations

import contextlib
import http.client
import re
import uuid

import pytest
import requests

from clew import Clew
from hops import (
    CLIENT,
    ERROR,
    PARENT,
    SERVER,
    TRACE,
    Hops,
    new_trace_id,
    traceparent,
)
from mesh import App, ControlPlane, Proxy, mesh, sidecar, trace, zone

REMOTE_PARENT, LOCAL_PARENT = 0x301, 0x101  # OTLP's flags of a span
GARBAGE = "garbage"
FUTURE = f"cc-{TRACE}-{PARENT}-01-what-the-future-will-be-like"
IDS = {"ids": lambda value: value.split("-")[0] if value.startswith("cc-") else value[-7:]}


@pytest.fixture(scope="module")
def hops(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Hops(tmp_path_factory.mktemp("hops"), stack)


def shape(spans) -> list[tuple]:
    return [(span.proxy, span.kind, span.name) for span in spans]


def reason(request_id: str) -> str:
    """What the version digit of a request ID says of tracing to the next hop."""
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", request_id), request_id
    return {"4": "not traced", "9": "sampled", "a": "forced", "b": "client"}[request_id[14]]


# The edge: what outsiders send changes nothing.


def test_without_a_header_the_edge_begins_a_trace_and_names_it(hops):
    """no header: root span; x-trace-id in the answer; upstream gets traceparent and an empty
    tracestate."""
    got = hops.ask("edge")
    assert (got.status, got.body) == (200, "shop")
    trace_id = got.answer["x-trace-id"]
    spans = hops.trace(trace_id, 5)
    assert shape(spans) == [
        ("clew-edge", SERVER, "GET /"),
        ("clew-edge", CLIENT, "GET /"),
        ("clew-ingress", SERVER, "GET /"),
        ("clew-ingress", CLIENT, "GET /"),
        ("shop-sidecar", SERVER, "GET /"),
    ]
    assert [span.parent for span in spans] == ["", *(span.span_id for span in spans[:-1])]
    assert got.app["traceparent"] == f"00-{trace_id}-{spans[-1].span_id}-01"
    assert got.app["tracestate"] == ""
    assert "client.traceparent" not in spans[0].tags
    assert got.app["x-client-traceparent"] is None


@pytest.mark.parametrize("theirs", [traceparent("01"), traceparent("00"), GARBAGE, FUTURE], **IDS)
def test_the_edge_begins_a_trace_of_its_own_whatever_the_client_says(hops, theirs):
    """traceparent ..-01, ..-00, garbage, version cc with a tail: early_header_mutation makes a
    fresh root of each; the caller's value is kept as client.traceparent."""
    got = hops.ask("edge", ("traceparent", theirs), ("tracestate", "them=1"))
    spans = hops.trace(got.answer["x-trace-id"], 5)
    assert (spans[0].proxy, spans[0].parent, spans[0].flags) == ("clew-edge", "", LOCAL_PARENT)
    assert got.trace_id == got.answer["x-trace-id"] != TRACE
    assert got.sampled
    tagged = [span.tags.get("client.traceparent") for span in spans]
    assert tagged == [theirs, theirs, None, None, None]
    assert got.app["x-client-traceparent"] is None
    assert got.app["tracestate"] == ""
    assert not [span for span in hops.spans() if span.trace_id == TRACE]


def test_the_edge_takes_no_name_for_the_callers_context_from_the_caller(hops):
    """x-client-traceparent is the edge's own word."""
    got = hops.ask("edge", ("x-client-traceparent", "a lie"))
    assert got.app["x-client-traceparent"] is None
    spans = hops.trace(got.trace_id, 5)
    assert not [span for span in spans if "client.traceparent" in span.tags]


FOREIGN = {
    "tracestate": "them=1",
    "baggage": "user=1",
    "b3": f"{TRACE}-{PARENT}-0",
    "x-b3-traceid": TRACE,
    "x-b3-spanid": PARENT,
    "x-b3-parentspanid": PARENT,
    "x-b3-sampled": "0",
    "x-b3-flags": "1",
    "x-datadog-trace-id": "1",
    "x-datadog-parent-id": "1",
    "x-datadog-sampling-priority": "-1",
    "x-datadog-origin": "rum",
    "uber-trace-id": f"{TRACE}:{PARENT}:0:0",
    "uberctx-user": "1",
    "sw8": "0-MQ==-MQ==-1-MQ==-MQ==-MQ==-MQ==",
    "sw8-correlation": "MQ==:MQ==",
    "sw8-x": "1",
    "x-client-trace-id": "theirs",
    "x-amzn-trace-id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Sampled=0",
    "x-trace-id": TRACE,
    "x-cloud-trace-context": f"{TRACE}/1;o=0",
    "x-ot-span-context": f"{TRACE};{PARENT}",
    "ot-tracer-traceid": PARENT,
    "ot-tracer-spanid": PARENT,
    "ot-tracer-sampled": "false",
    "grpc-trace-bin": "AAAK92UZFs1D3YRI6yEcgDGcAbetaxaSAzMxAgA=",
    "x-mesh-service": "plain",
    "x-mesh-route": "theirs",
    "x-mesh-anything": "1",
    "x-envoy-force-trace": "1",
    "x-envoy-decorator-operation": "theirs",
    "x-envoy-attempt-count": "7",
    "x-envoy-original-path": "/theirs",
    "x-envoy-peer-metadata": "theirs",
    "x-envoy-peer-metadata-id": "theirs",
    "x-envoy-downstream-service-cluster": "theirs",
    "x-envoy-upstream-rq-timeout-ms": "1",
    "x-forwarded-host": "theirs.test",
    "x-forwarded-port": "1",
    "x-forwarded-prefix": "/theirs",
    "forwarded": "for=203.0.113.9",
    "x-real-ip": "203.0.113.9",
    "x-client-ip": "203.0.113.9",
    "x-cluster-client-ip": "203.0.113.9",
    "true-client-ip": "203.0.113.9",
    "x-original-url": "/theirs",
    "x-rewrite-url": "/theirs",
}


@pytest.mark.parametrize("spelled", [str.lower, str.title], ids=["lower", "title"])
def test_the_edge_strips_every_header_that_steers_traces(hops, spelled):
    """early_header_mutation kills x-client-trace-id, baggage and all their like from outside."""
    got = hops.ask("edge", *((spelled(name), value) for name, value in FOREIGN.items()))
    assert (got.status, got.body) == (200, "shop")
    ours = {"tracestate": "", "x-mesh-route": "GET /"}
    left = {name: got.app[name] for name in FOREIGN if name in got.app}
    assert left == ours
    spans = hops.trace(got.answer["x-trace-id"], 5)
    assert {span.name for span in spans} == {"GET /"}
    assert reason(got.app["x-request-id"]) == "sampled"


def test_where_the_edge_does_not_sample_a_client_cannot_make_it(hops):
    """x-envoy-force-trace from outside is ignored and stripped; x-client-trace-id from outside with
    random 0 is not exported."""
    for header in ("x-envoy-force-trace", "x-client-trace-id", "x-b3-sampled", "x-b3-flags"):
        got = hops.ask("edge", (header, "1"), host="straight.test")
        assert got.app[header] is None
        assert not got.sampled
        assert reason(got.app["x-request-id"]) == "not traced"
        hops.assert_nothing_of(got, got.trace_id)


@pytest.mark.parametrize("digit", "49ab")
def test_the_edge_replaces_the_clients_request_id(hops, digit):
    """client x-request-id at an edge (use_remote_address): replaced, so that its version digit
    decides nothing."""
    theirs = f"aaaaaaaa-bbbb-{digit}ccc-8ddd-eeeeeeeeeeee"
    got = hops.ask("edge", ("x-request-id", theirs))
    assert got.app["x-request-id"][:8] != theirs[:8]
    assert reason(got.app["x-request-id"]) == "sampled"
    (root, *_) = hops.trace(got.trace_id, 5)
    assert root.tags["guid:x-request-id"] == got.app["x-request-id"]
    straight = hops.ask("edge", ("x-request-id", theirs), host="straight.test")  # random 0
    assert straight.app["x-request-id"][:8] != theirs[:8]
    assert (reason(straight.app["x-request-id"]), straight.sampled) == ("not traced", False)


def test_a_tenth_of_a_routes_requests_is_a_tenth(hops):
    """A MeshTrace of one route: random 10."""
    sampled = [hops.ask("edge", host="tenth.test").sampled for _ in range(200)]
    assert 3 < sum(sampled) < 60  # 20 ± 4; beyond these once in a million


@pytest.mark.parametrize("host", ["off.test", "unlucky.test"], ids=["overall-0", "random-0"])
def test_a_route_that_is_not_sampled_leaves_no_span_at_any_hop(hops, host):
    """route tracing override 0 %: later hops follow, because they are told 00."""
    got = hops.ask("edge", ("traceparent", traceparent("01")), host=host)
    assert (got.status, got.sampled) == (200, False)
    hops.assert_nothing_of(got, got.trace_id, TRACE)


def test_a_route_names_its_spans_and_tags_them(hops):
    """route tracing override: span name "my-service /dec" and an extra tag."""
    got = hops.ask("edge", host="named.test")
    spans = hops.trace(got.trace_id, 5)
    assert {span.name for span in spans} == {"my-service /dec"}
    assert [span.tags.get("team") for span in spans] == ["core", "core", None, None, None]


LONG, NO_TEXT = "x" * 50_000, "\xff\xfe"


def test_the_edge_keeps_no_more_of_a_callers_context_than_a_context_is_long(hops):
    """Or spans of 50 kB, two for each request, would make exports larger than collectors take."""
    got = hops.ask("edge", ("traceparent", LONG))
    spans = hops.trace(got.answer["x-trace-id"], 5)
    assert len(spans[0].tags.get("client.traceparent", "")) < 500


@pytest.mark.parametrize("header", ["traceparent", "user-agent"])
def test_no_client_can_make_a_collector_refuse_spans(hops, header):
    """Text of protobuf is UTF-8: other bytes in one tag cost all spans of the export, if the
    collector is strict as the sink is. Envoy counts them as sent."""
    got = hops.ask("edge", (header, NO_TEXT))
    hops.settle()
    trace_id = got.answer["x-trace-id"]
    assert len([span for span in hops.spans() if span.trace_id == trace_id]) == 5


def test_our_collector_takes_spans_whose_text_is_no_utf8(tmp_path):
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(App("shop"))
        clew = stack.enter_context(Clew("all-in-one", tmp_path))
        plane = stack.enter_context(ControlPlane(tmp_path))
        one = sidecar("shop-1", "shop", "fra", app.port)
        plane.apply(mesh(None), zone("fra"), one, trace(f"127.0.0.1:{clew.grpc}"))
        stack.enter_context(Proxy(plane, "shop-1"))
        plane.wait_until_online("shop-1")
        trace_id = new_trace_id()
        url = f"http://127.0.0.1:{one['networking']['inbound'][0]['port']}/"
        headers = {"traceparent": traceparent("01", trace_id), "user-agent": b"\xc3\xbc\xff"}
        assert requests.get(url, headers=headers, timeout=10).text == "shop"
        (span,) = clew.wait_for_trace(trace_id, 1)["spans"]
        tags = {tag["key"]: tag["value"] for tag in span["tags"]}
        assert tags["user_agent"] == "ü\N{REPLACEMENT CHARACTER}"


STRANGE = [
    ("/{}", ("x_y", "1"), 400, None),
    ("/a%2f{}", None, 307, "/a/{}"),
    ("/a%5c..%5c{}", None, 307, "/{}"),
    ("/a/..//./{}", None, 200, "/{}"),
]


@pytest.mark.parametrize("path, header, status, becomes", STRANGE)
def test_the_edge_hands_on_no_path_or_name_that_reads_two_ways(hops, path, header, status, becomes):
    """normalize_path, merge_slashes, escaped slashes; names with underscores."""
    number = uuid.uuid4().hex
    connection = http.client.HTTPConnection("127.0.0.1", hops.ports["edge"], timeout=10)
    with contextlib.closing(connection):
        headers = {"Host": "shop.test"} | dict([header] if header else [])
        connection.request("GET", path.format(number), headers=headers)
        answer = connection.getresponse()
        answer.read()
    assert answer.status == status
    if status == 307:
        assert answer.headers["location"] == becomes.format(number)
    assert (hops.received(f"/{number}") is not None) == (status == 200)


# The hops behind it: they trust whom they hear from.


@pytest.mark.parametrize("hop, count", [("ingress", 3), ("shop", 1)])
def test_an_inner_hop_joins_the_trace_it_is_told_of(hops, hop, count):
    """traceparent ..-01, no sampler: joins the client's trace, exported."""
    trace_id = new_trace_id()
    got = hops.ask(hop, ("traceparent", traceparent("01", trace_id)))
    spans = hops.trace(trace_id, count)
    first, last = spans[0], spans[-1]
    assert (first.parent, first.flags) == (PARENT, REMOTE_PARENT)
    assert got.app["traceparent"] == f"00-{trace_id}-{last.span_id}-01"
    assert [span.kind for span in spans] == [SERVER, CLIENT, SERVER][:count]


@pytest.mark.parametrize("hop", ["ingress", "shop"])
def test_an_inner_hop_exports_nothing_of_an_unsampled_trace(hops, hop):
    """traceparent ..-00, no sampler: not exported, 00 forwarded; x-envoy-force-trace does not
    help."""
    trace_id = new_trace_id()
    theirs = ("traceparent", traceparent("00", trace_id))
    for headers in ([theirs], [theirs, ("x-envoy-force-trace", "1")]):
        got = hops.ask(hop, *headers)
        assert got.trace_id == trace_id
        assert not got.sampled
        hops.assert_nothing_of(got, trace_id)


@pytest.mark.parametrize("hop", ["ingress", "shop"])
@pytest.mark.parametrize("theirs", [GARBAGE, FUTURE], **IDS)
def test_an_inner_hop_is_blinded_by_what_it_cannot_read(hops, hop, theirs):
    """traceparent garbage / version cc + tail: nothing exported by this hop nor any later one, the
    garbage forwarded untouched. (Which is why the edge removes it.)"""
    got = hops.ask(hop, ("traceparent", theirs))
    assert (got.status, got.app["traceparent"]) == (200, theirs)
    assert got.app["tracestate"] is None
    hops.assert_nothing_of(got, TRACE)


def test_an_apps_own_requests_are_part_of_its_trace(hops):
    """traceparent ..-01 on a sidecar's way out: one CLIENT span, which joins."""
    trace_id = new_trace_id()
    got = hops.ask("outbound", ("traceparent", traceparent("01", trace_id)), host="plain")
    assert got.body == "plain"
    (span,) = hops.trace(trace_id, 1)
    assert (span.proxy, span.kind, span.parent) == ("shop-sidecar", CLIENT, PARENT)
    assert got.app["traceparent"] == f"00-{trace_id}-{span.span_id}-01"
    forgetful = hops.ask("outbound", host="plain")
    (root,) = hops.trace(forgetful.trace_id, 1)
    assert root.parent == ""


SAMPLING = [{"random": 0}, {"overall": 0}, {"random": 0, "overall": 0}]


@pytest.mark.parametrize("sampling", SAMPLING, ids=lambda sampling: " ".join(sampling) + " 0")
def test_an_inner_hop_follows_the_context_whatever_its_own_sampling(hops, sampling):
    """random 0 or overall 0: what has a context is as its caller says, what has none is not
    exported."""
    with hops.ingress_samples(**sampling):
        kept, dropped = new_trace_id(), new_trace_id()
        got = hops.ask("ingress", ("traceparent", traceparent("01", kept)), host="plain.test")
        assert (got.trace_id, got.sampled) == (kept, True)
        got = hops.ask("ingress", ("traceparent", traceparent("00", dropped)), host="plain.test")
        assert (got.trace_id, got.sampled) == (dropped, False)
        begun = hops.ask("ingress", host="plain.test")
        assert not begun.sampled
    hops.trace(kept, 2)
    hops.assert_nothing_of(begun, dropped, begun.trace_id)


def test_an_app_that_hands_on_its_context_only_does_not_break_the_trace(hops):
    """As SDKs of OpenTelemetry do: the sidecar's x-request-id is a new one, by which Envoy would
    throw its dice once more."""
    hops.plane.apply(hops.trace_of("shop-1", sampling={"random": 20}))
    try:
        hops.plane.wait_until_online("shop-1")
        begun = [hops.ask("outbound", host="plain").sampled for _ in range(100)]
        assert 0 < sum(begun) < 60  # 20 ± 4
        joined = ("traceparent", traceparent("01", new_trace_id()))
        assert all(hops.ask("outbound", joined, host="plain").sampled for _ in range(30))
    finally:
        hops.plane.apply(hops.trace_of("shop-1"))
        hops.plane.wait_until_online("shop-1")


RUNTIME = [{"global_enabled": 0}, {"random_sampling": 0}]


@pytest.mark.parametrize("values", RUNTIME, ids=lambda values: "".join(values))
def test_a_proxys_runtime_switches_tracing_while_it_runs(hops, values):
    """runtime tracing.global_enabled, tracing.random_sampling: live, by the admin port."""
    trace_id = new_trace_id()
    with hops.ingress_runtime(**values):
        got = hops.ask("ingress", ("traceparent", traceparent("01", trace_id)))
        assert not got.sampled
    hops.assert_nothing_of(got, trace_id)
    got = hops.ask("ingress", ("traceparent", traceparent("01", trace_id)))
    assert got.sampled
    hops.trace(trace_id, 3)


@pytest.mark.parametrize("hop", ["ingress", "shop"])
def test_nobody_is_internal_enough_to_force_a_trace(hops, hop):
    """x-envoy-force-trace from a non-internal peer: ignored and stripped. No peer is internal,
    because no proxy has an internal_address_config."""
    got = hops.ask(hop, ("x-envoy-force-trace", "1"))
    assert got.app["x-envoy-force-trace"] is None
    assert got.answer["x-request-id"] is None
    assert reason(got.app["x-request-id"]) == "sampled"


def test_a_client_trace_id_is_nobodys_wish(hops):
    """x-client-trace-id with random 0: not exported, at an inner hop either."""
    with hops.ingress_samples(random=0):
        got = hops.ask("ingress", ("x-client-trace-id", "mine"))
        assert not got.sampled


REASONS = {"not traced": "4", "sampled": "9", "forced": "a", "client": "b"}


@pytest.mark.parametrize("digit", REASONS.values(), ids=REASONS.keys())
def test_an_inner_hop_reads_the_decision_from_the_request_id(hops, digit):
    """x-request-id's version digit: 9 sampled, a forced, b client, 4 not traced; kept, and where
    it is 4, decided."""
    theirs = f"aaaaaaaa-bbbb-{digit}ccc-8ddd-eeeeeeeeeeee"
    got = hops.ask("ingress", ("x-request-id", theirs), host="plain.test")
    decided = theirs if digit != "4" else theirs.replace("-4", "-9")
    assert got.app["x-request-id"] == decided
    with hops.ingress_samples(random=0):  # then the context decides, and there is none
        got = hops.ask("ingress", ("x-request-id", theirs), host="plain.test")
    assert (got.app["x-request-id"], got.sampled) == (theirs, False)
    hops.assert_nothing_of(got, got.trace_id)


def test_a_request_id_that_is_no_uuid_switches_tracing_off(hops):
    """Non-UUID ids from an internal hop: not traced, but kept."""
    got = hops.ask("ingress", ("x-request-id", "not-a-uuid"))
    assert (got.app["x-request-id"], got.sampled) == ("not-a-uuid", False)
    hops.assert_nothing_of(got, got.trace_id)


@pytest.mark.parametrize("theirs", [traceparent("01"), traceparent("00"), GARBAGE], **IDS)
def test_without_tracing_a_context_passes_unchanged(hops, theirs):
    """tracing not configured: traceparent passes through unchanged."""
    got = hops.ask("plain", ("traceparent", theirs), ("tracestate", "them=1"))
    assert (got.app["traceparent"], got.app["tracestate"]) == (theirs, "them=1")


def test_without_tracing_no_context_is_made(hops):
    """tracing not configured: none is created."""
    got = hops.ask("plain")
    assert (got.app["traceparent"], got.app["tracestate"]) == (None, None)
    assert reason(got.app["x-request-id"]) == "not traced"
    got = hops.ask("edge", host="plain.test")
    spans = hops.trace(got.trace_id, 4)
    assert got.app["traceparent"] == f"00-{got.trace_id}-{spans[-1].span_id}-01"
    assert (spans[-1].proxy, spans[-1].kind) == ("clew-ingress", CLIENT)


# What fails.


def test_an_answer_of_the_edge_itself_is_one_span(hops):
    """direct_response, 404: SERVER span only, no CLIENT."""
    for host, status in (("unknown.test", 404), ("moved.test", 301)):
        got = hops.ask("edge", host=host)
        assert (got.status, got.app) == (status, None)
        (span,) = hops.trace(got.answer["x-trace-id"], 1)
        assert (span.kind, span.tags["http.status_code"]) == (SERVER, str(status))
        assert (span.tags["response_flags"], span.status) == ("-", 0)
        assert "upstream_cluster" not in span.tags


def test_a_404_of_an_ingress_is_one_span(hops):
    """404 without any route: SERVER span only."""
    trace_id = new_trace_id()
    theirs = ("traceparent", traceparent("01", trace_id))
    got = hops.ask("ingress", theirs, host="unknown.test")
    assert (got.status, got.app) == (404, None)
    (span,) = hops.trace(trace_id, 1)
    assert (span.kind, span.tags["response_flags"]) == (SERVER, "NR")


def test_every_try_at_an_upstream_that_refuses_is_a_span(hops):
    """upstream refused, 2 retries: 3 CLIENT spans (retry.count 1, 2), their OTLP status unset;
    the SERVER span's is ERROR, 503, URX,UF."""
    got = hops.ask("edge", host="dead.test")
    assert (got.status, got.app) == (503, None)
    server, *tries = hops.trace(got.answer["x-trace-id"], 4)
    assert (server.kind, server.status, server.parent) == (SERVER, ERROR, "")
    expected = {"http.status_code": "503", "response_flags": "URX,UF", "error": "true"}
    assert server.tags.items() >= expected.items()
    assert [one.tags.get("retry.count") for one in tries] == [None, "1", "2"]
    for one in tries:
        assert (one.kind, one.status, one.parent) == (CLIENT, 0, server.span_id)
        expected = {
            "error": "true",
            "error.reason": "remote connection failure",
            "http.status_code": "0",
            "response_flags": "UF",
        }
        assert one.tags.items() >= expected.items()
        assert one.tags["upstream_address"] == one.tags["peer.address"]


def test_an_apps_500_is_an_error_of_both_sides(hops):
    """upstream 500: ERROR on SERVER and CLIENT, and no other try."""
    hops.apps["shop"].status = 500
    try:
        got = hops.ask("edge")
    finally:
        hops.apps["shop"].status = 200
    assert got.status == 500
    for span in hops.trace(got.answer["x-trace-id"], 5):
        assert (span.status, span.tags["error"], span.tags["http.status_code"]) == (
            ERROR, "true", "500",
        )  # fmt: skip
        assert "retry.count" not in span.tags


# What stands in spans.

OF_EACH_SERVER = {
    "node_id", "zone", "guid:x-request-id", "http.url", "http.method", "downstream_cluster",
    "user_agent", "http.protocol", "peer.address", "request_size", "response_size", "component",
    "upstream_cluster", "upstream_cluster.name", "http.status_code", "response_flags",
}  # fmt: skip
OF_EACH_CLIENT = {
    "http.protocol", "upstream_address", "peer.address", "component", "upstream_cluster",
    "upstream_cluster.name", "http.status_code", "response_flags",
}  # fmt: skip


def test_where_a_request_went_stands_in_client_spans_only(hops):
    """Attributes of SERVER and CLIENT spans; the chosen endpoint only on the CLIENT's."""
    spans = hops.trace(hops.ask("edge").trace_id, 5)
    for span in spans:
        ours = {"clew.mesh", "node", "core_location", "datacenter"}
        if span.proxy == "clew-edge":
            ours = {"clew.mesh", "node", "edge", "core_location", "core_location.reason",
                    "upstream.datacenter"}  # fmt: skip
        if span.proxy == "shop-sidecar":
            ours |= {"microvm.id", "tenant"}
        expected = OF_EACH_SERVER if span.kind == SERVER else OF_EACH_CLIENT
        assert set(span.tags) == expected | ours
        assert all(isinstance(value, str) for value in span.tags.values())
    ingress = f"127.0.0.1:{hops.ports['ingress']}"
    sidecar = f"127.0.0.1:{hops.ports['shop']}"
    went = [span.tags.get("upstream_address") for span in spans]
    assert went == [None, ingress, None, sidecar, None]
    assert spans[-1].tags["upstream_cluster"] == f"app:127.0.0.1:{hops.apps['shop'].port}"


def test_a_span_tells_whether_its_parent_is_of_another_process(hops):
    """span.flags: 0x101 local parent or root, 0x301 remote parent."""
    spans = hops.trace(hops.ask("edge").trace_id, 5)
    local, remote = LOCAL_PARENT, REMOTE_PARENT
    assert [span.flags for span in spans] == [local, local, remote, local, remote]


def test_a_span_tells_when_bytes_came_and_went(hops):
    """verbose events."""
    server, client, *_ = hops.trace(hops.ask("edge").trace_id, 5)
    upstream = (
        "first_upstream_tx_byte_sent",
        "last_upstream_tx_byte_sent",
        "first_upstream_rx_byte_received",
        "last_upstream_rx_byte_received",
    )
    downstream = ("first_downstream_tx_byte_sent", "last_downstream_tx_byte_sent")
    assert client.events == upstream
    assert server.events == ("last_downstream_rx_byte_received", *upstream, *downstream)


def test_a_span_tells_which_proxy_made_it(hops):
    """Resource: service.name, service.instance.id, telemetry.sdk.*."""
    edge, _, ingress, _, sidecar = hops.trace(hops.ask("edge").trace_id, 5)
    for span, node in ((edge, "edge-ams"), (ingress, "ingress-fra"), (sidecar, "shop-1")):
        assert span.resource["service.instance.id"] == node
        assert span.resource["telemetry.sdk.name"] == "envoy"
        assert span.tags["node_id"] == f"default.{node}"
    assert (sidecar.tags["microvm.id"], sidecar.tags["tenant"]) == ("vm-7", "acme")
