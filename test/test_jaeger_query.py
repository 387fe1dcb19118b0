"""Jaeger's query APIs of a running store, asked over gRPC and HTTP by official classes of OTLP.

No registry has Jaeger's query stubs for Python, so the few fields of the requests are described
here as jaeger-idl's query.proto and query_service.proto number them.
"""

import datetime

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

V3 = "/jaeger.api_v3.QueryService/"
FIELD = descriptor_pb2.FieldDescriptorProto


def message_classes():
    file = descriptor_pb2.FileDescriptorProto(
        name="query_test.proto", package="query_test", syntax="proto3"
    )
    file.dependency.append(timestamp_pb2.DESCRIPTOR.name)

    def message(name, *fields):
        described = file.message_type.add(name=name)
        for number, field, kind, label, type_name in fields:
            described.field.add(
                number=number, name=field, type=kind, label=label, type_name=type_name
            )

    one, many = FIELD.LABEL_OPTIONAL, FIELD.LABEL_REPEATED
    time = ".google.protobuf.Timestamp"
    message("Text", (1, "text", FIELD.TYPE_STRING, one, None))
    message("Texts", (1, "texts", FIELD.TYPE_STRING, many, None))
    message(
        "Query",
        (1, "service_name", FIELD.TYPE_STRING, one, None),
        (4, "start_time_min", FIELD.TYPE_MESSAGE, one, time),
        (5, "start_time_max", FIELD.TYPE_MESSAGE, one, time),
    )
    message("Find", (1, "query", FIELD.TYPE_MESSAGE, one, ".query_test.Query"))
    pool = descriptor_pool.Default()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"query_test.{name}"))
        for name in ("Text", "Texts", "Find")
    }


MESSAGES = message_classes()


@pytest.fixture(scope="module")
def trace_id(all_in_one) -> str:
    """Of a trace that an SDK has sent."""
    provider = TracerProvider(resource=Resource.create({"service.name": "asked"}))
    exporter = OTLPSpanExporter(endpoint=f"127.0.0.1:{all_in_one.grpc}", insecure=True)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("outer", kind=trace.SpanKind.SERVER) as span:
        with tracer.start_as_current_span("inner"):
            pass
    provider.shutdown()
    return f"{span.get_span_context().trace_id:032x}"


@pytest.fixture(scope="module")
def channel(all_in_one):
    with grpc.insecure_channel(f"127.0.0.1:{all_in_one.query_grpc}") as channel:
        yield channel


def ask(channel, method, request, answer):
    call = channel.unary_unary(
        V3 + method, lambda message: message.SerializeToString(), response_deserializer=answer
    )
    return call(request, timeout=10)


def ask_stream(channel, method, request):
    call = channel.unary_stream(
        V3 + method,
        request_serializer=lambda m: m.SerializeToString(),
        response_deserializer=TracesData.FromString,
    )
    return [
        span
        for data in call(request, timeout=10)
        for resource in data.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_grpc_finds_what_an_sdk_sent(channel, trace_id):
    services = ask(channel, "GetServices", MESSAGES["Text"](), MESSAGES["Texts"].FromString)
    assert "asked" in services.texts
    spans = ask_stream(channel, "GetTrace", MESSAGES["Text"](text=trace_id))
    assert {span.name for span in spans} == {"outer", "inner"}
    find = MESSAGES["Find"]()
    find.query.service_name = "asked"
    now = datetime.datetime.now(datetime.timezone.utc)
    find.query.start_time_min.FromDatetime(now - datetime.timedelta(hours=1))
    find.query.start_time_max.FromDatetime(now + datetime.timedelta(hours=1))
    assert {span.trace_id.hex() for span in ask_stream(channel, "FindTraces", find)} == {trace_id}


def test_grpc_says_what_is_wrong(channel, trace_id):
    with pytest.raises(grpc.RpcError) as wrong:
        ask_stream(channel, "GetTrace", MESSAGES["Text"](text="no hex"))
    assert wrong.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "trace_id" in wrong.value.details()
    with pytest.raises(grpc.RpcError) as missing:
        ask_stream(channel, "GetTrace", MESSAGES["Text"](text="1"))
    assert missing.value.code() == grpc.StatusCode.NOT_FOUND


def test_v3_http_summarises(all_in_one, trace_id):
    answer = all_in_one.session.get(
        f"http://127.0.0.1:{all_in_one.http}/api/v3/trace-summaries",
        params={
            "query.serviceName": "asked",
            "query.startTimeMin": "2020-01-01T00:00:00Z",
            "query.startTimeMax": "2100-01-01T00:00:00Z",
        },
        timeout=10,
    )
    (summary,) = answer.json()["summaries"]
    assert summary["traceId"] == trace_id
    assert (summary["rootOperationName"], summary["spanCount"]) == ("outer", 2)
