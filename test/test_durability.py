"""What was acknowledged is there after kill -9, once."""

import threading
import time

import pytest
import requests

from clew import Clew
from otlp_requests import request

WRITERS = 4
SPANS = 20


def load(store: Clew, stop: threading.Event, acknowledged: list[str]) -> None:
    """Sends traces until told to stop or the store is gone; notes those that were acknowledged."""
    while not stop.is_set():
        body, trace_id = request(SPANS)
        try:
            response = store.otlp(body)
        except requests.RequestException:
            return
        if response.status_code == 200:
            acknowledged.append(trace_id)


@pytest.mark.parametrize("head_bytes", ["256MiB", "1MiB"])
def test_kill_9_under_load_loses_nothing(tmp_path, head_bytes):
    # With a head of 1 MiB blocks are being written all the time, so kills hit flushes too.
    acknowledged: list[str] = []
    store = Clew("store", tmp_path, "--head-bytes", head_bytes)
    for run in range(3):
        store.start()
        stop = threading.Event()
        threads = [
            threading.Thread(target=load, args=(store, stop, acknowledged)) for _ in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(1 + run)
        store.kill()
        stop.set()
        for thread in threads:
            thread.join()
    assert len(acknowledged) > 100
    store.start()
    for trace_id in acknowledged:
        assert len(store.jaeger_trace(trace_id)["spans"]) == SPANS, trace_id
    store.stop()


def test_a_normal_stop_keeps_everything_too(tmp_path):
    store = Clew("store", tmp_path)
    body, trace_id = request(SPANS)
    with store:
        assert store.otlp(body).status_code == 200
    with store:
        assert len(store.jaeger_trace(trace_id)["spans"]) == SPANS


def test_a_request_sent_twice_is_there_once(tmp_path):
    with Clew("store", tmp_path) as store:
        body, trace_id = request(SPANS)
        assert store.otlp(body).status_code == 200
        assert store.otlp(body).status_code == 200
        assert len(store.jaeger_trace(trace_id)["spans"]) == SPANS


def test_two_stores_cannot_share_a_directory(tmp_path):
    with Clew("store", tmp_path):
        second = Clew("store", tmp_path)
        second.log = tmp_path / "second.log"
        with pytest.raises(AssertionError, match="another process"):
            second.start()
