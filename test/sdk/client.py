"""Sends one trace with an official Python client of an older format and prints what it sent.

usage: client.py jaeger PORT
       client.py otel-zipkin-v1-json|otel-zipkin-v2-json URL
       client.py py-zipkin-v1-thrift|py-zipkin-v1-json|py-zipkin-v2-json URL

A program of its own because these clients want their own event loops and protobuf library."""

import json
import os
import sys
import time

os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"  # py_zipkin's is code of protoc 3

TAGS = {"text": 'äöü "quoted"', "yes": True, "no": False, "whole": 42, "real": 0.25}


def jaeger(port: str) -> dict:
    import jaeger_client
    import opentracing

    config = jaeger_client.Config(
        {
            "sampler": {"type": "const", "param": 1},
            "local_agent": {"reporting_host": "127.0.0.1", "reporting_port": int(port)},
            "generate_128bit_trace_id": True,
            "tags": {"host.cpus": 2},
        },
        service_name="python-shop",
    )
    tracer = config.initialize_tracer()
    root = tracer.start_span("checkout", tags={"span.kind": "server", **TAGS})
    child = tracer.start_span(
        "pay", references=[opentracing.child_of(root.context)], tags={"span.kind": "client"}
    )
    child.log_kv({"event": "retry", "attempt": 2})
    child.set_tag("error", True)
    child.finish()
    root.finish()
    closed = tracer.close()
    while not closed.done():
        time.sleep(0.01)
    return {
        "traceId": f"{root.trace_id:032x}",
        "rootId": f"{root.span_id:016x}",
        "childId": f"{child.span_id:016x}",
    }


def otel_zipkin(exporter) -> dict:
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult

    results = []

    class Checked:
        def export(self, spans):
            results.append(exporter.export(spans))
            return results[-1]

        def shutdown(self):
            exporter.shutdown()

    provider = TracerProvider(resource=Resource({"service.name": "python-shop"}))
    provider.add_span_processor(SimpleSpanProcessor(Checked()))
    tracer = provider.get_tracer("shop-scope", "1.2.3")
    root = tracer.start_span("checkout", kind=trace.SpanKind.SERVER, attributes=TAGS)
    context = trace.set_span_in_context(root)
    child = tracer.start_span("pay", context=context, kind=trace.SpanKind.CLIENT)
    child.add_event("retry")
    child.set_status(trace.StatusCode.ERROR, "card refused")
    child.end()
    root.end()
    provider.shutdown()
    assert results == [SpanExportResult.SUCCESS] * 2  # the processor only logs what is raised
    return {
        "traceId": f"{root.get_span_context().trace_id:032x}",
        "rootId": f"{root.get_span_context().span_id:016x}",
        "childId": f"{child.get_span_context().span_id:016x}",
    }


def py_zipkin(encoding_name: str, url: str) -> dict:
    import requests
    from py_zipkin import Encoding, Kind
    from py_zipkin.transport import BaseTransportHandler
    from py_zipkin.zipkin import zipkin_span

    is_thrift = encoding_name == "v1-thrift"

    class Post(BaseTransportHandler):
        def get_max_payload_bytes(self):
            return None

        def send(self, payload):
            media_type = "application/x-thrift" if is_thrift else "application/json"
            answer = requests.post(
                url, data=payload, headers={"Content-Type": media_type}, timeout=10
            )
            assert answer.status_code == 202, (answer.status_code, answer.text)

    with zipkin_span(
        service_name="python-shop",
        span_name="checkout",
        transport_handler=Post(),
        sample_rate=100.0,
        encoding=getattr(Encoding, encoding_name.replace("-", "_").upper()),
        kind=Kind.SERVER,
        host="10.1.2.3",
        port=8080,
        use_128bit_trace_id=True,
        binary_annotations={key: str(value) for key, value in TAGS.items()},
    ) as root:
        with zipkin_span(service_name="python-shop", span_name="pay", kind=Kind.CLIENT) as child:
            child.add_sa_binary_annotation(9000, "bank", "10.0.0.9")
            child.add_annotation("retry", time.time())
            child.update_binary_annotations({"error": "card refused"})
            ids = {
                "traceId": root.zipkin_attrs.trace_id,
                "rootId": root.zipkin_attrs.span_id,
                "childId": child.zipkin_attrs.span_id,
            }
    return ids


def send(client: str, target: str) -> dict:
    if client == "jaeger":
        return jaeger(target)
    if client.startswith("py-zipkin-"):
        return py_zipkin(client.removeprefix("py-zipkin-"), target)
    from opentelemetry.exporter.zipkin.json import Protocol, ZipkinExporter

    version = Protocol.V1 if client == "otel-zipkin-v1-json" else Protocol.V2
    # Without a length its v1 form fails on the first string.
    return otel_zipkin(ZipkinExporter(version, target, max_tag_value_length=128))


if __name__ == "__main__":
    print(json.dumps(send(*sys.argv[1:])))
