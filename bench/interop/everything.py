"""One request of each signal that uses everything the formats can say, made with OTLP's classes."""

from __future__ import annotations

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

START = 1_700_000_000_000_000_000
MS = 1_000_000
TRACE = bytes(range(1, 17))


def value_of(value: object) -> AnyValue:
    """None is a value that is not set."""
    result = AnyValue()
    if value is None:
        return result
    if isinstance(value, bool):
        result.bool_value = value
    elif isinstance(value, int):
        result.int_value = value
    elif isinstance(value, float):
        result.double_value = value
    elif isinstance(value, bytes):
        result.bytes_value = value
    elif isinstance(value, list):
        result.array_value.values.extend(map(value_of, value))
    elif isinstance(value, dict):
        set_all(result.kvlist_value.values, value)
    else:
        result.string_value = str(value)
    return result


def set_all(attributes, values: dict) -> None:
    for key, value in values.items():
        attributes.append(KeyValue(key=key, value=value_of(value)))


EVERY_TYPE = {
    "text": 'äöü "quoted" \\ \n €', "empty": "", "yes": True, "no": False, "whole": 42,
    "negative": -(2**63), "large": 2**63 - 1, "zero": 0, "real": 0.1, "huge": 1e300,
    "bytes": b"\x00\xff\x10", "list": ["a", 1, 0.5, False, ["deep"]], "none of them": [],
    "map": {"a": {"b": [1, 2]}, "c": "d"}, "unset": None,
}


def place(group, service: str) -> None:
    set_all(group.resource.attributes, {"service.name": service, "host.name": "h1", "cpus": 2})
    group.resource.dropped_attributes_count = 3
    group.schema_url = "https://opentelemetry.io/schemas/1.30.0"


def name_scope(group) -> None:
    group.scope.name, group.scope.version = "io.test", "1.2"
    set_all(group.scope.attributes, {"scoped": True})
    group.scope.dropped_attributes_count = 1
    group.schema_url = "https://opentelemetry.io/schemas/1.29.0"


def spans() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for number, service in enumerate(("shop", "bank")):
        group = request.resource_spans.add()
        place(group, service)
        scope = group.scope_spans.add()
        name_scope(scope)
        for kind in range(6):  # and each status
            span = scope.spans.add(trace_id=TRACE, span_id=bytes([number + 1] * 7 + [kind + 1]),
                                   name=f"{service} {kind}", kind=kind)
            span.start_time_unix_nano = START + kind * MS + 123  # not of whole microseconds
            span.end_time_unix_nano = span.start_time_unix_nano + 5 * MS + 456
            span.status.code = kind % 3
            if span.status.code == 2:
                span.status.message = "no stock"
            if kind:
                span.parent_span_id = bytes([number + 1] * 7 + [1])
        first = scope.spans[0]
        first.trace_state, first.flags = "ot=th:8,vendor=1", 0x101
        set_all(first.attributes, EVERY_TYPE)
        first.dropped_attributes_count, first.dropped_events_count = 4, 5
        first.dropped_links_count = 6
        for at in range(2):
            event = first.events.add(name=f"event {at}", time_unix_nano=START + at * MS + 7,
                                     dropped_attributes_count=at)
            set_all(event.attributes, EVERY_TYPE if at else {})
        link = first.links.add(trace_id=b"\x11" * 16, span_id=b"\x22" * 8, trace_state="a=b",
                               dropped_attributes_count=2, flags=0x301)
        set_all(link.attributes, {"why": "test"})
    return request


def logs() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    place(group, "shop")
    scope = group.scope_logs.add()
    name_scope(scope)
    for severity, body in enumerate(("text", 7, {"a": [1]}, b"\x01", None), 1):
        record = scope.log_records.add(
            time_unix_nano=START + severity, observed_time_unix_nano=START + 10 * MS,
            severity_number=severity * 4, severity_text=f"S{severity}", trace_id=TRACE,
            span_id=b"\x01" * 8, flags=1, dropped_attributes_count=severity,
            event_name=f"event {severity}")
        record.body.CopyFrom(value_of(body))  # the Collector writes one that is not set too
        set_all(record.attributes, EVERY_TYPE)
    return request


def metrics() -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    place(group, "shop")
    scope = group.scope_metrics.add()
    name_scope(scope)
    times = {"start_time_unix_nano": START, "time_unix_nano": START + MS}

    def add(name: str):
        metric = scope.metrics.add(name=name, description=f"the {name}", unit="By")
        set_all(metric.metadata, {"from": "test"})
        return metric

    gauge = add("gauge").gauge.data_points.add(as_double=0.25, **times)
    set_all(gauge.attributes, EVERY_TYPE)
    exemplar = gauge.exemplars.add(time_unix_nano=START, as_int=3, trace_id=TRACE,
                                   span_id=b"\x01" * 8)
    set_all(exemplar.filtered_attributes, {"why": "test"})
    add("nothing").gauge.data_points.add(flags=1, **times)
    total = add("sum").sum
    total.aggregation_temporality, total.is_monotonic = 2, True
    total.data_points.add(as_int=-5, **times)
    histogram = add("histogram").histogram
    histogram.aggregation_temporality = 1
    histogram.data_points.add(count=6, sum=9.5, bucket_counts=[1, 2, 3], explicit_bounds=[1, 2.5],
                              min=0.5, max=4, **times)
    exponential = add("exponential").exponential_histogram
    exponential.aggregation_temporality = 2
    point = exponential.data_points.add(count=7, sum=1, scale=-1, zero_count=2, zero_threshold=0.1,
                                        min=-1, max=3, **times)
    point.positive.offset, point.negative.offset = -2, 3
    point.positive.bucket_counts.extend([1, 0, 2])
    point.negative.bucket_counts.extend([2])
    summary = add("summary").summary.data_points.add(count=3, sum=6, **times)
    summary.quantile_values.add(quantile=0.5, value=2)
    summary.quantile_values.add(quantile=0.99, value=3)
    return request


REQUESTS = {"traces": spans, "logs": logs, "metrics": metrics}
