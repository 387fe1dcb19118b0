"""Clocks of hosts that differ, in every one of Jaeger's query APIs."""

import grpc
import jaeger_idl
import pytest
from clew import Clew
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MS = 1_000_000
START = 1_700_000_000_000 * MS
TRACE = bytes(15) + b"\7"
KEY = "@jaeger@warnings"


def request() -> bytes:
    """A span of 100 ms on host a, and its child of 40 ms on b, whose clock is 50 ms behind."""
    message = ExportTraceServiceRequest()
    for number, (host, start, lasts) in enumerate((("a", 0, 100), ("b", -50, 40)), 1):
        resource = message.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = "skewed"
        resource.resource.attributes.add(key="host.name").value.string_value = host
        span = resource.scope_spans.add().spans.add(
            trace_id=TRACE, span_id=bytes(7) + bytes([number]), name=host,
            start_time_unix_nano=START + start * MS,
            end_time_unix_nano=START + (start + lasts) * MS,
        )  # fmt: skip
        if number == 2:
            span.parent_span_id = bytes(7) + b"\1"
            span.events.add(name="e", time_unix_nano=START - 45 * MS)
    return message.SerializeToString()


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A store that corrects clocks and one that does not, which is the default."""
    folder = tmp_path_factory.mktemp("clew")
    (folder / "on").mkdir()
    (folder / "off").mkdir()
    with Clew("all-in-one", folder / "on", "--jaeger-max-clock-skew-adjustment", "1s") as on:
        with Clew("all-in-one", folder / "off") as off:
            for clew in (on, off):
                assert clew.otlp(request()).status_code == 200
            yield on, off


def v1(clew, **params):
    (trace,) = clew.get("/api/traces/7", **params)["data"]
    (span,) = (span for span in trace["spans"] if span["operationName"] == "b")
    return (span["startTime"] * 1000 - START) // MS, span["duration"] // 1000, span["warnings"]


def v3(clew, **params):
    result = clew.get("/api/v3/traces/7", **params)["result"]
    (span,) = (
        span
        for resource in result["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
        if span["name"] == "b"
    )
    start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    warnings = [
        value["stringValue"]
        for attribute in span.get("attributes", [])
        if attribute["key"] == KEY
        for value in attribute["value"]["arrayValue"]["values"]
    ]
    return (start - START) // MS, (end - start) // MS, warnings or None


def grpc_v2(clew, **params):
    with grpc.insecure_channel(f"127.0.0.1:{clew.query_grpc}") as channel:
        name = "jaeger.api_v2.QueryService"
        service = jaeger_idl.Service(channel, jaeger_idl.official(), name)
        chunks = service("GetTrace", trace_id=TRACE, **params)
    (span,) = (span for chunk in chunks for span in chunk.spans if span.operation_name == "b")
    start = span.start_time.seconds * 1000 * MS + span.start_time.nanos
    return (start - START) // MS, span.duration.nanos // MS, list(span.warnings) or None


def grpc_v3(clew, **params):
    with grpc.insecure_channel(f"127.0.0.1:{clew.query_grpc}") as channel:
        name = "jaeger.api_v3.QueryService"
        service = jaeger_idl.Service(channel, jaeger_idl.official(), name)
        chunks = service("GetTrace", trace_id="7", **params)
    (span,) = (
        span
        for chunk in chunks
        for resource in chunk.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.name == "b"
    )
    warnings = [
        value.string_value
        for attribute in span.attributes
        if attribute.key == KEY
        for value in attribute.value.array_value.values
    ]
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    return (start - START) // MS, (end - start) // MS, warnings or None


@pytest.mark.parametrize(
    "ask, raw",
    [
        (v1, {"raw": "true"}),
        (v3, {"rawTraces": "true"}),
        (grpc_v2, {"raw_traces": True}),
        (grpc_v3, {"raw_traces": True}),
    ],
)
def test_every_api_corrects_clocks_unless_it_is_told_not_to(stores, ask, raw):
    on, off = stores
    start, lasts, warnings = ask(on)
    assert (start, lasts) == (30, 40)
    assert warnings == ["moved by 80ms to fit into its parent: the clocks of their hosts differ"]
    assert ask(on, **raw) == (-50, 40, None)
    assert ask(off) == (-50, 40, None)


def test_events_move_too(stores):
    (trace,) = stores[0].get("/api/traces/7")["data"]
    (log,) = (log for span in trace["spans"] for log in span["logs"])
    assert log["timestamp"] * 1000 == START + 35 * MS


def test_a_jaeger_that_stores_here_gets_what_was_sent(stores):
    with grpc.insecure_channel(f"127.0.0.1:{stores[0].storage_grpc}") as channel:
        name = "jaeger.storage.v2.TraceReader"
        reader = jaeger_idl.Service(channel, jaeger_idl.official(), name)
        chunks = reader("GetTraces", query=[{"trace_id": TRACE}])
    starts = {
        span.start_time_unix_nano
        for chunk in chunks
        for resource in chunk.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    assert starts == {START, START - 50 * MS}
