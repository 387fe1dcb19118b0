"""OTLP requests made with the official protobuf library, for tests that count spans."""

from __future__ import annotations

import os
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue


def request(spans: int, service: str = "shop", trace_id: bytes | None = None) -> tuple[bytes, str]:
    """A serialized request of `spans` spans of one trace, and the trace's ID in hex."""
    trace_id = trace_id or os.urandom(16)
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.append(
        KeyValue(key="service.name", value=AnyValue(string_value=service))
    )
    scope_spans = resource_spans.scope_spans.add()
    now = time.time_ns()
    for i in range(spans):
        span = scope_spans.spans.add()
        span.trace_id = trace_id
        span.span_id = os.urandom(8)
        span.name = f"step {i}"
        span.start_time_unix_nano = now
        span.end_time_unix_nano = now + 1_000_000
    return message.SerializeToString(), trace_id.hex()


def fill(agent, spans: int) -> list[str]:
    """Sends traces of `spans` spans until one is refused, as something to come again with. The IDs
    of those that were accepted."""
    accepted = []
    while True:
        body, trace_id = request(spans)
        answer = agent.otlp(body)
        if answer.status_code != 200:
            break
        accepted.append(trace_id)
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1
    assert accepted
    return accepted


def rich_request() -> tuple[bytes, str]:
    """Two spans that use what formats differ in: types, status, scope, event, link, endpoints."""
    message = ExportTraceServiceRequest()
    trace_id = os.urandom(16)
    resource_spans = message.resource_spans.add()
    _set(resource_spans.resource.attributes, "service.name", "shop")
    _set(resource_spans.resource.attributes, "deployment.environment", "test")
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "io.test", "1.2"
    root, child = scope_spans.spans.add(), scope_spans.spans.add()
    start = 1_700_000_000_000_000_000
    for span, name, kind in ((root, "GET /cart", 2), (child, "select", 3)):
        span.trace_id, span.span_id, span.name, span.kind = trace_id, os.urandom(8), name, kind
        span.start_time_unix_nano, span.end_time_unix_nano = start, start + 5_000_000
    root.trace_state = "ot=th:8"
    root.status.code, root.status.message = 2, "no stock"
    for key, value in (("http.method", "GET"), ("http.status_code", 500), ("ratio", 0.5),
                       ("cached", False), ("list", ["a", 1])):  # fmt: skip
        _set(root.attributes, key, value)
    event = root.events.add()
    event.name, event.time_unix_nano = "retry", start + 1_000_000
    _set(event.attributes, "attempt", 2)
    child.parent_span_id = root.span_id
    for key, value in (("peer.service", "db"), ("net.peer.ip", "10.0.0.7"),
                       ("net.peer.port", 5432)):  # fmt: skip
        _set(child.attributes, key, value)
    link = child.links.add()
    link.trace_id, link.span_id = b"\x11" * 16, b"\x22" * 8
    return message.SerializeToString(), trace_id.hex()


def _set(attributes, key: str, value) -> None:
    attributes.append(KeyValue(key=key, value=_any(value)))


def _any(value) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_any(each) for each in value]))
    return AnyValue(string_value=value)
