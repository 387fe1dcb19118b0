"""Debug tokens: the trusted have a request traced in full where sampling would leave it away."""

from __future__ import annotations

import base64
import contextlib
import json
import time
import uuid

import pytest
import requests

from clew import free_port, wait_until
from mesh import (
    ALL,
    App,
    ControlPlane,
    Proxy,
    allow,
    gateway,
    mesh,
    policy,
    public_route,
    sidecar,
    trace,
    zone,
)
from otlp_sink import OtlpSink, attributes

NAMES = ("shop-1", "ingress-fra", "edge-ams")


class Untraced:
    """An edge, an ingress, and an app behind a sidecar, in a mesh that traces nothing; the
    control plane of another mesh's key."""

    def __init__(self, directory, stack: contextlib.ExitStack):
        self.edge, self.outbound = free_port(), free_port()
        self.log = directory / "access.log"
        self.forced: set[str] = set()  # traces of the requests whose tokens were good
        self.sink = stack.enter_context(OtlpSink())
        self.app = stack.enter_context(App("shop"))
        self.plane = stack.enter_context(ControlPlane(directory))
        elsewhere = directory / "elsewhere"
        elsewhere.mkdir()
        self.stranger = stack.enter_context(ControlPlane(elsewhere))
        for plane in (self.plane, self.stranger):
            plane.apply(mesh(), public_route("shop.test", "shop"))
        self.trace(sampling={"overall": 0})
        format = {"plain": "%REQ(PROBE)% %RESPONSE_CODE% %TRACE_ID%"}
        log = {"type": "File", "file": {"path": str(self.log), "format": format}}
        rules = [{"targetRef": ALL, "default": {"backends": [log]}}]
        edges = {"kind": "MeshGateway", "name": "clew-edge"}
        self.plane.apply(
            policy("MeshAccessLog", "edges", targetRef=edges, **{"from": rules}),
            zone("fra"),
            sidecar("shop-1", "shop", "fra", self.app.port, {self.outbound: "shop"}),
            gateway("ingress-fra", "INGRESS", "fra", free_port()),
            gateway("edge-ams", "EDGE", "ams", self.edge),
            public_route("other.test", "shop"),
            allow("shop", "clew-edge", "shop"),
        )
        self.proxies = {name: stack.enter_context(Proxy(self.plane, name)) for name in NAMES}
        self.plane.wait_until_online(*NAMES)
        self.token = self.plane.cli("debug-token", "shop.test").strip()

    def trace(self, **default) -> None:
        """What MeshTrace says of all proxies."""
        self.plane.apply(trace(f"127.0.0.1:{self.sink.port}", **default))

    def ask(self, token: str | None = None, host: str = "shop.test", **headers: str):
        """A client's request to the edge, with a path of its own; the answer, and what came to the
        app."""
        if token is not None:
            headers["x-clew-debug"] = token
        before = len(self.app.requests)
        answer = requests.get(
            f"http://127.0.0.1:{self.edge}/{uuid.uuid4().hex}",
            headers={"Host": host} | headers,
            timeout=10,
        )
        if token is not None and answer.status_code == 200:
            self.forced.add(answer.headers["x-trace-id"])
        return answer, [one.headers for one in self.app.requests[before:]]

    def spans(self) -> list:
        with self.sink.changed:
            return [
                (attributes(resource)["service.name"], span, attributes(span))
                for resource, span in self.sink.all_spans()
            ]

    def trace_of(self, answer: requests.Response) -> list:
        """The spans of an answer's trace, in the order of their way."""
        trace_id = answer.headers["x-trace-id"]
        found = []

        def complete() -> bool:
            found[:] = [one for one in self.spans() if one[1].trace_id.hex() == trace_id]
            return len(found) >= 5

        try:
            wait_until(complete)
        except AssertionError as error:
            raise AssertionError(f"{[(n, s.kind) for n, s, _ in found]}") from error
        return sorted(found, key=lambda one: one[1].start_time_unix_nano)


    def traces(self) -> set[str]:
        """All that there are, once what was asked so far has come or never will."""
        self.trace_of(self.ask(self.token)[0])
        return {span.trace_id.hex() for _, span, _ in self.spans()}


@pytest.fixture(scope="module")
def untraced(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Untraced(tmp_path_factory.mktemp("debug"), stack)


def assert_full(mesh: Untraced, answer: requests.Response) -> None:
    """It left one trace of all hops, which every agent keeps."""
    assert (answer.status_code, answer.text) == (200, "shop")
    spans = mesh.trace_of(answer)
    assert [(name, span.kind) for name, span, _ in spans] == [
        ("clew-edge", 2),
        ("clew-edge", 3),
        ("clew-ingress", 2),
        ("clew-ingress", 3),
        ("shop-sidecar", 2),
    ]
    assert not spans[0][1].parent_span_id
    for (_, parent, _), (_, child, _) in zip(spans, spans[1:], strict=False):
        assert child.parent_span_id == parent.span_id
    assert [tags["sampling.priority"] for _, _, tags in spans] == ["1"] * 5


def test_a_token_forces_one_full_trace_and_nothing_else_does(untraced):
    answer, (got,) = untraced.ask()
    assert answer.status_code == 200 and got["traceparent"].endswith("-00")
    client = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    answer, (got,) = untraced.ask(untraced.token, traceparent=client)
    assert_full(untraced, answer)
    assert untraced.traces() == untraced.forced
    for _, _, tags in untraced.trace_of(answer)[:2]:  # of the edge
        assert tags["client.traceparent"] == client
        assert tags["client.address"] == got["x-forwarded-for"]
    assert got["traceparent"].split("-")[1] == answer.headers["x-trace-id"]
    for name in ("x-clew-debug", "x-mesh-debug-host", "x-client-traceparent"):
        assert name not in got
    assert got["x-mesh-debug"] == "1"


def test_the_app_sees_the_same_client_with_a_token_as_without(untraced):
    seen = []
    for token in (None, untraced.token):
        answer, (got,) = untraced.ask(token, **{"x-forwarded-for": "192.0.2.7"})
        assert answer.status_code == 200
        names = ("x-forwarded-for", "x-forwarded-proto", "x-envoy-external-address", "host")
        seen.append([got.get_all(name) for name in names])
        assert len(got.get_all("x-request-id")) == len(got.get_all("traceparent")) == 1
    assert seen[0] == seen[1]
    assert_full(untraced, answer)  # and none of its spans comes while others are counted


def with_part(token: str, part: int, **claims) -> str:
    """The token with other claims (or another header), and the old signature."""
    parts = token.split(".")
    padded = parts[part] + "=" * (-len(parts[part]) % 4)
    changed = json.loads(base64.urlsafe_b64decode(padded)) | claims
    parts[part] = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    return ".".join(parts)


def test_no_other_token_gets_through(untraced):
    of_other = untraced.plane.cli("debug-token", "other.test").strip()
    of_stranger = untraced.stranger.cli("debug-token", "shop.test").strip()
    unsigned = with_part(untraced.token, 0, alg="none").rsplit(".", 1)[0] + "."
    refused = {
        "other host's": (of_other, 403),
        "another key's": (of_stranger, 401),
        "changed": (with_part(of_other, 1, aud="shop.test"), 401),
        "prolonged": (with_part(untraced.token, 1, exp=int(time.time()) + 10**6), 401),
        "unsigned": (unsigned, 401),
        "garbage": ("garbage", 401),
        "empty": ("", 401),
    }
    for what, (token, status) in refused.items():
        answer, got = untraced.ask(token)
        assert (answer.status_code, got) == (status, []), what
        answer, got = untraced.ask(token, **{"x-mesh-debug-host": "shop.test"})
        assert (answer.status_code, got) == (status, []), what
    answer, got = untraced.ask(untraced.token, host="other.test")
    assert (answer.status_code, got) == (403, [])
    answer, got = untraced.ask(untraced.token, host="unknown.test")
    assert (answer.status_code, got) == (403, [])
    answer, (got,) = untraced.ask(**{"x-mesh-debug": "1", "x-mesh-debug-host": "shop.test"})
    assert got["traceparent"].endswith("-00") and "x-mesh-debug" not in got
    assert untraced.traces() == untraced.forced


def test_a_token_expires(untraced):
    token = untraced.plane.cli("debug-token", "shop.test", "--for", "5s").strip()
    assert untraced.ask(token)[0].status_code == 200
    wait_until(lambda: untraced.ask(token)[0].status_code == 401)
    answer, got = untraced.ask(token)
    assert (answer.text, got) == ("Jwt is expired", [])


def test_routes_that_are_not_traced_do_not_stop_it(untraced):
    target = {"kind": "MeshService", "name": "shop"}
    off = policy("MeshTrace", "off", targetRef=target, default={"sampling": {"overall": 0}})
    untraced.plane.apply(off)
    untraced.trace(sampling={"random": 0})
    untraced.plane.wait_until_online(*NAMES)
    assert_full(untraced, untraced.ask(untraced.token)[0])


def test_where_all_is_traced_there_is_one_trace_as_well(untraced):
    untraced.plane.cli("delete", "MeshTrace", "off")
    untraced.trace()
    untraced.plane.wait_until_online(*NAMES)
    wait_until(lambda: untraced.ask()[1][0]["traceparent"].endswith("-01"))
    answer, _ = untraced.ask(untraced.token)
    assert_full(untraced, answer)
    all_traces = untraced.traces()
    path = answer.request.path_url
    of_path = [span for _, span, tags in untraced.spans() if path in tags.get("http.url", "")]
    assert {span.trace_id.hex() for span in of_path} == {answer.headers["x-trace-id"]}
    answer, _ = untraced.ask()
    assert answer.headers["x-trace-id"] not in all_traces
    assert all("sampling.priority" not in tags for _, _, tags in untraced.trace_of(answer))


def test_an_app_that_hands_the_header_on_has_its_own_requests_in_the_trace(untraced):
    untraced.trace(sampling={"overall": 0})
    untraced.plane.wait_until_online(*NAMES)

    def call(*names: str):
        """As the app does, with these of the headers that it got."""
        headers = {name: got[name] for name in names}
        before = len(untraced.app.requests)
        url = f"http://127.0.0.1:{untraced.outbound}/next"
        assert requests.get(url, headers=headers, timeout=10).status_code == 200
        return untraced.app.requests[before].headers["traceparent"]

    answer, (got,) = untraced.ask(untraced.token)
    trace_id = answer.headers["x-trace-id"]
    wait_until(lambda: call().endswith("-00"))
    assert call("traceparent", "x-mesh-debug").split("-")[1::2] == [trace_id, "01"]
    wait_until(lambda: len(untraced.trace_of(answer)) == 7)
    spans = {(name, span.kind): tags for name, span, tags in untraced.trace_of(answer)[5:]}
    assert set(spans) == {("shop-sidecar", 3), ("shop-sidecar", 2)}
    assert {tags["sampling.priority"] for tags in spans.values()} == {"1"}


def test_the_edge_logs_each_request_once(untraced):
    tokens = {"none": None, "good": untraced.token, "bad": "garbage"}
    answers = {name: untraced.ask(token, probe=name)[0] for name, token in tokens.items()}

    def lines() -> list[list[str]]:
        """Of these requests; Envoy writes them within ten seconds."""
        text = untraced.log.read_text() if untraced.log.exists() else ""
        return [line.split() for line in text.splitlines() if not line.startswith("-")]

    wait_until(lambda: len(lines()) >= 3, seconds=40)
    logged = {name: (int(status), trace_id) for name, status, trace_id in lines()}
    assert len(lines()) == len(logged) == 3
    for name in ("none", "good"):
        assert logged[name] == (200, answers[name].headers["x-trace-id"])
    assert logged["bad"][0] == 401


def test_only_a_host_of_the_mesh_gets_a_token_and_for_a_day_at_most(untraced):
    assert "no MeshHTTPRoute" in untraced.plane.cli("debug-token", "nowhere.test", ok=False)
    too_long = untraced.plane.cli("debug-token", "shop.test", "--for", "25h", ok=False)
    assert "24h" in too_long
    url = untraced.plane.url("/meshes/default/debug-tokens")
    body = {"host": "shop.test", "validFor": "15m"}
    answer = requests.post(url, json=body, timeout=10)
    assert answer.status_code == 201
    assert untraced.ask(answer.json()["token"])[0].status_code == 200
    assert requests.post(url.replace("default", "no"), json=body, timeout=10).status_code == 404


def test_what_edges_check_with_cannot_make_tokens(untraced):
    config = untraced.plane.cli("inspect", "edge-ams", "--config")
    admin = untraced.proxies["edge-ams"].admin
    dump = requests.get(f"http://127.0.0.1:{admin}/config_dump", timeout=10).text
    for text in (config, dump):
        assert "P-256" in text and '\\"x\\"' in text and '\\"d\\"' not in text
