"""An OTLP/gRPC server made of the official classes, which keeps what it is sent."""

from __future__ import annotations

import threading
import time
from concurrent import futures

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


class _Service(
    logs_service_pb2_grpc.LogsServiceServicer,
    metrics_service_pb2_grpc.MetricsServiceServicer,
    trace_service_pb2_grpc.TraceServiceServicer,
):
    def __init__(self, answer, requests: list, changed: threading.Condition):
        self.answer, self.requests, self.changed = answer, requests, changed

    def Export(self, request, context):  # the name is gRPC's
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        return self.answer()


class OtlpSink:
    """Requests as they came, by signal: `spans`, `logs`, `metrics`. Listens on `port`, or on
    one that is free."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1"):
        self.spans, self.logs, self.metrics = [], [], []
        self.changed = threading.Condition()
        self.server = grpc.server(futures.ThreadPoolExecutor(4))
        traces, logs, metrics = trace_service_pb2, logs_service_pb2, metrics_service_pb2
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(
            _Service(traces.ExportTraceServiceResponse, self.spans, self.changed), self.server
        )
        logs_service_pb2_grpc.add_LogsServiceServicer_to_server(
            _Service(logs.ExportLogsServiceResponse, self.logs, self.changed), self.server
        )
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(
            _Service(metrics.ExportMetricsServiceResponse, self.metrics, self.changed), self.server
        )
        self.port = self.server.add_insecure_port(f"{host}:{port}")

    def __enter__(self) -> OtlpSink:
        self.server.start()
        return self

    def __exit__(self, *_) -> None:
        self.server.stop(grace=None)

    def wait_for(self, found, seconds: float = 30):
        """The first true answer of `found()`, asked after each request."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not (answer := found()):
                assert self.changed.wait(deadline - time.monotonic()), "nothing of it came"
        return answer

    # Lists under the lock: for use inside wait_for().

    def all_spans(self) -> list:
        """Pairs of a resource and a span."""
        return [
            (group.resource, span)
            for request in self.spans
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]

    def all_logs(self) -> list:
        """Pairs of a resource and a log record."""
        return [
            (group.resource, record)
            for request in self.logs
            for group in request.resource_logs
            for scope in group.scope_logs
            for record in scope.log_records
        ]

    def all_metrics(self) -> list:
        """Pairs of a resource and a metric."""
        return [
            (group.resource, metric)
            for request in self.metrics
            for group in request.resource_metrics
            for scope in group.scope_metrics
            for metric in scope.metrics
        ]


def attributes(message) -> dict:
    """Attributes as Python values; each key stands there once."""
    pairs = [
        (one.key, getattr(one.value, one.value.WhichOneof("value"))) for one in message.attributes
    ]
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)
