"""Starting, asking and ending real clew processes."""

from __future__ import annotations

import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time

import requests

REPO = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("CLEW_BINARY", REPO / "build" / "clew"))


# Below those that Linux gives to connections, which would take one between asking and listening.
_PORTS = range(10_000, 32_768)
_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now, and that no call has given before."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            if port not in _given and probe.connect_ex(("127.0.0.1", port)) != 0:
                _given.add(port)
                return port


def wait_until(condition, seconds: float = 30):
    """The first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
    return value


class Clew:
    """One clew process with its listeners on free ports of 127.0.0.1."""

    def __init__(self, role: str, directory: pathlib.Path, *args: str):
        self.role = role
        self.grpc, self.otlp_http, self.zipkin, self.http = (free_port() for _ in range(4))
        self.jaeger = {
            way: free_port() for way in ("thrift-compact", "thrift-binary", "thrift-http", "grpc")
        }
        self.log = directory / f"{role}.log"
        self.command = [
            str(BINARY), role,
            "--otlp-grpc", f"127.0.0.1:{self.grpc}",
            "--otlp-http", f"127.0.0.1:{self.otlp_http}",
            "--zipkin", f"127.0.0.1:{self.zipkin}",
            "--http", f"127.0.0.1:{self.http}",
        ]  # fmt: skip
        for way, port in self.jaeger.items():
            self.command += [f"--jaeger-{way}", f"127.0.0.1:{port}"]
        self.query_grpc, self.storage_grpc = free_port(), free_port()
        self.tempo, self.tempo_grpc = free_port(), free_port()
        if role != "agent":
            self.command += ["--jaeger-query-grpc", f"127.0.0.1:{self.query_grpc}"]
            self.command += ["--jaeger-storage-grpc", f"127.0.0.1:{self.storage_grpc}"]
            self.command += ["--tempo-query", f"127.0.0.1:{self.tempo}"]
            self.command += ["--tempo-query-grpc", f"127.0.0.1:{self.tempo_grpc}"]
            self.command += ["--data", str(directory / f"{role}-data")]
        self.command += args
        self.environment: dict[str, str] = {}  # beside the test's own
        self.process: subprocess.Popen | None = None
        self.scheme = "http"
        self.base = ""  # what --base-path says
        self.session = requests.Session()
        self.session.trust_env = False  # else REQUESTS_CA_BUNDLE would win over session.verify

    def __enter__(self) -> Clew:
        self.start()
        return self

    def __exit__(self, *_) -> None:
        if self.process and self.process.poll() is None:
            self.stop()

    def start(self) -> None:
        """Starts the process and waits until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stderr=log, stdout=log, env=os.environ | self.environment
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            status = self.process.poll()
            assert status is None, f"{self.role} ended ({status}):\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"{self.role} is not ready:\n{self.log.read_text()}"
            try:
                if self.session.get(self.url("/ready"), timeout=2).status_code == 200:
                    return
            except requests.ConnectionError:  # not listening yet
                pass
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it as an operator would; it must say goodbye with status 0."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        assert status == 0, f"{self.role} ended with {status}:\n{self.log.read_text()}"

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def url(self, path: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.http}{self.base}{path}"

    def otlp(self, body: bytes, **headers: str) -> requests.Response:
        """POST /v1/traces; protobuf unless a Content_Type says otherwise."""
        all_headers = {"Content-Type": "application/x-protobuf"}
        all_headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        url = f"http://127.0.0.1:{self.otlp_http}/v1/traces"
        return requests.post(url, data=body, headers=all_headers, timeout=30)

    def get(self, path: str, **params) -> dict:
        """The JSON of a GET that must succeed."""
        response = self.session.get(self.url(path), params=params, timeout=60)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def jaeger_trace(self, trace_id: str) -> dict:
        """The one trace of GET /api/traces/{id}."""
        (trace,) = self.get(f"/api/traces/{trace_id}")["data"]
        return trace

    def wait_for_trace(self, trace_id: str, spans: int, seconds: float = 20) -> dict:
        """The trace once it has that many spans."""
        deadline = time.monotonic() + seconds
        while True:
            response = self.session.get(self.url(f"/api/traces/{trace_id}"), timeout=10)
            if response.status_code == 200:
                (trace,) = response.json()["data"]
                if len(trace["spans"]) >= spans:
                    return trace
            last = f"{trace_id}: {response.status_code} {response.text}"
            assert time.monotonic() < deadline, last
            time.sleep(0.05)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 while it has not been counted."""
        text = self.session.get(self.url("/metrics"), timeout=10).text
        values = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, values))
