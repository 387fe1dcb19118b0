"""What of a request of spans is left when it has gone through a format that can say less, and
through the Collector's receiver for it. Each function changes its argument and returns it."""

from __future__ import annotations

import base64
import json

from everything import set_all
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def plain(value: AnyValue) -> object:
    """What JSON can say of a value; "" for one that is not set."""
    kind = value.WhichOneof("value")
    if kind is None:
        return ""
    if kind == "array_value":
        return [plain(part) for part in value.array_value.values]
    if kind == "kvlist_value":
        return {part.key: plain(part.value) for part in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


def text(value: AnyValue) -> str:
    held = plain(value)
    if isinstance(held, str):
        return held
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"))


def without_names(group, scope) -> None:
    """What neither format has a place for."""
    group.resource.dropped_attributes_count = scope.scope.dropped_attributes_count = 0
    group.schema_url = scope.schema_url = ""
    del scope.scope.attributes[:]


def jaeger(request: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    """Lists and maps are text, dropped things are tags, a link is its IDs and a type."""

    def values(attributes) -> None:
        for attribute in attributes:
            if attribute.value.WhichOneof("value") in ("array_value", "kvlist_value", None):
                attribute.value.string_value = text(attribute.value)

    for group in request.resource_spans:
        for scope in group.scope_spans:
            without_names(group, scope)
            for span in scope.spans:
                values(span.attributes)
                for name in ("attributes", "events", "links"):
                    if dropped := getattr(span, f"dropped_{name}_count"):
                        set_all(span.attributes, {f"otel.dropped_{name}_count": dropped})
                    span.ClearField(f"dropped_{name}_count")
                span.ClearField("flags")
                for event in span.events:
                    values(event.attributes)
                    event.ClearField("dropped_attributes_count")
                for link in span.links:
                    for field in ("trace_state", "flags", "attributes", "dropped_attributes_count"):
                        link.ClearField(field)
                    set_all(link.attributes, {"opentracing.ref_type": "follows_from"})
    return request


def zipkin(request: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    """All values are text, times are of microseconds, and what the resource has is the span's but
    for the names that the Collector knows."""

    def micros(nanos: int) -> int:
        return nanos // 1000 * 1000

    for group in request.resource_spans:
        resource = group.resource.attributes
        for scope in group.scope_spans:
            without_names(group, scope)
            for span in scope.spans:
                for attribute in resource:
                    if attribute.key == "cpus":
                        span.attributes.append(attribute)
                for attribute in span.attributes:
                    attribute.value.string_value = text(attribute.value)
                duration = span.end_time_unix_nano - span.start_time_unix_nano
                span.start_time_unix_nano = micros(span.start_time_unix_nano)
                span.end_time_unix_nano = span.start_time_unix_nano + micros(duration)
                for field in ("flags", "dropped_attributes_count", "dropped_events_count",
                              "dropped_links_count"):
                    span.ClearField(field)
                if span.status.code == 1:  # it knows STATUS_CODE_OK and Ok, not the OK of the
                    span.status.code = 0  # specification
                if span.status.code == 2:  # it takes away an "error" that is "true" only
                    set_all(span.attributes, {"error": span.status.message})
                for event in span.events:
                    event.time_unix_nano = micros(event.time_unix_nano)
                    of_event(event)
                for link in span.links:
                    link.ClearField("flags")
        kept = [attribute for attribute in resource if attribute.key != "cpus"]
        del resource[:]
        resource.extend(kept)
    return request


def of_event(event) -> None:
    """The Collector reads an event's attributes as JSON with one type of number, and takes one
    without a fraction for an integer, whatever its size."""
    values = {attribute.key: attribute.value for attribute in event.attributes}
    del event.attributes[:]
    for key, value in values.items():
        held = plain(value)
        if isinstance(held, list | dict) or value.WhichOneof("value") is None:
            continue
        if not isinstance(held, bool | str) and float(held).is_integer():
            whole = int(float(held))
            held = whole if INT64_MIN <= whole <= INT64_MAX else INT64_MIN
        set_all(event.attributes, {key: held})


LOSSES = {"jaeger": jaeger, "zipkin": zipkin}
