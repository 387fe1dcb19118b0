"""`clew proxy run`: an Envoy that is kept running, replaced and ended without losing a request."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest
import requests

from clew import BINARY, free_port, wait_until
from mesh import App, ControlPlane, Proxy, mesh, sidecar, trace, zone
from otlp_sink import OtlpSink


@pytest.fixture
def beside(tmp_path):
    """Gives a function that starts a proxy beside an app, and what belongs to it."""
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(App("shop"))
        plane = stack.enter_context(ControlPlane(tmp_path))
        dataplane = sidecar("shop-1", "shop", "fra", app.port)
        plane.apply(mesh(None), zone("fra"), dataplane)
        port = dataplane["networking"]["inbound"][0]["port"]

        def start(*args: str, hot: bool = False) -> tuple[Proxy, App, str]:
            proxy = Proxy(plane, "shop-1", *args)
            if hot:
                proxy.command.remove("--no-hot-restart")
            stack.enter_context(proxy)
            plane.wait_until_online("shop-1")
            return proxy, app, f"http://127.0.0.1:{port}/"

        yield start


def envoys(proxy: Proxy) -> list[int]:
    """The Envoys it has, by process ID."""
    children = pathlib.Path(f"/proc/{proxy.process.pid}/task/{proxy.process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def answers(url: str, **headers: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(url, headers=headers, timeout=5).status_code == 200
    return False


def test_an_envoy_that_dies_is_started_again(beside):
    proxy, _, url = beside()
    assert answers(url)
    (first,) = envoys(proxy)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: envoys(proxy) not in ([], [first]) and answers(url))
    assert f"Envoy {first} ended with status 137" in proxy.log.read_text()


def test_a_new_envoy_takes_over_without_losing_a_request(beside):
    proxy, _, url = beside(hot=True)
    (first,) = envoys(proxy)
    failed, stopped = [], threading.Event()

    def ask() -> None:
        while not stopped.is_set():
            if not answers(url):
                failed.append(time.monotonic())
            time.sleep(0.005)

    asking = threading.Thread(target=ask)
    asking.start()
    proxy.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(envoys(proxy)) == 2)
    wait_until(lambda: (left := envoys(proxy)) and len(left) == 1 and left != [first])
    stopped.set()
    asking.join()
    assert not failed


def test_requests_in_flight_are_finished_before_it_ends(beside):
    proxy, app, url = beside("--drain-time", "20s")
    slow = threading.Event()
    original = app.server.RequestHandlerClass.do_GET

    def wait_first(handler) -> None:
        slow.wait(10)
        original(handler)

    app.server.RequestHandlerClass.do_GET = wait_first
    results: list[int] = []
    asking = threading.Thread(
        target=lambda: results.append(requests.get(url, timeout=20).status_code)
    )
    asking.start()
    wait_until(lambda: proxy.stats("downstream_rq_active").get("http.inbound.downstream_rq_active")
               or any(proxy.stats("inbound.*downstream_rq_active").values()))  # fmt: skip
    proxy.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    slow.set()
    asking.join()
    assert results == [200]
    began = time.monotonic()
    assert proxy.process.wait(timeout=30) == 0
    assert time.monotonic() - began < 15  # nothing more to wait for


def test_spans_of_the_last_requests_are_sent_before_it_ends(tmp_path):
    with OtlpSink() as sink, App("shop") as app, ControlPlane(tmp_path) as plane:
        dataplane = sidecar("shop-1", "shop", "fra", app.port)
        batching = {"minFlushSpans": 1000, "flushIntervalMs": 3000}
        tracing = trace(f"127.0.0.1:{sink.port}", batching=batching)
        plane.apply(mesh(None), zone("fra"), dataplane, tracing)
        url = f"http://127.0.0.1:{dataplane['networking']['inbound'][0]['port']}/"
        with Proxy(plane, "shop-1", "--drain-time", "20s") as proxy:
            plane.wait_until_online("shop-1")
            wait_until(lambda: answers(url))
            parents = (f"00-{number + 1:032x}-00000000000000ab-01" for number in range(20))
            asked = sum(answers(url, traceparent=parent) for parent in parents)
            proxy.process.send_signal(signal.SIGTERM)
            assert proxy.process.wait(timeout=30) == 0
    assert asked == 20
    assert len(sink.all_spans()) >= 20


def test_it_says_whether_envoy_is_ready(beside):
    port = free_port()
    beside("--health-address", f"127.0.0.1:{port}")
    wait_until(lambda: answers(f"http://127.0.0.1:{port}/ready"))


def test_what_cannot_be_started_is_told():
    done = subprocess.run(
        [BINARY, "proxy", "run", "--name", "x", "--envoy", "/no/such/envoy"],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.returncode == 1
    assert "cannot start /no/such/envoy: No such file or directory" in done.stderr
    done = subprocess.run(
        [BINARY, "proxy", "bootstrap", "--name", "x", "--cp-address", "mesh:5678"],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.returncode == 1 and "mesh:5678" in done.stderr
