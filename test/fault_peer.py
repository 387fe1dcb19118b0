"""Fake OTLP peers that fail in every way a peer can: no real one does that on demand."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from concurrent import futures

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    add_TraceServiceServicer_to_server,
)


class FaultPeer:
    """Over HTTP. Answers the first requests as `script` says, one entry each, and all others with
    success.

    An entry is a status, a pair of a status and headers, or one of the words
    "slow" (takes 2 s), "hang up" (closes without an answer), "half" (closes in the middle of the
    answer), "black hole" (never answers) and "partial" (accepts, and rejects one span).
    """

    def __init__(self, *script):
        self.script = list(script)
        self.times: list[float] = []  # when each request came
        self.names: list[str] = []  # of the spans it accepted
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                peer.times.append(time.monotonic())
                entry = peer.script.pop(0) if peer.script else 200
                peer.act(self, entry, body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.released = threading.Event()
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> FaultPeer:
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def act(self, handler, entry, body: bytes) -> None:
        if entry == "black hole":
            self.released.wait()
            handler.close_connection = True
        elif entry == "hang up":
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        elif entry == "half":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            handler.close_connection = True
        else:
            if entry == "slow":
                time.sleep(2)
            self.answer(handler, entry, body)

    def answer(self, handler, entry, body: bytes) -> None:
        status, headers = entry if isinstance(entry, tuple) else (entry, {})
        response = ExportTraceServiceResponse()
        if entry == "partial":
            response.partial_success.rejected_spans = 1
            response.partial_success.error_message = "one is too old"
        accepted = isinstance(status, str) or status == 200
        if accepted:
            self.names += names_in(body)
        content = response.SerializeToString() if accepted else b"the peer's own words"
        handler.send_response(200 if accepted else status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Type", "application/x-protobuf" if accepted else "text/plain")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


class GrpcFaultPeer:
    """A fake OTLP/gRPC peer: answers its first calls with `code` and all others with success, which
    says that `rejected` spans were not taken."""

    def __init__(
        self,
        code: grpc.StatusCode = grpc.StatusCode.OK,
        times: int = 0,
        details: bytes | None = None,
        rejected: int = 0,
    ):
        self.code, self.left, self.details, self.rejected = code, times, details, rejected
        self.calls = 0
        self.names: list[str] = []
        self.server = grpc.server(futures.ThreadPoolExecutor(4))
        add_TraceServiceServicer_to_server(self, self.server)
        self.port = self.server.add_insecure_port("127.0.0.1:0")

    def Export(self, message, context):  # noqa: N802  gRPC's name
        self.calls += 1
        if self.left > 0:
            self.left -= 1
            if self.details:
                context.set_trailing_metadata((("grpc-status-details-bin", self.details),))
            context.abort(self.code, "the peer's own words")
        self.names += names_in(message.SerializeToString())
        response = ExportTraceServiceResponse()
        if self.rejected:
            response.partial_success.rejected_spans = self.rejected
            response.partial_success.error_message = "one is too old"
        return response

    def __enter__(self) -> GrpcFaultPeer:
        self.server.start()
        return self

    def __exit__(self, *_) -> None:
        self.server.stop(None)


def names_in(body: bytes) -> list[str]:
    """The names of the spans in a request."""
    request = ExportTraceServiceRequest.FromString(body)
    return [
        span.name
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
