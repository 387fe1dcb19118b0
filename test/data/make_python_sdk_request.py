"""Writes python_sdk_request.pb: an export request as the OpenTelemetry Python SDK sends it by gRPC.

Needs opentelemetry-sdk and opentelemetry-exporter-otlp-proto-grpc:
    python make_python_sdk_request.py python_sdk_request.pb
"""

import sys
from concurrent import futures

import grpc
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class Recorder(grpc.GenericRpcHandler):
    def __init__(self):
        self.requests = []

    def service(self, call):
        if call.method != EXPORT:
            return None
        # Without (de)serializers gRPC hands over the bytes as they came.
        return grpc.unary_unary_rpc_method_handler(self.record)

    def record(self, request, _context):
        self.requests.append(request)
        return b""


def make_spans(provider):
    tracer = provider.get_tracer("shop.checkout", "1.2.3")
    with tracer.start_as_current_span("POST /checkout", kind=SpanKind.SERVER) as server:
        server.set_attribute("http.request.method", "POST")
        server.set_attribute("http.response.status_code", 500)
        server.set_attribute("cart.total", 19.5)
        server.set_attribute("cart.gift", True)
        server.set_attribute("cart.items", ["mug", "tee"])
        with tracer.start_as_current_span(
            "charge", kind=SpanKind.CLIENT, links=[Link(server.get_span_context(), {"why": "test"})]
        ) as client:
            client.add_event("retry", {"attempt": 2})
            client.set_status(Status(StatusCode.ERROR, "card refused"))
    with provider.get_tracer("shop.stock").start_as_current_span("reserve"):
        pass


def main(path):
    recorder = Recorder()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((recorder,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    provider = TracerProvider(resource=Resource.create({"service.name": "checkout"}))
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{port}", insecure=True)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    make_spans(provider)
    provider.shutdown()
    server.stop(0)
    (request,) = recorder.requests
    with open(path, "wb") as file:
        file.write(request)


if __name__ == "__main__":
    main(sys.argv[1])
