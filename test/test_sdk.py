"""What official SDKs send comes back attribute by attribute, with its type."""

import json
import subprocess

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult

import sdk_clients
from clew import REPO

# key → (Jaeger's type, value in Jaeger's JSON, type in Clew's JSON, value in Clew's JSON)
ATTRIBUTES = {
    "text": ("string", 'äöü "quoted"', "string", 'äöü "quoted"'),
    "yes": ("bool", True, "bool", True),
    "no": ("bool", False, "bool", False),
    "whole": ("int64", 42, "int64", "42"),
    "negative": ("int64", -7, "int64", "-7"),
    "real": ("float64", 0.25, "float64", 0.25),
    "texts": ("string", '["a","b"]', "array", ["a", "b"]),
    "numbers": ("string", "[1,2]", "array", [1, 2]),
}


def send_from_python(exporter) -> dict:
    """Sends a trace of two spans; fails if the export did."""
    results = []

    class Checked:
        def export(self, spans):
            results.append(exporter.export(spans))
            return results[-1]

        def shutdown(self):
            exporter.shutdown()

    resource = Resource({"service.name": "python-shop", "host.cpus": 2})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(Checked()))
    tracer = provider.get_tracer("shop-scope", "1.2.3")
    root = tracer.start_span("checkout", kind=trace.SpanKind.SERVER)
    for key, (_, _, clew_type, value) in ATTRIBUTES.items():
        root.set_attribute(key, int(value) if clew_type == "int64" else value)
    child = tracer.start_span(
        "pay",
        context=trace.set_span_in_context(root),
        kind=trace.SpanKind.CLIENT,
        links=[trace.Link(root.get_span_context(), {"why": "test"})],
    )
    child.add_event("retry", {"attempt": 2})
    child.set_status(trace.StatusCode.ERROR, "card refused")
    child.end()
    root.end()
    provider.shutdown()
    # Not where it happens: the processor only logs what is raised there.
    assert results == [SpanExportResult.SUCCESS] * 2
    return {
        "traceId": f"{root.get_span_context().trace_id:032x}",
        "rootId": f"{root.get_span_context().span_id:016x}",
        "childId": f"{child.get_span_context().span_id:016x}",
    }


def send_from_node(protocol: str, url: str) -> dict:
    client = REPO / "test" / "sdk" / "client.mjs"
    done = subprocess.run(
        ["node", client, protocol, url], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SENDERS = {
    "python-grpc": lambda c: send_from_python(
        GrpcExporter(endpoint=f"http://127.0.0.1:{c.grpc}", insecure=True)
    ),
    "python-http": lambda c: send_from_python(
        HttpExporter(endpoint=f"http://127.0.0.1:{c.otlp_http}/v1/traces")
    ),
    "python-http-gzip": lambda c: send_from_python(
        HttpExporter(
            endpoint=f"http://127.0.0.1:{c.otlp_http}/v1/traces", compression=Compression.Gzip
        )
    ),
    "node-grpc": lambda c: send_from_node("grpc", f"http://127.0.0.1:{c.grpc}"),
    "node-proto": lambda c: send_from_node("proto", f"http://127.0.0.1:{c.otlp_http}/v1/traces"),
    "node-json": lambda c: send_from_node("json", f"http://127.0.0.1:{c.otlp_http}/v1/traces"),
    "go-grpc": lambda c: sdk_clients.go("grpc", f"http://127.0.0.1:{c.grpc}"),
    "go-http-gzip": lambda c: sdk_clients.go("http", f"http://127.0.0.1:{c.otlp_http}"),
    "java-grpc": lambda c: sdk_clients.java(
        "OtlpClient.java", "grpc", f"http://127.0.0.1:{c.grpc}"
    ),
    "java-http-gzip": lambda c: sdk_clients.java(
        "OtlpClient.java", "http", f"http://127.0.0.1:{c.otlp_http}"
    ),
}


@pytest.fixture(scope="module", params=SENDERS)
def sent(request, all_in_one):
    """The IDs of a trace sent one way, and the service that sent it."""
    ids = SENDERS[request.param](all_in_one)
    return ids | {"service": request.param.split("-")[0] + "-shop"}


def tags_of(span: dict) -> dict:
    return {tag["key"]: (tag["type"], tag["value"]) for tag in span["tags"]}


def test_jaeger_api_gives_it_back(all_in_one, sent):
    found = all_in_one.jaeger_trace(sent["traceId"])
    spans = {span["spanID"]: span for span in found["spans"]}
    assert set(spans) == {sent["rootId"], sent["childId"]}
    root, child = spans[sent["rootId"]], spans[sent["childId"]]

    assert root["operationName"] == "checkout"
    assert root["references"] == []
    tags = tags_of(root)
    for key, (jaeger_type, value, _, _) in ATTRIBUTES.items():
        assert tags[key] == (jaeger_type, value), key
    assert tags["span.kind"] == ("string", "server")
    assert tags["otel.scope.name"] == ("string", "shop-scope")
    assert tags["otel.scope.version"] == ("string", "1.2.3")

    parent, link = child["references"]
    assert (parent["refType"], parent["spanID"]) == ("CHILD_OF", sent["rootId"])
    assert (link["refType"], link["spanID"]) == ("FOLLOWS_FROM", sent["rootId"])
    tags = tags_of(child)
    assert tags["error"] == ("bool", True)
    assert tags["otel.status_description"] == ("string", "card refused")
    (log,) = child["logs"]
    fields = {field["key"]: field["value"] for field in log["fields"]}
    assert fields == {"event": "retry", "attempt": 2}

    process = found["processes"][root["processID"]]
    assert process["serviceName"] == sent["service"]
    assert {"key": "host.cpus", "type": "int64", "value": 2} in process["tags"]


def test_clew_api_keeps_every_type(all_in_one, sent):
    found = all_in_one.get(f"/api/clew/v1/traces/{sent['traceId']}")
    assert found["complete"] is True
    spans = {span["spanId"]: span for span in found["spans"]}
    root, child = spans[sent["rootId"]], spans[sent["childId"]]
    attributes = {a["key"]: (a["type"], a["value"]) for a in root["attributes"]}
    for key, (_, _, clew_type, value) in ATTRIBUTES.items():
        assert attributes[key] == (clew_type, value), key
    assert child["parentId"] == root["spanId"] == sent["rootId"]
    assert child["status"] == {"code": "error", "message": "card refused"}
    assert child["links"][0]["spanId"] == sent["rootId"]
    assert child["links"][0]["attributes"] == [{"key": "why", "type": "string", "value": "test"}]
    assert child["events"][0]["name"] == "retry"
    assert found["scopes"][root["scope"]] == {"name": "shop-scope", "version": "1.2.3"}


def test_it_is_found_by_what_it_is(all_in_one, sent):
    def ids(**params):
        found = all_in_one.get("/api/traces", service=sent["service"], limit=100, **params)
        return [trace["traceID"] for trace in found["data"]]

    assert sent["service"] in all_in_one.get("/api/services")["data"]
    operations = all_in_one.get("/api/operations", service=sent["service"])["data"]
    assert {"name": "checkout", "spanKind": "server"} in operations
    assert sent["traceId"] in ids()
    assert sent["traceId"] in ids(operation="checkout")
    assert sent["traceId"] in ids(tag="whole:42")
    assert sent["traceId"] in ids(tags=json.dumps({"error": "true"}))
    assert sent["traceId"] not in ids(operation="nothing like it")
    assert sent["traceId"] not in ids(tag="whole:43")
    assert sent["traceId"] not in ids(minDuration="1h")
    summary = [
        t
        for t in all_in_one.get("/api/clew/v1/search", tag='text=äöü "quoted"', limit=100)["traces"]
        if t["traceId"] == sent["traceId"]
    ]
    assert summary and summary[0]["spanCount"] == 2 and summary[0]["errorCount"] == 1
    assert (summary[0]["rootService"], summary[0]["rootOperation"]) == (sent["service"], "checkout")
