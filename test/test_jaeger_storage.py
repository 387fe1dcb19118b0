"""Jaeger's remote storage API: what an SDK writes there is read back with Jaeger's own messages."""

import time

import grpc
import jaeger_idl
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

READER = "jaeger.storage.v2.TraceReader"


@pytest.fixture(scope="module")
def written(all_in_one) -> list[bytes]:
    """IDs of three traces, the oldest first."""
    provider = TracerProvider(resource=Resource.create({"service.name": "kept"}))
    exporter = OTLPSpanExporter(endpoint=f"127.0.0.1:{all_in_one.storage_grpc}", insecure=True)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    ids = []
    for number in range(3):
        attributes = {"number": number, "even": number % 2 == 0, "share": number / 2}
        with tracer.start_as_current_span(
            "outer", kind=trace.SpanKind.SERVER, attributes=attributes
        ) as span:
            with tracer.start_as_current_span("inner"):
                pass
        ids.append(span.get_span_context().trace_id.to_bytes(16))
    provider.shutdown()
    return ids


@pytest.fixture(scope="module")
def channel(all_in_one):
    with grpc.insecure_channel(f"127.0.0.1:{all_in_one.storage_grpc}") as channel:
        yield channel


@pytest.fixture(scope="module")
def reader(channel):
    return jaeger_idl.Service(channel, jaeger_idl.official(), READER)


def around_now() -> dict:
    now = int(time.time())
    return {"start_time_min": {"seconds": now - 3600}, "start_time_max": {"seconds": now + 3600}}


def ids_of(chunks) -> list[bytes]:
    """The trace of each chunk: a chunk has spans of one, and at least one."""
    result = []
    for chunk in chunks:
        (one,) = {
            span.trace_id
            for resource in chunk.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }
        result.append(one)
    return result


def test_traces_by_id(reader, written):
    query = [{"trace_id": written[2]}, {"trace_id": b"\1" * 16}, {"trace_id": written[0]}]
    assert ids_of(reader("GetTraces", query=query)) == [written[2], written[0]]


@pytest.mark.parametrize(
    "value, found",
    [
        ({"key": "number", "value": {"int_value": 1}}, [1]),
        ({"key": "even", "value": {"bool_value": True}}, [0, 2]),
        ({"key": "share", "value": {"double_value": 0.5}}, [1]),
        ({"key": "number", "value": {"string_value": "2"}}, [2]),
    ],
)
def test_searches_with_typed_attributes(reader, written, value, found):
    query = {"service_name": "kept", "attributes": [value], "search_depth": 10, **around_now()}
    expected = [written[number] for number in reversed(found)]
    assert ids_of(reader("FindTraces", query=query)) == expected


def test_ids_and_summaries_page(reader, written):
    query = {"service_name": "kept", **around_now()}
    for method, many in (("FindTraceIDs", "trace_ids"), ("FindTraceSummaries", "summaries")):
        ids, token, pages = [], "", 0
        while pages == 0 or token:
            pagination = {"page_size": 2, "page_token": token}
            page = reader(method, query={**query, "pagination": pagination})
            (page,) = page if isinstance(page, list) else [page]
            ids += [one.trace_id for one in getattr(page, many)]
            token, pages = page.next_page_token, pages + 1
        assert ids == written[::-1]
        assert pages == 2


def test_names(reader, channel, written):
    assert "kept" in reader("GetServices").services
    operations = reader("GetOperations", service="kept").operations
    assert [(one.name, one.span_kind) for one in operations] == [
        ("inner", "internal"),
        ("outer", "server"),
    ]
    capabilities = jaeger_idl.Service(
        channel, jaeger_idl.official(), "jaeger.storage.v2.Capabilities"
    )("GetCapabilities")
    assert capabilities.search.paginated
    assert "some" in capabilities.search.filter.operators


def test_says_what_is_wrong(reader):
    with pytest.raises(grpc.RpcError) as wrong:
        reader("GetTraces", query=[{"trace_id": b"short"}])
    assert wrong.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "trace_id" in wrong.value.details()
    with pytest.raises(grpc.RpcError) as missing:
        reader("FindSpans")
    assert missing.value.code() == grpc.StatusCode.UNIMPLEMENTED
