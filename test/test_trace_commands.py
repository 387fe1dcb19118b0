"""`clew trace`: what a person sees of traces in a terminal."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
import pty
import re
import signal
import subprocess
import threading
import time

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from clew import BINARY, Clew, free_port, wait_until
from otlp_requests import _set

FIXED = "4bf92f3577b34da6a3ce929d0e0e4736"
FIXED_START = 1_764_000_000_000_000_000  # 2025-11-24T16:00:00Z

WATERFALL = """\
4bf92f3577b34da6a3ce929d0e0e4736  2025-11-24 16:00:00.000  100 ms  8 spans  3 services  2 errors

edge  ingress             ████████████████████████████████████████████████████████████    100 ms 503
  ! upstream reset
└ checkout  POST /pay           ███████████████████████████████████████████████████      85.0 ms 503
    ! payment·[31m refused
  ├ checkout  SELECT cart        █████                                                   8.00 ms
  ├ checkout  SELECT cart              █████                                             8.00 ms
  ├ checkout  SELECT cart                    █████                                       8.00 ms
  ├ checkout  SELECT cart                          █████                                 8.00 ms
  └ payment  charge                                           ██████████████████         30.0 ms 200
? payment  settle later                                                             ██   3.00 ms

?  its parent is not in the trace: not sent, not sampled, or still on its way
"""


def environment(**more: str) -> dict[str, str]:
    """The test's own, with a fixed zone and without what changes colours."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CLEW_URL")}
    return kept | {"TZ": "UTC", "TERM": "xterm"} | more


def clew_trace(store, *args: str, code: int = 0, **env: str) -> subprocess.CompletedProcess:
    """Runs `clew trace …` against the store; it must end with `code`."""
    done = subprocess.run(
        [BINARY, "trace", *args],
        capture_output=True, text=True, timeout=60,
        env=environment(CLEW_URL=store.url(""), **env),
    )  # fmt: skip
    assert done.returncode == code, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done


def fixed_request() -> bytes:
    """One trace with everything a waterfall shows: errors, equal siblings, an orphan."""
    message = ExportTraceServiceRequest()

    def add(service: str, span: int, parent: int, name: str, begin_ms: int, end_ms: int, **more):
        resource_spans = message.resource_spans.add()
        _set(resource_spans.resource.attributes, "service.name", service)
        made = resource_spans.scope_spans.add().spans.add()
        made.trace_id, made.span_id = bytes.fromhex(FIXED), span.to_bytes(8, "big")
        made.parent_span_id = parent.to_bytes(8, "big") if parent else b""
        made.name, made.kind = name, more.get("kind", 2)
        made.start_time_unix_nano = FIXED_START + begin_ms * 1_000_000
        made.end_time_unix_nano = FIXED_START + end_ms * 1_000_000
        if "status" in more:
            _set(made.attributes, "http.response.status_code", more["status"])
        if "problem" in more:
            made.status.code, made.status.message = 2, more["problem"]

    add("edge", 1, 0, "ingress", 0, 100, status=503, problem="upstream reset")
    add("checkout", 2, 1, "POST /pay", 10, 95, status=503, problem="payment\x1b[31m refused")
    for i in range(4):
        add("checkout", 10 + i, 2, "SELECT cart", 12 + 10 * i, 20 + 10 * i, kind=3)
    add("payment", 3, 2, "charge", 60, 90, status=200)
    add("payment", 4, 99, "settle later", 97, 100)
    return message.SerializeToString()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Clew("all-in-one", tmp_path_factory.mktemp("store")) as store:
        assert store.otlp(fixed_request()).status_code == 200
        store.wait_for_trace(FIXED, 8)
        yield store


@pytest.fixture(scope="module")
def made(store) -> list[str]:
    """The IDs of traces that an SDK has made: shop → pay, the first of which failed."""
    ids = [sdk_trace(store, "shop", failed=i == 0) for i in range(5)]
    for trace_id in ids:
        store.wait_for_trace(trace_id, 2)
    return ids


def sdk_trace(store, service: str, failed: bool = False) -> str:
    provider = TracerProvider(resource=Resource({"service.name": service}))
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{store.otlp_http}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("GET /cart", kind=trace.SpanKind.SERVER) as root:
        with tracer.start_as_current_span("pay", kind=trace.SpanKind.CLIENT) as child:
            child.set_attribute("http.response.status_code", 503 if failed else 200)
            if failed:
                child.set_status(trace.StatusCode.ERROR, "card refused")
        trace_id = f"{root.get_span_context().trace_id:032x}"
    provider.shutdown()
    return trace_id


def test_the_waterfall_of_a_fixed_trace(store):
    assert clew_trace(store, "get", FIXED).stdout == WATERFALL


def test_ids_as_people_paste_them(store):
    for text in (
        f"00-{FIXED}-00f067aa0ba902b7-01",
        f"x-trace-id: {FIXED}",
        FIXED.upper(),
        store.url(f"/trace/{FIXED}"),
    ):
        assert clew_trace(store, "get", text).stdout == WATERFALL, text
    assert "is no trace ID" in clew_trace(store, "get", "checkout", code=1).stderr


def test_a_short_id_finds_what_zipkin_sent(store):
    span = {"traceId": "b3ce929d0e0e4737", "id": "00f067aa0ba902b7", "name": "get",
            "timestamp": int(time.time() * 1e6), "duration": 1000,
            "localEndpoint": {"serviceName": "old"}}  # fmt: skip
    url = f"http://127.0.0.1:{store.zipkin}/api/v2/spans"
    assert store.session.post(url, json=[span], timeout=10).status_code == 202
    store.wait_for_trace("b3ce929d0e0e4737", 1)
    assert "old  get" in clew_trace(store, "get", "b3ce929d0e0e4737").stdout


def test_json_otlp_and_jaeger(store):
    clews = json.loads(clew_trace(store, "get", FIXED, "--json").stdout)
    assert len(clews["spans"]) == 8 and clews["traceId"] == FIXED
    otlp = json.loads(clew_trace(store, "get", FIXED, "--otlp").stdout)
    spans = [
        span
        for resource in otlp["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    assert len(spans) == 8 and {span["traceId"] for span in spans} == {FIXED}
    jaeger = json.loads(clew_trace(store, "get", FIXED, "--jaeger").stdout)
    assert len(jaeger["data"][0]["spans"]) == 8
    both = clew_trace(store, "get", FIXED, "--json", "--otlp", code=108)  # CLI11's
    assert "--json excludes --otlp" in both.stderr


def test_what_was_exported_can_be_sent_again(store, tmp_path):
    otlp = clew_trace(store, "get", FIXED, "--otlp").stdout
    with Clew("all-in-one", tmp_path) as other:
        sent = other.otlp(otlp.encode(), Content_Type="application/json")
        assert sent.status_code == 200, sent.text
        other.wait_for_trace(FIXED, 8)
        assert clew_trace(other, "get", FIXED).stdout == WATERFALL


def test_a_trace_that_is_not_there(store):
    done = clew_trace(store, "get", "1" * 32, code=1)
    assert f"there is no trace {'1' * 32} at {store.url('')} for tenant anonymous" in done.stderr
    assert "--tenant" in done.stderr and not done.stdout
    assert "for tenant red" in clew_trace(store, "get", FIXED, "--tenant", "red", code=1).stderr


def test_a_server_that_is_no_clew():
    with Server() as server:
        server.answer(f"/api/clew/v1/traces/{FIXED}", 404, "404 page not found", "text/plain")
        done = clew_trace(server, "get", FIXED, code=1)
        assert "is no Clew, or an older one: 404 page not found" in done.stderr


def test_a_store_that_asks_who_is_there(tmp_path):
    tokens, users = tmp_path / "tokens", tmp_path / "htpasswd"
    tokens.write_text("s3cret\n")
    digest = base64.b64encode(hashlib.sha1(b"pass word").digest()).decode()
    users.write_text(f"ana:{{SHA}}{digest}\n")
    password = tmp_path / "password"
    password.write_text("pass word\n")
    for flag, file, given in (
        ("--auth-token-file", tokens, ("--token-file", str(tokens))),
        ("--auth-htpasswd-file", users, ("--username", "ana", "--password-file", str(password))),
    ):
        place = tmp_path / flag.strip("-")
        place.mkdir()
        with Clew("all-in-one", place, flag, str(file)) as guarded:
            done = clew_trace(guarded, "search", code=1)
            assert "give --token-file, or --username and --password-file" in done.stderr
            assert "no traces" in clew_trace(guarded, "search", *given).stderr
    both = ("--token-file", str(tokens), "--username", "ana", "--password-file", str(password))
    url = ("--url", "http://127.0.0.1:1")
    done = subprocess.run(
        [BINARY, "trace", "search", *both, *url], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1 and "not both" in done.stderr


def test_an_answer_that_was_cut_short_is_told():
    with Server() as server:
        cut = '199 clew "incomplete: a deadline"'
        server.answer("/tempo/api/search", 200, '{"traces": []}', warning=cut)
        assert "incomplete: " in clew_trace(server, "search", "{ }").stderr
        answer = json.loads(clew_trace(server, "search", "{ }", "--json").stdout)
        assert answer == {"traces": [], "complete": False}


def test_a_store_that_is_away():
    url = f"http://127.0.0.1:{free_port()}"
    done = subprocess.run(
        [BINARY, "trace", "get", FIXED, "--url", url], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and "see --url" in done.stderr


def in_a_terminal(store, *args: str, columns: int = 80, **env: str) -> str:
    """What `clew trace …` writes to a terminal."""
    master, slave = pty.openpty()
    subprocess.run(["stty", "cols", str(columns), "rows", "50"], stdin=slave, check=True)
    process = subprocess.Popen(
        [BINARY, "trace", *args], stdout=slave, stderr=slave,
        env=environment(CLEW_URL=store.url(""), **env),
    )  # fmt: skip
    os.close(slave)
    text = b""
    try:
        while piece := os.read(master, 65536):
            text += piece
    except OSError:  # Linux says so where nobody writes any more
        pass
    os.close(master)
    assert process.wait(timeout=30) == 0
    return text.decode()


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_colours_and_width_are_the_terminals(store):
    text = in_a_terminal(store, "get", FIXED, columns=120)
    assert "\x1b[31medge\x1b[0m" in text  # failed
    assert "\x1b[1;31m2 errors\x1b[0m" in text
    assert "\x1b[31m refused" not in text  # what a span says colours nothing
    widest = max(map(len, without_colours(text).splitlines()[2:8]))
    assert 110 < widest <= 120
    assert "\x1b" not in in_a_terminal(store, "get", FIXED, "--no-color")
    assert "\x1b" not in in_a_terminal(store, "get", FIXED, NO_COLOR="1")
    assert "\x1b" not in clew_trace(store, "get", FIXED).stdout


def test_equal_siblings_of_a_large_trace_are_one_line(store):
    trace_id = "5" * 32
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    _set(resource_spans.resource.attributes, "service.name", "batch")
    spans = resource_spans.scope_spans.add().spans
    for i in range(1205):
        span = spans.add()
        span.trace_id, span.span_id = bytes.fromhex(trace_id), (i + 1).to_bytes(8, "big")
        span.parent_span_id = (1).to_bytes(8, "big") if i else b""
        span.name = "row" if i else "import"
        span.start_time_unix_nano = FIXED_START + i * 1000
        span.end_time_unix_nano = FIXED_START + i * 1000 + (500 if i else 2_000_000)
    assert store.otlp(message.SerializeToString()).status_code == 200
    store.wait_for_trace(trace_id, 1205)
    folded = clew_trace(store, "get", trace_id).stdout
    assert "×1\u202f204 batch  row" in folded and "≤ 500 ns" in folded
    assert "1\u202f205 spans in 2 lines" in folded
    assert clew_trace(store, "get", trace_id, "--all").stdout.count("batch  row") == 1204


def test_search_lists_the_newest_traces(store, made):
    text = clew_trace(store, "search", "--service", "shop").stdout
    head, *lines = text.splitlines()
    assert head.split() == ["TIME", "TRACE", "SERVICE", "NAME", "DURATION", "SPANS", "ERRORS"]
    assert [line.split()[2] for line in lines] == made[::-1]
    assert lines[-1].endswith("2      1") and "shop" in lines[-1] and "GET /cart" in lines[-1]
    limited = clew_trace(store, "search", "--service", "shop", "--limit", "2").stdout
    assert [line.split()[2] for line in limited.splitlines()[1:]] == made[:2:-1]
    failed = clew_trace(store, "search", "--service", "shop", "--error").stdout
    assert [line.split()[2] for line in failed.splitlines()[1:]] == made[:1]


def test_search_goes_back_in_time_slice_by_slice(store, made):
    found = clew_trace(store, "search", "--start", "2025-11-24T15:00:00Z", "--json").stdout
    answer = json.loads(found)
    ids = [each["traceId"] for each in answer["traces"]]
    assert FIXED in ids and set(made) <= set(ids) and len(ids) == len(set(ids))
    assert answer["complete"] is True
    starts = [each["startUs"] for each in answer["traces"]]
    assert starts == sorted(starts, reverse=True)
    before = clew_trace(store, "search", "--start", "2025-11-24T15:59:00Z",
                        "--end", "2025-11-24T16:01:00Z")  # fmt: skip
    assert FIXED in before.stdout and made[0] not in before.stdout


def test_search_that_finds_nothing_says_what_to_do(store):
    done = clew_trace(store, "search", "--service", "nobody")
    assert done.stdout == "" and "--since" in done.stderr


class Scripted(http.server.BaseHTTPRequestHandler):
    """Answers with what the test has put into `answers`, by path."""

    answers: dict = {}
    asked: list = []

    def do_GET(self):
        path = self.path.split("?")[0]
        self.asked.append((self.path, dict(self.headers)))
        status, content_type, body, seconds, warning = self.answers[path]
        time.sleep(seconds)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if warning:
            self.send_header("Warning", warning)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Server:
    """A store whose answers are written in the test."""

    def __init__(self, **answers):
        self.handler = type("Handler", (Scripted,), {"answers": answers, "asked": []})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def answer(
        self, path: str, status: int, body: str, kind="application/json", seconds=0.0, warning=""
    ):
        self.handler.answers[path] = (status, kind, body, seconds, warning)


def test_a_wrong_query_is_marked():
    with Server() as server:
        server.answer("/tempo/api/search", 400, "column 8: wants a value\n", "text/plain")
        done = clew_trace(server, "search", "{ .a = }", code=1)
        assert done.stderr == (
            "clew trace search: column 8: wants a value\n  { .a = }\n         ^\n"
        )


def test_traceql_is_sent_to_tempos_api():
    found = {"traces": [{"traceID": "ab", "rootServiceName": "shop", "rootTraceName": "GET /",
                         "startTimeUnixNano": str(FIXED_START), "durationMs": 12,
                         "spanSets": [{"spans": [], "matched": 3}]}]}  # fmt: skip
    with Server() as server:
        server.answer("/tempo/api/search", 200, json.dumps(found))
        done = clew_trace(server, "search", '{ span.x = "ä" }', "--since", "30m", "--tenant", "red")
        line = done.stdout.splitlines()[1]
        assert line.split()[2:] == [f"{'ab':0>32}", *"shop GET / 12.0 ms - - 3".split()]
        (path, headers), = server.handler.asked
        assert path.startswith("/tempo/api/search?q=%7B%20span.x%20%3D%20%22%C3%A4%22%20%7D&start=")
        assert headers["X-Scope-OrgID"] == "red"
    with pytest.raises(AssertionError, match="say it in the query"):
        clew_trace(server, "search", "{ }", "--service", "shop")


def test_a_long_query_shows_that_it_lives():
    with Server() as server:
        server.answer("/api/clew/v1/search", 200, '{"traces": [], "complete": true}', seconds=1.5)
        text = in_a_terminal(server, "search")
        assert re.search(r"searching 1 s", text)
        assert text.rstrip().endswith("elsewhere with --tenant")
        assert clew_trace(server, "search").stderr.startswith("no traces")  # no terminal, no line


def start_tail(server, *args: str) -> subprocess.Popen:
    return subprocess.Popen(
        [BINARY, "trace", "tail", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(CLEW_URL=server.url("")),
    )  # fmt: skip


def summary(trace_id: str) -> str:
    return json.dumps(
        {"traceId": trace_id, "rootService": "shop", "rootOperation": "GET /",
         "startUs": FIXED_START // 1000, "durationUs": 12_000, "spanCount": 14, "errorCount": 1}
    )  # fmt: skip


def test_tail_prints_what_comes_and_asks_again():
    events = f": hi\n\nevent: trace\ndata: {summary(FIXED)}\n\n"
    events += 'event: dropped\ndata: {"count": 7}\n\n'
    with Server() as server:
        server.answer("/api/clew/v1/tail", 200, events, "text/event-stream")
        tail = start_tail(server, "--service", "shop")
        line = f"2025-11-24 16:00:00.000  {FIXED}  12.0 ms   14 spans     1 error    shop  GET /\n"
        assert tail.stdout.readline() == line
        assert tail.stdout.readline() == line  # the stream has ended and was asked for again
        tail.send_signal(signal.SIGINT)
        _, stderr = tail.communicate(timeout=10)
        assert tail.returncode == 0
        assert "7 traces were not shown" in stderr and "the server has ended the stream" in stderr
        path, headers = server.handler.asked[0]
        assert path == "/api/clew/v1/tail?service=shop"
        assert headers["Accept"] == "text/event-stream"


def test_tail_ends_where_the_server_is_too_old():
    with Server() as server:
        server.answer("/api/clew/v1/tail", 404, "{}")
        tail = start_tail(server)
        _, stderr = tail.communicate(timeout=10)
        assert tail.returncode == 1 and "older than `clew trace tail`" in stderr


def test_ctrl_c_ends_a_search():
    with Server() as server:
        server.answer("/api/clew/v1/search", 200, '{"traces": []}', seconds=20)
        search = subprocess.Popen(
            [BINARY, "trace", "search", "--url", server.url("")], stderr=subprocess.PIPE
        )
        wait_until(lambda: server.handler.asked)
        search.send_signal(signal.SIGINT)
        assert search.wait(timeout=10) == 130


def test_help_reads_well(store):
    text = clew_trace(store, "--help").stdout
    for part in ("get", "search", "tail", "Examples:", "span.http.status_code = 503"):
        assert part in text
    for command in ("get", "search", "tail"):
        text = clew_trace(store, command, "--help").stdout
        for part in ("--url", "CLEW_URL", "http://127.0.0.1:16686", "--tenant", "--ca-cert-file"):
            assert part in text, command


def clew_query(store, *args: str, code: int = 0) -> subprocess.CompletedProcess:
    """Runs `clew query …`; it must end with `code`."""
    done = subprocess.run(
        [BINARY, "query", *args],
        capture_output=True, text=True, timeout=60,
        env=environment(CLEW_URL=store.url("")),
    )  # fmt: skip
    assert done.returncode == code, f"{done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def test_a_query_is_explained_without_a_server():
    done = subprocess.run(
        [BINARY, "query", "--explain", "{ span.http.status_code = 503 } | rate() by (name)"],
        capture_output=True, text=True, timeout=10,
        env=environment(CLEW_URL="http://127.0.0.1:1"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "from columns, no trace is read" in done.stdout
    assert "start, name and kind, span.http.status_code" in done.stdout


def test_metrics_are_a_line_and_a_picture_for_each_series(store):
    done = clew_query(
        store, '{ name = "charge" } | count_over_time() by (resource.service.name)',
        "--start", "2025-11-24T15:59:00Z", "--end", "2025-11-24T16:01:00Z", "--step", "30s",
    )  # fmt: skip
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert lines["SERIES"] == ["SERIES", "LAST", "MIN", "MAX"]
    assert lines['{resource.service.name="payment"}'][1:] == ["0", "0", "1", "▁▁▁█▁"]


def test_a_wrong_query_is_marked_and_one_for_traces_is_sent_on(store):
    wrong = clew_query(store, "{ span.a = } | rate()", code=1)
    assert "column 12" in wrong.stderr
    assert "^" in wrong.stderr
    assert "clew trace search" in clew_query(store, "{ span.a = 1 }", code=1).stderr
