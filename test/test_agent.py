"""The agent holds what it took while the store is away."""

import os
import time

import requests

from clew import Clew
from otlp_requests import request

OUTAGE_SECONDS = float(os.environ.get("CLEW_OUTAGE_SECONDS", "60"))
SPANS = 10


def agent_of(store: Clew, tmp_path, *args: str) -> Clew:
    return Clew(
        "agent", tmp_path, "--exporter-otlp-endpoint", f"127.0.0.1:{store.grpc}", *args
    )


def test_delivers_with_its_place(tmp_path):
    with Clew("store", tmp_path) as store:
        with agent_of(store, tmp_path, "--place-datacenter", "fra1") as agent:
            body, trace_id = request(SPANS)
            assert agent.otlp(body).status_code == 200
            trace = store.wait_for_trace(trace_id, SPANS)
            (process,) = trace["processes"].values()
            tag = {"key": "clew.datacenter", "type": "string", "value": "fra1"}
            assert tag in process["tags"]


def test_delivers_everything_after_the_store_was_away(tmp_path):
    store = Clew("store", tmp_path)
    store.start()
    with agent_of(store, tmp_path) as agent:
        sent = []

        def send():
            body, trace_id = request(SPANS)
            assert agent.otlp(body).status_code == 200
            sent.append(trace_id)

        for _ in range(20):
            send()
        store.kill()
        until = time.monotonic() + OUTAGE_SECONDS
        while time.monotonic() < until:
            send()
            time.sleep(0.1)
        store.start()
        for trace_id in sent:
            trace = store.wait_for_trace(trace_id, SPANS, seconds=60)
            assert len(trace["spans"]) == SPANS  # a repeated delivery adds nothing
        assert agent.metric("clew_exporter_send_failed_spans_total") == 0
        assert agent.metric("clew_exporter_retries_total") > 0
    store.stop()


def test_a_full_queue_refuses_with_a_retryable_error(tmp_path):
    store = Clew("store", tmp_path)  # never started
    agent = agent_of(store, tmp_path, "--queue-bytes", "64KiB", "--memory-lower-rates", "false")
    agent.start()
    try:
        answers = [agent.otlp(request(100)[0]) for _ in range(20)]
        refused = [answer for answer in answers if answer.status_code != 200]
        assert answers[0].status_code == 200
        assert refused and all(answer.status_code == 503 for answer in refused)
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
        ready = requests.get(agent.url("/ready"), timeout=10)
        assert (ready.status_code, "queue is full" in ready.text) == (503, True)
    finally:
        agent.kill()


def test_stopping_while_the_store_is_away_says_what_is_lost(tmp_path):
    store = Clew("store", tmp_path)  # never started
    agent = agent_of(store, tmp_path, "--shutdown-timeout", "2s")
    agent.start()
    assert agent.otlp(request(SPANS)[0]).status_code == 200
    began = time.monotonic()
    agent.process.terminate()
    assert agent.process.wait(timeout=20) == 1
    assert time.monotonic() - began < 10  # a hang, not the 2 s, is what this looks for
    assert f"{SPANS} spans were not delivered" in agent.log.read_text()


def test_what_is_queued_is_sent_before_it_stops(tmp_path):
    with Clew("store", tmp_path) as store:
        body, trace_id = request(SPANS)
        with agent_of(store, tmp_path, "--batch-timeout", "1h") as agent:
            assert agent.otlp(body).status_code == 200
        store.wait_for_trace(trace_id, SPANS)
