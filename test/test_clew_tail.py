"""A live tail of Clew's own API, over a real connection."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
import requests

import otlp_requests
from clew import Clew, wait_until


class Tail:
    """One client that follows; `next()` gives its events as (name, data)."""

    def __init__(self, clew, **params):
        url = clew.url("/api/clew/v1/tail")
        self.answer = requests.get(url, params=params, stream=True, timeout=30)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        self.lines = self.answer.iter_lines(chunk_size=1)
        assert next(self.lines) == b": following"

    def next(self) -> tuple[str, dict]:
        for line in self.lines:
            if line.startswith(b"event: "):
                data = next(self.lines)
                assert data.startswith(b"data: ")
                return line[7:].decode(), json.loads(data[6:])
        raise EOFError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()


def send(clew, spans: int = 2, service: str = "shop") -> str:
    body, trace_id = otlp_requests.request(spans, service)
    assert clew.otlp(body).status_code == 200
    return trace_id


def test_a_trace_is_told_as_a_search_tells_it(all_in_one):
    with Tail(all_in_one, service="tailed") as tail:
        send(all_in_one, service="another")
        trace_id = send(all_in_one, 3, "tailed")
        name, told = tail.next()
        assert (name, told["traceId"], told["spanCount"]) == ("trace", trace_id, 3)
        found = all_in_one.get("/api/clew/v1/search", service="tailed")
        assert told == found["traces"][0]


def test_what_is_over_the_rate_is_counted(all_in_one):
    with Tail(all_in_one, service="many", rate=2) as tail:
        for _ in range(10):
            send(all_in_one, service="many")
        told, dropped = 0, 0
        while told + dropped < 10:
            name, data = tail.next()
            told += name == "trace"
            dropped += data["count"] if name == "dropped" else 0
        assert told + dropped == 10 and 2 <= told < 10


def test_one_trace_is_followed_alone(all_in_one):
    trace_id = send(all_in_one, 3, "alone")
    with Tail(all_in_one, traceId=trace_id[16:]) as tail:  # the half that Zipkin may have sent
        send(all_in_one, service="alone")
        body, _ = otlp_requests.request(2, "alone", trace_id=bytes.fromhex(trace_id))
        assert all_in_one.otlp(body).status_code == 200
        name, told = tail.next()
        assert (name, told["traceId"], told["spanCount"]) == ("trace", trace_id, 5)


def test_a_wrong_parameter_is_named(all_in_one):
    for query, name in (("rate=0", "rate"), ("rate=201", "rate"), ("where=a%20%3D~%20(", "where"),
                        ("traceId=xyz", "traceId"),
                        ("limit=3", "limit"), ("start=1", "start"), ("tag=x", "tag")):  # fmt: skip
        answer = requests.get(all_in_one.url(f"/api/clew/v1/tail?{query}"), timeout=10)
        assert answer.status_code == 400, query
        assert name in answer.json()["error"]["message"], answer.text


def test_so_many_may_follow_and_those_that_go_make_room(all_in_one):
    with contextlib.ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(Tail(all_in_one))
        answer = requests.get(all_in_one.url("/api/clew/v1/tail"), timeout=10)
        assert answer.status_code == 503 and "Retry-After" in answer.headers

    def let_in():
        url = all_in_one.url("/api/clew/v1/tail")
        with requests.get(url, stream=True, timeout=10) as answer:
            return answer.status_code == 200

    assert wait_until(let_in)


def test_it_ends_when_the_server_stops(tmp_path):
    with Clew("all-in-one", tmp_path) as clew:
        tail = Tail(clew)
        began = time.monotonic()
        clew.stop()
        assert time.monotonic() - began < 10
        with pytest.raises(EOFError):
            tail.next()
