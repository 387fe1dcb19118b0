"""An edge, an ingress and sidecars that a test speaks to one by one, and the spans they send.

There is no mTLS here: so a test can be the hop before any of them."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import http.server
import json
import pathlib
import threading
import uuid
from email.message import Message

import requests

from clew import free_port, wait_until
from mesh import (
    App,
    ControlPlane,
    Proxy,
    external,
    gateway,
    mesh,
    policy,
    public_route,
    sidecar,
    zone,
)
from otlp_sink import OtlpSink, attributes

SERVER, CLIENT = 2, 3
ERROR = 2  # of a span's status

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def traceparent(flags: str, trace_id: str = TRACE) -> str:
    """A caller's, whose span is PARENT."""
    return f"00-{trace_id}-{PARENT}-{flags}"


def new_trace_id() -> str:
    return uuid.uuid4().hex


@dataclasses.dataclass(frozen=True)
class Span:
    """An exported span, with its attributes as a mapping."""

    proxy: str
    kind: int
    name: str
    trace_id: str
    span_id: str
    parent: str
    flags: int
    status: int
    tags: dict
    events: tuple
    resource: dict


@dataclasses.dataclass(frozen=True)
class Exchange:
    """One request: what the client got back, and what the app received, if it did."""

    path: str
    status: int
    body: str
    answer: Message
    app: Message | None

    @property
    def trace_id(self) -> str:
        """As the app is told; that of an unsampled trace as well."""
        return self.app["traceparent"].split("-")[1]

    @property
    def sampled(self) -> bool:
        """Whether the app is told that its caller's span is exported."""
        return self.app["traceparent"].endswith("-01")


class ZipkinSink:
    """A collector of Zipkin's JSON."""

    def __init__(self):
        self.spans: list[dict] = []
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802
                assert self.headers["Transfer-Encoding"] == "chunked"  # so Envoy sends them
                sink.spans += json.loads(b"".join(self._chunks()))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _chunks(self):
                while size := int(self.rfile.readline(), 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self) -> ZipkinSink:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()

    def of(self, path: str) -> list[dict]:
        """Spans of requests for a path."""
        return [span for span in list(self.spans) if path in span["tags"].get("http.url", "")]

    def wait_for(self, path: str) -> list[dict]:
        """They come every 100 ms."""
        return wait_until(lambda: self.of(path))


class Hops:
    """client → edge → ingress → sidecar → app `shop`; beside it a sidecar whose tracing is not
    configured (`plain`), and one that speaks Zipkin (`zip`)."""

    def __init__(self, directory: pathlib.Path, stack: contextlib.ExitStack, *listeners: dict):
        """`listeners`: of the edge, beside its first."""
        self.sink, self.zipkin = stack.enter_context(OtlpSink()), stack.enter_context(ZipkinSink())
        self.apps = {name: stack.enter_context(App(name)) for name in ("shop", "plain", "zip")}
        self.plane = stack.enter_context(ControlPlane(directory))
        self.ports = {hop: free_port() for hop in ("edge", "ingress", "outbound", "away")}
        sidecars = {
            name: sidecar(f"{name}-1", name, "fra", app.port) for name, app in self.apps.items()
        }
        for name, one in sidecars.items():
            self.ports[name] = one["networking"]["inbound"][0]["port"]
        for port, target in (("outbound", "plain"), ("away", "straight")):
            outbound = {"port": self.ports[port], "tags": {"kuma.io/service": target}}
            sidecars["shop"]["networking"]["outbound"].append(outbound)
        sidecars["shop"] |= {"microVM": "vm-7", "tenant": "acme"}
        edge = gateway("edge-ams", "EDGE", "ams", self.ports["edge"])
        edge["networking"]["gateway"]["listeners"] += listeners
        self.plane.apply(
            mesh(None),
            zone("fra"),
            *sidecars.values(),
            gateway("ingress-fra", "INGRESS", "fra", self.ports["ingress"]),
            edge,
            *self._routes(),
            *(self.trace_of(name) for name in ("edge-ams", "ingress-fra", "shop-1")),
            self.zipkin_of("zip-1"),
        )
        names = [*(f"{name}-1" for name in sidecars), "ingress-fra", "edge-ams"]
        self.proxies = {name: stack.enter_context(Proxy(self.plane, name)) for name in names}
        self.plane.wait_until_online(*names)

    def _routes(self) -> list[dict]:
        """What the edge offers, by host; some with a sampling of their own."""
        away = free_port()  # nothing listens there
        moved = public_route("moved.test", "shop", "moved")
        redirect = {"scheme": "https", "statusCode": 301}
        moved["spec"]["to"][0]["rules"][0]["default"] = {
            "filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]
        }
        return [
            *(public_route(f"{service}.test", service) for service in self.apps),
            *self._outside("dead", away),
            *self._outside("straight", self.apps["shop"].port),
            self._of_route("straight.test", sampling={"random": 0}),
            moved,
            public_route("off.test", "shop"),
            self._of_route("off.test", sampling={"overall": 0}),
            public_route("tenth.test", "shop"),
            self._of_route("tenth.test", sampling={"random": 10}),
            public_route("unlucky.test", "shop"),
            self._of_route("unlucky.test", sampling={"random": 0}),
            public_route("named.test", "shop", "my-service /dec"),
            self._of_route("named.test", tags=[{"name": "team", "literal": "core"}]),
        ]

    @staticmethod
    def _outside(name: str, port: int) -> list[dict]:
        """A service that the edge reaches without any hop behind it, and its host."""
        route = public_route(f"{name}.test", name, f"GET {name}", kind="MeshExternalService")
        return [external(name, port), route]

    @staticmethod
    def _of_route(host: str, **default) -> dict:
        target = {"kind": "MeshHTTPRoute", "name": host}
        return policy("MeshTrace", f"of-{host}", targetRef=target, default=default)

    def trace_of(self, dataplane: str, **more) -> dict:
        """Its spans go to the sink, one by one."""
        endpoint = {"endpoint": f"127.0.0.1:{self.sink.port}"}
        backend = {"type": "OpenTelemetry", "openTelemetry": endpoint}
        batching = {"minFlushSpans": 1, "flushIntervalMs": 100}
        default = {"backends": [backend], "batching": batching, **more}
        target = {"kind": "Dataplane", "name": dataplane}
        return policy("MeshTrace", dataplane, targetRef=target, default=default)

    def zipkin_of(self, dataplane: str, **more) -> dict:
        """Its spans go to the collector of Zipkin's."""
        zipkin = {"url": f"http://127.0.0.1:{self.zipkin.port}/api/v2/spans"}
        made = self.trace_of(dataplane, **more)
        made["spec"]["default"]["backends"] = [{"type": "Zipkin", "zipkin": zipkin}]
        return made

    def ask(self, hop: str, *headers: tuple[str, str], host: str = "shop.test") -> Exchange:
        """Sends a request to one hop: "edge", "ingress", "outbound" (of shop's sidecar, to
        `plain`), "away" (of the same, to what is outside of the mesh), or a sidecar by its
        service. Its path is told from all others by a number."""
        path = f"/{uuid.uuid4().hex}"
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[hop], timeout=10)
        with contextlib.closing(connection):
            connection.putrequest("GET", path, skip_host=True)
            connection.putheader("Host", host)
            if hop == "ingress":
                connection.putheader("x-mesh-service", host.removesuffix(".test"))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read().decode()
        return Exchange(path, answer.status, body, answer.headers, self.received(path))

    def received(self, path: str) -> Message | None:
        """The headers of the one request for a path that an app got, if one did."""
        found = [
            one.headers for app in self.apps.values() for one in app.requests if one.path == path
        ]
        assert len(found) <= 1, found
        return found[0] if found else None

    def spans(self) -> list[Span]:
        """All that came, in the order in which they began."""
        found = []
        with self.sink.changed:
            all_spans = self.sink.all_spans()
        for resource, span in sorted(all_spans, key=lambda pair: pair[1].start_time_unix_nano):
            about = attributes(resource)
            found.append(Span(
                about["service.name"], span.kind, span.name, span.trace_id.hex(),
                span.span_id.hex(), span.parent_span_id.hex(), span.flags, span.status.code,
                attributes(span), tuple(event.name for event in span.events), about,
            ))  # fmt: skip
        return found

    def trace(self, trace_id: str, count: int) -> list[Span]:
        """The spans of a trace, once there are so many; more must not come."""
        wait_until(lambda: len(self._of(trace_id)) >= count)
        self.settle()
        found = self._of(trace_id)
        assert len(found) == count, found
        return found

    def _of(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans() if span.trace_id == trace_id]

    def settle(self) -> None:
        """Until a request through all hops has left its spans: what was before it has come, or
        never will. Each proxy has one thread, and sends span by span."""
        trace_id = self.ask("edge").trace_id
        wait_until(lambda: len(self._of(trace_id)) == 5)

    def assert_nothing_of(self, exchange: Exchange, *trace_ids: str) -> None:
        """No hop has exported a span of it, nor of these traces."""
        self.settle()
        found = [
            span for span in self.spans()
            if exchange.path in span.tags.get("http.url", "") or span.trace_id in trace_ids
        ]  # fmt: skip
        assert not found

    @contextlib.contextmanager
    def ingress_samples(self, **sampling: float):
        """MeshTrace.sampling of the ingress, which makes it export nothing on its own."""
        self.plane.apply(self.trace_of("ingress-fra", sampling=sampling))
        try:
            self._wait_until_ingress(exports=False)
            yield
        finally:
            self.plane.apply(self.trace_of("ingress-fra"))
            self._wait_until_ingress(exports=True)

    @contextlib.contextmanager
    def ingress_runtime(self, **values: int):
        """Runtime values of the ingress, by which it exports nothing on its own."""
        keys = {f"tracing.{name}": value for name, value in values.items()}
        try:
            self._set_runtime(keys)
            self._wait_until_ingress(exports=False)
            yield
        finally:
            self._set_runtime(dict.fromkeys(keys, ""))
            self._wait_until_ingress(exports=True)

    def _set_runtime(self, values: dict) -> None:
        admin = self.proxies["ingress-fra"].admin
        url = f"http://127.0.0.1:{admin}/runtime_modify"
        assert requests.post(url, params=values, timeout=10).ok

    def _wait_until_ingress(self, exports: bool) -> None:
        wait_until(lambda: self.ask("ingress").sampled == exports)
