"""gRPC reflection of a store's listeners, against Jaeger's own protos."""

import grpc
import jaeger_idl
import pytest

COMMON = {
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}
QUERY = {
    "jaeger.api_v2.QueryService",
    "jaeger.api_v3.QueryService",
    "jaeger.api_v3.Capabilities",
}
STORAGE = {
    "jaeger.storage.v2.TraceReader",
    "jaeger.storage.v2.DependencyReader",
    "jaeger.storage.v2.Capabilities",
}
OTLP = "opentelemetry.proto.collector.trace.v1.TraceService"
NOT_THERE = {"FindSpans"}  # of api_v3 and the storage API


def listeners(clew):
    return (clew.query_grpc, QUERY | COMMON), (clew.storage_grpc, STORAGE | COMMON | {OTLP})


def test_lists_all_services_and_describes_each(all_in_one):
    for port, expected in listeners(all_in_one):
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            services, pool = jaeger_idl.reflected(channel)
            assert services == expected
            for name in services:
                assert pool.FindServiceByName(name).methods


def test_every_method_that_is_described_is_there(all_in_one):
    for port, services in listeners(all_in_one):
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            _, pool = jaeger_idl.reflected(channel)
            for name in services - COMMON:
                service = jaeger_idl.Service(channel, pool, name)
                for method in service.descriptor.methods_by_name:
                    try:
                        service(method)
                    except grpc.RpcError as error:
                        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, f"{name}/{method}"


def shape(message, seen):
    """The fields of a message and of all messages in it, by full name."""
    if message.full_name in seen:
        return
    seen[message.full_name] = fields = {}
    for field in message.fields:
        kind = field.message_type or field.enum_type
        oneof = field.containing_oneof and field.containing_oneof.name
        fields[field.number] = (field.name, field.type, field.is_repeated,
                                kind and kind.full_name, oneof)  # fmt: skip
        if field.message_type:
            shape(field.message_type, seen)
        if field.enum_type:
            seen[field.enum_type.full_name] = {
                value.number: value.name for value in field.enum_type.values
            }


def methods_of(pool, service):
    return {
        method.name: (method.input_type, method.output_type, method.server_streaming)
        for method in pool.FindServiceByName(service).methods
    }


@pytest.mark.parametrize("service", sorted(QUERY | STORAGE))
def test_what_is_described_is_what_jaeger_defines(all_in_one, service):
    port = all_in_one.storage_grpc if service in STORAGE else all_in_one.query_grpc
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        _, pool = jaeger_idl.reflected(channel)
        ours = methods_of(pool, service)
        theirs = methods_of(jaeger_idl.official(), service)
        assert set(theirs) - set(ours) <= NOT_THERE
        assert set(ours) <= set(theirs)
        for name, (request, answer, streams) in ours.items():
            assert theirs[name][2] == streams
            for mine, official in ((request, theirs[name][0]), (answer, theirs[name][1])):
                shapes, official_shapes = {}, {}
                shape(mine, shapes)
                shape(official, official_shapes)
                assert shapes == official_shapes, name
