"""What official clients of Jaeger and Zipkin send comes back, in every format they have."""

import json
import subprocess
import sys
import time

import grpc
import pytest
import requests
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import sdk_clients
from clew import REPO, Clew

SDK = REPO / "test" / "sdk"
PROTOS = REPO / ".deps" / "protos"


def run(*command) -> dict:
    """The IDs that a client program says it has sent."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def python_client(*arguments) -> dict:
    return run(sys.executable, SDK / "client.py", *map(str, arguments))


def node_client(*arguments) -> dict:
    return run("node", SDK / "jaeger.mjs", *map(str, arguments))


def zipkin(client: str, path: str):
    return lambda clew: python_client(client, f"http://127.0.0.1:{clew.zipkin}{path}")


def java(source: str, encoding: str, path: str):
    url = "http://127.0.0.1:{}" + path
    return lambda clew: sdk_clients.java(source, encoding, url.format(clew.zipkin))


JAEGER = {
    "python-compact": lambda c: python_client("jaeger", c.jaeger["thrift-compact"]),
    "node-binary": lambda c: node_client("udp", c.jaeger["thrift-binary"]),
    "node-http": lambda c: node_client(
        "http", f"http://127.0.0.1:{c.jaeger['thrift-http']}/api/traces"
    ),
}
ZIPKIN = {
    "otel-v1-json": zipkin("otel-zipkin-v1-json", "/api/v1/spans"),
    "otel-v2-json": zipkin("otel-zipkin-v2-json", "/api/v2/spans"),
    "py-zipkin-v1-thrift": zipkin("py-zipkin-v1-thrift", "/api/v1/spans"),
    "py-zipkin-v1-json": zipkin("py-zipkin-v1-json", "/api/v1/spans"),
    "py-zipkin-v2-json": zipkin("py-zipkin-v2-json", "/api/v2/spans"),
    "java-brave-v2-json": java("BraveClient.java", "JSON", "/api/v2/spans"),
    "java-brave-v2-proto": java("BraveClient.java", "PROTO3", "/api/v2/spans"),
    "java-reporter-v1-json": java("ReporterClient.java", "JSON_V1", "/api/v1/spans"),
    "java-reporter-v1-thrift": java("ReporterClient.java", "THRIFT", "/api/v1/spans"),
    "java-reporter-v2-json": java("ReporterClient.java", "JSON_V2", "/api/v2/spans"),
    "java-reporter-v2-proto": java("ReporterClient.java", "PROTO3", "/api/v2/spans"),
}


def spans_of(clew: Clew, ids: dict) -> tuple[dict, dict, dict]:
    """The trace, its root and its child, as Clew's own API tells them."""
    clew.wait_for_trace(ids["traceId"], 2)
    found = clew.get(f"/api/clew/v1/traces/{ids['traceId']}")
    spans = {span["spanId"]: span for span in found["spans"]}
    assert set(spans) == {ids["rootId"], ids["childId"]}
    return found, spans[ids["rootId"]], spans[ids["childId"]]


def attributes_of(part: dict) -> dict:
    return {a["key"]: (a["type"], a["value"]) for a in part.get("attributes", [])}


@pytest.mark.parametrize("way", JAEGER)
def test_jaeger_clients(all_in_one, way):
    found, root, child = spans_of(all_in_one, JAEGER[way](all_in_one))
    assert (root["name"], root["kind"]) == ("checkout", "server")
    assert (child["name"], child["kind"]) == ("pay", "client")
    assert child["parentId"] == root["spanId"]
    attributes = attributes_of(root)
    assert attributes["text"] == ("string", 'äöü "quoted"')
    assert attributes["yes"] == ("bool", True)
    assert attributes["no"] == ("bool", False)
    assert attributes["real"] == ("float64", 0.25)
    if way == "python-compact":
        assert attributes["whole"] == ("int64", "42")
    assert child["status"]["code"] == "error"
    (event,) = child["events"]
    assert event["name"] == "retry"
    resource = attributes_of(found["resources"][root["resource"]])
    assert resource["service.name"] == ("string", f"{way.split('-')[0]}-shop")
    assert resource["host.cpus"][1] in ("2", 2)
    assert resource["opencensus.exporterversion"][1].startswith("Jaeger-")


@pytest.mark.parametrize("way", ZIPKIN)
def test_zipkin_clients(all_in_one, way):
    found, root, child = spans_of(all_in_one, ZIPKIN[way](all_in_one))
    assert (root["name"], child["name"]) == ("checkout", "pay")
    if way != "otel-v1-json":  # it does not send them
        assert (root["kind"], child["kind"]) == ("server", "client")
    assert child["parentId"] == root["spanId"]
    attributes = attributes_of(root)
    assert attributes["text"] == ("string", 'äöü "quoted"')
    assert attributes["whole"] == ("string", "42")
    assert child["status"] == {"code": "error", "message": "card refused"}
    names = [event["name"] for event in child["events"]]
    assert len(names) == 1 and "retry" in names[0]  # OpenTelemetry's writes JSON around it
    resource = attributes_of(found["resources"][root["resource"]])
    service = "java-shop" if way.startswith("java") else "python-shop"
    assert resource["service.name"] == ("string", service)
    if not way.startswith("otel"):
        attributes = attributes_of(child)
        assert attributes["peer.service"] == ("string", "bank")
        assert attributes["net.peer.ip"] == ("string", "10.0.0.9")
        assert attributes["net.peer.port"] == ("int64", "9000")
        assert attributes["net.host.ip"] == ("string", "10.1.2.3")


def message_class(proto: str, name: str, directory):
    """A class of the official protobuf library, made from one of the peers' own protos."""
    described = directory / "described.binpb"
    subprocess.run(
        ["protoc", f"-I{PROTOS}", "--include_imports", f"--descriptor_set_out={described}", proto],
        check=True,
    )
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(described.read_bytes()).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def test_jaeger_grpc(all_in_one, tmp_path):
    PostSpansRequest = message_class(
        "jaeger/api_v2/collector.proto", "jaeger.api_v2.PostSpansRequest", tmp_path
    )
    request = PostSpansRequest()
    request.batch.process.service_name = "grpc-shop"
    span = request.batch.spans.add(
        trace_id=bytes(8) + b"8 octets", span_id=b"a span's", operation_name="checkout"
    )
    span.start_time.GetCurrentTime()
    span.duration.FromMilliseconds(5)
    span.tags.add(key="whole", v_type=2, v_int64=42)
    with grpc.insecure_channel(f"127.0.0.1:{all_in_one.jaeger['grpc']}") as channel:
        post = channel.unary_unary("/jaeger.api_v2.CollectorService/PostSpans")
        assert post(request.SerializeToString(), timeout=10) == b""
        with pytest.raises(grpc.RpcError) as refused:
            post(b"\x0a\xff", timeout=10)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    trace = all_in_one.wait_for_trace((bytes(8) + b"8 octets").hex(), 1)
    (span,) = trace["spans"]
    assert {"key": "whole", "type": "int64", "value": 42} in span["tags"]
    assert span["duration"] == 5000


def test_zipkin_protobuf(all_in_one, tmp_path):
    ListOfSpans = message_class("zipkin.proto", "zipkin.proto3.ListOfSpans", tmp_path)
    now_us = time.time_ns() // 1000
    spans = ListOfSpans()
    span = spans.spans.add(
        trace_id=b"16 octets of id.", id=b"a span's", kind=1, name="pay", timestamp=now_us,
        duration=5000,
    )  # fmt: skip
    span.local_endpoint.service_name = "proto-shop"
    span.remote_endpoint.ipv4 = bytes([10, 0, 0, 9])
    span.tags["error"] = "card refused"
    span.annotations.add(timestamp=now_us, value="retry")
    url = f"http://127.0.0.1:{all_in_one.zipkin}/api/v2/spans"
    answer = requests.post(
        url,
        data=spans.SerializeToString(),
        headers={"Content-Type": "application/x-protobuf"},
        timeout=10,
    )
    assert (answer.status_code, answer.text) == (202, "")
    trace = all_in_one.wait_for_trace(b"16 octets of id.".hex(), 1)
    (found,) = trace["spans"]
    assert found["operationName"] == "pay" and found["duration"] == 5000
    assert {"key": "net.peer.ip", "type": "string", "value": "10.0.0.9"} in found["tags"]
    assert {"key": "otel.status_description", "type": "string", "value": "card refused"} in found[
        "tags"
    ]


def test_an_agent_passes_packets_on(tmp_path):
    with Clew("store", tmp_path) as store:
        endpoint = f"127.0.0.1:{store.grpc}"
        with Clew("agent", tmp_path, "--exporter-otlp-endpoint", endpoint) as agent:
            ids = JAEGER["python-compact"](agent)
            store.wait_for_trace(ids["traceId"], 2)
            assert agent.metric("clew_udp_dropped_packets_total") == 0


def test_zipkin_tags_are_parsed_if_asked_for(tmp_path):
    with Clew("all-in-one", tmp_path, "--zipkin-parse-string-tags", "true") as clew:
        _, root, _ = spans_of(clew, ZIPKIN["py-zipkin-v2-json"](clew))
        attributes = attributes_of(root)
        assert attributes["whole"] == ("int64", "42")
        assert attributes["real"] == ("float64", 0.25)
        assert attributes["text"] == ("string", 'äöü "quoted"')
