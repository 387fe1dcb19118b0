"""Zipkin's queries, on the port that takes its spans: what is sent is what comes back."""

from __future__ import annotations

import time

import pytest
import requests

from clew import Clew, wait_until

TRACE = "463ac35c9f6413ad48485a3953bb6124"


def spans(now: int) -> list[dict]:
    """A call of two services, both halves under one span ID, and a child; in order of start."""
    edge = {"serviceName": "edge", "ipv4": "10.0.0.1"}
    shop = {"serviceName": "shop", "ipv4": "10.0.0.2", "port": 8080}
    return [
        {"traceId": TRACE, "id": "a2fb4a1d1a96d312", "kind": "CLIENT", "name": "get /cart",
         "timestamp": now, "duration": 90_000, "localEndpoint": edge, "remoteEndpoint": shop,
         "annotations": [{"timestamp": now + 5, "value": "retried"}],
         "tags": {"http.method": "GET", "http.status_code": "503", "error": "unavailable"}},
        {"traceId": TRACE, "id": "a2fb4a1d1a96d312", "kind": "SERVER", "name": "get /cart",
         "timestamp": now + 1000, "duration": 80_000, "localEndpoint": shop, "shared": True,
         "tags": {"http.path": "/cart"}},
        {"traceId": TRACE, "parentId": "a2fb4a1d1a96d312", "id": "b7ad6b7169203331",
         "name": "render", "timestamp": now + 2000, "duration": 70_000, "localEndpoint": shop},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Clew("store", tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module")
def sent(store) -> list[dict]:
    sent = spans(int(time.time() * 1e6))
    url = f"http://127.0.0.1:{store.zipkin}/api/v2/spans"
    assert requests.post(url, json=sent, timeout=10).status_code == 202
    wait_until(lambda: ask(store, f"/trace/{TRACE}").status_code == 200)
    return sent


def ask(store, path: str, base: str = "/api/v2", **headers: str) -> requests.Response:
    url = f"http://127.0.0.1:{store.zipkin}{base}{path}"
    return requests.get(url, headers=headers, timeout=10)


def by_start(found: list[dict]) -> list[dict]:
    return sorted(found, key=lambda span: span["timestamp"])


def test_a_trace_comes_back_as_it_was_sent(store, sent):
    for base in ("/api/v2", "/zipkin/api/v2"):
        assert by_start(ask(store, f"/trace/{TRACE}", base).json()) == sent


def test_searches_find_it(store, sent):
    for query in (
        "serviceName=edge&remoteServiceName=shop",
        "serviceName=EDGE&spanName=get%20/cart",
        "annotationQuery=retried%20and%20http.method=GET",
        "serviceName=shop&minDuration=75000&maxDuration=85000",
    ):
        found = ask(store, f"/traces?{query}").json()
        assert [by_start(trace) for trace in found] == [sent], query
    for query in ("serviceName=edge&annotationQuery=http.path", "minDuration=95000"):
        assert ask(store, f"/traces?{query}").json() == [], query


def test_names_are_there_to_choose_from(store, sent):
    assert ask(store, "/services").json() == ["edge", "shop"]
    assert ask(store, "/spans?serviceName=shop").json() == ["get /cart", "render"]
    assert ask(store, "/remoteServices?serviceName=edge").json() == ["shop"]
    assert "http.path" in ask(store, "/autocompleteKeys").json()
    assert ask(store, "/autocompleteValues?key=http.path").json() == ["/cart"]


def test_who_calls_whom(store, sent):
    now = int(time.time() * 1000)
    (link,) = ask(store, f"/dependencies?endTs={now}").json()
    assert (link["parent"], link["child"], link["callCount"]) == ("edge", "shop", 1)


def test_a_trace_that_has_not_changed_is_not_sent_again(store, sent):
    first = ask(store, f"/trace/{TRACE}")
    again = ask(store, f"/trace/{TRACE}", If_None_Match="")
    assert again.status_code == 200
    same = requests.get(first.url, headers={"If-None-Match": first.headers["ETag"]}, timeout=10)
    assert (same.status_code, same.content) == (304, b"")


def test_what_is_wrong_is_named(store):
    for path, status, text in (
        ("/trace/xyz", 400, "xyz"),
        ("/trace/1234", 404, "not found"),
        ("/traceMany?traceIds=1", 400, "traceIds"),
        ("/spans", 400, "serviceName"),
        ("/traces?limit=none", 400, "limit"),
        ("/dependencies", 400, "endTs"),
    ):
        answer = ask(store, path)
        assert (answer.status_code, text in answer.text) == (status, True), answer.text
