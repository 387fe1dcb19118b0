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


def test_to_others_both_halves_of_a_call_are_spans_of_their_own(store, sent):
    spans = {}
    for span in store.jaeger_trace(TRACE)["spans"]:
        parent = span["references"][0]["spanID"] if span["references"] else ""
        tags = {tag["key"]: tag["value"] for tag in span["tags"]}
        spans[tags.get("span.kind", span["operationName"])] = (span["spanID"], parent)
    assert spans["client"] == ("a2fb4a1d1a96d312", "")
    own_id, parent = spans["server"]
    assert own_id != parent == "a2fb4a1d1a96d312"
    assert spans["render"] == ("b7ad6b7169203331", own_id)


def test_a_trace_that_has_not_changed_is_not_sent_again(store, sent):
    first = ask(store, f"/trace/{TRACE}")
    again = ask(store, f"/trace/{TRACE}", If_None_Match="")
    assert again.status_code == 200
    same = requests.get(first.url, headers={"If-None-Match": first.headers["ETag"]}, timeout=10)
    assert (same.status_code, same.content) == (304, b"")


WRONG = {
    **{f"/trace/{id}": (400, "trace") for id in ("xyz", "ABC", "0", "1" * 33, "-1")},
    "/trace/1234": (404, "not found"),
    **{f"/traceMany{ids}": (400, "trace") for ids in
       ("", "?traceIds=", "?traceIds=1", "?traceIds=1,1", "?traceIds=1,x", "?traceIds=1,,2")},
    **{f"/{names}": (400, "serviceName") for names in ("spans", "remoteServices")},
    **{f"/traces?{name}={value}": (400, name)
       for name in ("limit", "endTs", "lookback", "minDuration", "maxDuration")
       for value in ("0", "-1", "1.5", "none", "9" * 30)},
    "/traces?limit=99999999999": (400, "limit"),
    "/traces?maxDuration=5": (400, "maxDuration"),
    "/traces?minDuration=5&maxDuration=4": (400, "maxDuration"),
    **{f"/dependencies?endTs={value}": (400, "endTs") for value in ("", "0", "-1", "none")},
    **{f"/dependencies?endTs=1&lookback={value}": (400, "lookback") for value in ("0", "-1", "x")},
    "/dependencies": (400, "endTs"),
    **{f"/autocompleteValues{key}": (400, "key") for key in ("", "?key=")},
}  # fmt: skip


@pytest.mark.parametrize("path", WRONG)
def test_what_is_wrong_is_named(store, path):
    status, text = WRONG[path]
    answer = ask(store, path)
    assert (answer.status_code, text in answer.text) == (status, True), answer.text


def test_what_is_huge_is_bounded(store, sent):
    for path in ("limit=2147483647", f"endTs={2**63 - 1}&lookback={2**63 - 1}"):
        found = ask(store, f"/traces?{path}").json()
        assert [by_start(trace) for trace in found] == [sent], path
