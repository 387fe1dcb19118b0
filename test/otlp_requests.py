"""OTLP requests made with the official protobuf library, for tests that count spans."""

from __future__ import annotations

import os
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


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
