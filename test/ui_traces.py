"""Traces for the tests of the pages: the same ones each time, only their times and IDs of now.

A shop behind edges in three places. Checkout 2.0 in Frankfurt is broken: its payments are slow and
most of them fail, so that what tells good from bad has an answer. Of a ticket office it is version
2.0.0 on node n4. Beside the everyday traces there is one of each kind that pages find hard: deep,
wide, of two roots, with a parent that is missing.
"""

from __future__ import annotations

import dataclasses
import random
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SERVER, CLIENT = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT
PRODUCER, CONSUMER = Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CONSUMER
INTERNAL = Span.SPAN_KIND_INTERNAL
PLACES = (("eu", "fra1", "fra"), ("us", "nyc1", "nyc"), ("ap", "sin1", "sin"))
ROUTES = (("GET", "/"), ("GET", "/item/{id}"), ("POST", "/cart"), ("POST", "/order"))
EVERYDAY = 150
TICKETS = 300
MS = 1_000_000  # in ns


@dataclasses.dataclass
class Made:
    """A trace under construction: one request whose resources are found by service and place."""

    rng: random.Random
    start: int  # ns
    place: tuple[str, str, str]
    request: ExportTraceServiceRequest = dataclasses.field(
        default_factory=ExportTraceServiceRequest
    )

    def __post_init__(self):
        self.trace_id = self.rng.randbytes(16)
        self.scopes = {}

    def span(self, service: str, name: str, kind: int, parent: Span | None, at: float, took: float,
             version: str = "1.4.2", **attributes) -> Span:  # fmt: skip
        """A span that begins `at` ms after the trace and takes `took` ms; `__` in keys is a dot."""
        span = self._scope(service, version).spans.add()
        span.trace_id, span.span_id = self.trace_id, self.rng.randbytes(8)
        span.name, span.kind = name, kind
        if parent is not None:
            span.parent_span_id = parent.span_id
        span.start_time_unix_nano = self.start + int(at * MS)
        span.end_time_unix_nano = self.start + int((at + took) * MS)
        _add(span.attributes, {key.replace("__", "."): of for key, of in attributes.items()})
        return span

    def _scope(self, service: str, version: str):
        if (service, version) not in self.scopes:
            resource_spans = self.request.resource_spans.add()
            region, datacenter, core = self.place
            host = f"{datacenter}-r{1 + len(service) % 3}-h{1 + len(service) % 4}"
            _add(resource_spans.resource.attributes, {
                "service.name": service, "service.version": version, "host.name": host,
                "cloud.region": region, "clew.datacenter": datacenter,
                "clew.core_location": core, "clew.rack": host.rsplit("-", 1)[0],
                "clew.edge": f"edge-{core}-1", "deployment.environment.name": "test",
            })  # fmt: skip
            scope = resource_spans.scope_spans.add()
            scope.scope.name, scope.scope.version = f"{service}.tracing", "0.3"
            self.scopes[service, version] = scope
        return self.scopes[service, version]


def send(clew) -> dict[str, str]:
    """Sends all traces. The IDs of those a test may ask for by what is special about them:
    `ordinary`, `failed`, `slow`, `linked` (its link leads to `ordinary`), `deep`, `wide`, `odd`."""
    rng = random.Random(9)
    now = time.time_ns()
    named: dict[str, str] = {}
    ordinary: Made | None = None
    for i in range(EVERYDAY):
        made = Made(rng, now - int((20 + i * 22) * 1000 * MS), PLACES[i % 3])
        kind = _everyday(made, i, link_to=ordinary)
        if kind == "ordinary":
            ordinary = ordinary or made
        named.setdefault(kind, made.trace_id.hex())
        _send(clew, made)
    _tickets(clew, rng, now)
    for kind, build, ago in (("deep", _deep, 300), ("wide", _wide, 400), ("odd", _odd, 500)):
        made = Made(rng, now - ago * 1000 * MS, PLACES[0])
        build(made)
        named[kind] = made.trace_id.hex()
        _send(clew, made)
    return named


def send_one(clew, i: int) -> None:
    """An everyday trace of now, the same for the same `i` but for its time."""
    made = Made(random.Random(1_000_000 + i), time.time_ns() - 1000 * MS, PLACES[i % 3])
    _everyday(made, i, link_to=None)
    _send(clew, made)


def send_huge(clew, spans: int) -> str:
    """One trace of a batch job that calls three services again and again; its ID."""
    rng = random.Random(10)
    began = time.time_ns() - 600_000 * MS
    made = Made(rng, began, PLACES[1])
    root = made.span("nightly", "reckon", SERVER, None, 0, spans * 2)
    trace_id = made.trace_id
    for i in range(0, spans - 1, 4):
        if i % 4000 == 0 and i > 0:  # a request has a limit
            _send(clew, made)
            made = Made(rng, began, PLACES[1])
            made.trace_id = trace_id
        took = rng.uniform(2, 7)
        step = made.span("nightly", "line", INTERNAL, root, i * 2, took + 1, line=i // 4)
        read = made.span("stock", "GET /stock", SERVER, step, i * 2 + 0.3, took * 0.6)
        made.span("stock-db", "SELECT stock", CLIENT, read, i * 2 + 0.4, took * 0.5)
        bill = made.span("bills", "POST /bill", SERVER, step, i * 2 + took * 0.7, took * 0.25)
        if i % 1999 == 0:
            _fail(made, bill, at=i * 2 + took * 0.9)
    _send(clew, made)
    return trace_id.hex()


def _tickets(clew, rng: random.Random, now: int) -> None:
    """Many requests of one service: what is slow and fails runs version 2.0.0 on node n4."""
    for i in range(TICKETS):
        made = Made(rng, now - int((900 + i * 5) * 1000 * MS), PLACES[i % 3])
        node, version = f"n{rng.randrange(1, 7)}", rng.choice(["1.9.0", "1.9.0", "2.0.0"])
        broken = node == "n4" and version == "2.0.0"
        took = rng.uniform(300, 500) if broken else rng.uniform(4, 14)
        desk = made.span("tickets", "POST /ticket", SERVER, None, 0, took, version=version,
                         k8s__node__name=node, user__id=f"u{i}", seat=rng.randrange(400),
                         night=i % 2 == 0)  # fmt: skip
        if broken and rng.random() < 0.6:
            desk.status.code = 2
        _send(clew, made)


def _send(clew, made: Made) -> None:
    answer = clew.otlp(made.request.SerializeToString())
    assert answer.status_code == 200, answer.text


def _everyday(made: Made, i: int, link_to: Made | None) -> str:
    """A request of the shop, and what kind of trace it has become."""
    rng = made.rng
    method, route = ROUTES[i % len(ROUTES)]
    orders = route == "/order"
    version = "2.0.0" if i % 8 >= 4 else "1.4.2"
    broken = orders and version == "2.0.0" and made.place[2] == "fra"
    fails = broken and i % 9 != 0
    payment = rng.uniform(300, 900) if broken else rng.uniform(4, 12)
    took = rng.uniform(2, 9) + rng.uniform(5, 12) + (payment + 6 if orders else 0)
    status = 503 if fails else 200
    edge = made.span("edge", "ingress", SERVER, None, 0, took + 4, http__status_code=status,
                     http__method=method, request_size=rng.randrange(200, 2000))  # fmt: skip
    front = made.span("frontend", f"{method} {route}", SERVER, edge, 1.5, took + 1,
                      http__request__method=method, http__route=route,
                      http__response__status_code=status, user__tier=rng.choice(["free", "gold"]),
                      feature__new_basket=i % 2 == 0, cache__ratio=round(rng.random(), 3),
                      parts=["head", "basket", "foot"])  # fmt: skip
    stock = rng.uniform(1, 5)
    query = made.span("inventory", "GET /stock", SERVER, front, 3, stock, http__route="/stock")
    made.span("inventory", "SELECT stock", CLIENT, query, 3.3, stock * 0.7,
              db__system__name="postgresql", db__namespace="shop",
              db__query__text="SELECT sku, count FROM stock WHERE sku = ANY($1)")  # fmt: skip
    if not orders:
        return "ordinary" if method == "GET" else "other"
    check = made.span("checkout", "POST /order", SERVER, front, 9, payment + 4, version=version,
                      http__route="/order", order__total=round(rng.uniform(5, 400), 2))  # fmt: skip
    pay = made.span("payments", "POST /charge", SERVER, check, 10, payment,
                    http__response__status_code=status)  # fmt: skip
    _event(pay, "retry", made.start + int((10 + payment / 2) * MS), attempt=2)
    if fails:
        _fail(made, pay, check, front, edge, at=10 + payment)
        return "failed"
    sent = made.span("checkout", "send orders", PRODUCER, check, 11 + payment, 0.3, version=version,
                     messaging__system="kafka", messaging__destination__name="orders")  # fmt: skip
    mail = made.span("mailer", "process orders", CONSUMER, sent, 15 + payment, 2,
                     messaging__system="kafka")  # fmt: skip
    if broken:
        return "slow"
    if link_to is None:
        return "other"
    link = mail.links.add()
    link.trace_id = link_to.trace_id
    link.span_id = link_to.request.resource_spans[0].scope_spans[0].spans[0].span_id
    _add(link.attributes, {"link.why": "same basket"})
    return "linked"


def _fail(made: Made, *spans: Span, at: float) -> None:
    """The first span threw, the others pass it on."""
    message = "the bank answered 503 after 3 tries"
    stack = (
        'Traceback (most recent call last):\n  File "shop/payments.py", line 41, in charge\n'
        f"shop.PaymentError: {message}"
    )
    _event(spans[0], "exception", made.start + int(at * MS), exception__type="shop.PaymentError",
           exception__message=message, exception__stacktrace=stack)  # fmt: skip
    for span in spans:
        span.status.code = 2
        span.status.message = message if span is spans[0] else "upstream answered 503"


def _deep(made: Made) -> None:
    parent = None
    for depth in range(400):
        parent = made.span("walker", f"level {depth}", INTERNAL, parent, depth * 0.1,
                           100 - depth * 0.2, depth=depth)  # fmt: skip


def _wide(made: Made) -> None:
    root = made.span("report", "GET /report", SERVER, None, 0, 1300, http__route="/report")
    for i in range(1204):
        made.span("report", "SELECT line", CLIENT, root, 1 + i, 0.9, db__system__name="postgresql",
                  db__query__text="SELECT * FROM lines WHERE report = $1 AND no = $2")  # fmt: skip


def _odd(made: Made) -> None:
    """Two roots, a parent that never came, a child before its parent, and one without time."""
    root = made.span("edge", "ingress", SERVER, None, 0, 20)
    made.span("frontend", "GET /early", SERVER, root, -5, 12)
    made.span("frontend", "instant", INTERNAL, root, 3, 0)
    orphan = made.span("mailer", "process orders", CONSUMER, None, 8, 4)
    orphan.parent_span_id = made.rng.randbytes(8)
    made.span("batch", "a second root", INTERNAL, None, 30, 5)
    made.span("a service whose name is longer than any column is wide, as they are",
              "GET /" + "very/" * 30 + "long", SERVER, root, 2, 9)  # fmt: skip


def _event(span: Span, name: str, at: int, **attributes) -> None:
    event = span.events.add()
    event.name, event.time_unix_nano = name, at
    _add(event.attributes, {key.replace("__", "."): of for key, of in attributes.items()})


def _add(attributes, values: dict) -> None:
    attributes.extend(KeyValue(key=key, value=_any(value)) for key, value in values.items())


def _any(value) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[_any(each) for each in value]))
    return AnyValue(string_value=value)
