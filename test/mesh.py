"""A control plane and its proxies as real processes, and apps behind them."""

from __future__ import annotations

import contextlib
import copy
import http.server
import json
import os
import pathlib
import signal
import subprocess
import threading

import requests

from clew import BINARY, REPO, free_port, wait_until

ENVOY = REPO / ".deps" / "venv" / "bin" / "envoy"


def _start(command: list, log: pathlib.Path) -> subprocess.Popen:
    with log.open("ab") as out:
        return subprocess.Popen([str(word) for word in command], stdout=out, stderr=out)


class ControlPlane:
    """`clew mesh run`."""

    def __init__(self, directory: pathlib.Path, *args: str, host: str = "127.0.0.1"):
        self.directory = directory
        self.http, self.xds = free_port(), free_port()
        self.xds_address = f"{host}:{self.xds}"
        self.log = directory / "mesh.log"
        self.command = [
            BINARY, "mesh", "run", "--data", directory / "mesh-data",
            "--http", f"127.0.0.1:{self.http}", "--xds", self.xds_address,
            "--ca-plaintext-keys", "true", *args,
        ]  # fmt: skip
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> ControlPlane:
        self.start()
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(timeout=30) == 0, self.log.read_text()

    def start(self) -> None:
        self.process = _start(self.command, self.log)
        try:
            wait_until(self._is_ready)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(self.url("/ready"), timeout=5).ok
        return False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http}{path}"

    def cli(self, *args: str, stdin: str = "", ok: bool = True) -> str:
        """What `clew mesh …` prints; it must succeed, or else (not `ok`) fail."""
        done = subprocess.run(
            [BINARY, "mesh", *args, "--address", self.url("")],
            input=stdin, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout if ok else done.stderr

    def apply(self, *resources: dict) -> str:
        return self.cli("apply", "-f", "-", stdin=json.dumps(resources))

    def proxies(self) -> dict[str, dict]:
        """By name."""
        return {one["name"]: one for one in json.loads(self.cli("proxies", "--json"))}

    def wait_until_online(self, *names: str, seconds: float = 30) -> None:
        """Until these proxies have answered for all that they shall have."""
        states = {}

        def all_online() -> bool:
            states.update(self.proxies())
            return all(states[name]["status"] == "online" for name in names)

        try:
            wait_until(all_online, seconds)
        except AssertionError as error:
            raise AssertionError(f"{states}\n{self.log.read_text()[-3000:]}") from error


class Proxy:
    """`clew proxy run`, with a token."""

    def __init__(self, plane: ControlPlane, name: str, *args: str, token: str | None = None):
        self.name, self.plane = name, plane
        self.admin = free_port()
        self.log = plane.directory / f"{name}.log"
        token_file = plane.directory / f"{name}.token"
        token_file.write_text(token or plane.cli("proxy-token", name))
        self.command = [
            BINARY, "proxy", "run", "--name", name,
            "--cp-address", f"http://{plane.xds_address}", "--token-file", token_file,
            "--admin-address", f"127.0.0.1:{self.admin}", "--envoy", ENVOY,
            "--concurrency", "1", "--no-hot-restart", "--envoy-log-level", "warning", *args,
        ]  # fmt: skip
        if "--drain-time" not in args:
            self.command += ["--drain-time", "2s"]

    def __enter__(self) -> Proxy:
        self.process = _start(self.command, self.log)
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(timeout=30) == 0, self.log.read_text()[-3000:]

    def stats(self, pattern: str) -> dict[str, int]:
        """Envoy's counters and gauges by name."""
        answer = requests.get(
            f"http://127.0.0.1:{self.admin}/stats", params={"filter": pattern}, timeout=10
        )
        pairs = (line.rsplit(": ", 1) for line in answer.text.splitlines())
        return {name: int(value) for name, value in pairs if value.isdigit()}


class App:
    """An app that answers every request with its name, and remembers what came."""

    def __init__(self, name: str, port: int | None = None):
        self.requests: list[http.server.BaseHTTPRequestHandler] = []
        self.status = 200
        app = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                app.requests.append(copy.copy(self))  # one serves all of a connection's
                body = name.encode()
                self.send_response(app.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # of requests without a body

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port or 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> App:
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()


def policy(kind: str, name: str, **spec) -> dict:
    return {"type": kind, "mesh": "default", "name": name, "spec": spec}


def mesh(mode: str | None = "STRICT") -> dict:
    resource: dict = {"type": "Mesh", "name": "default"}
    if mode:
        backend = {"name": "ca", "type": "builtin", "mode": mode}
        resource["mtls"] = {"enabledBackend": "ca", "backends": [backend]}
    return resource


def zone(name: str, **rest) -> dict:
    return {"type": "Zone", "name": name, "place": {"datacenter": f"{name}1"}, **rest}


def sidecar(name: str, service: str, zone: str, app: int, outbound: dict[int, str] | None = None,
            protocol: str = "http") -> dict:  # fmt: skip
    """A Dataplane with one inbound on a free port."""
    tags = {"kuma.io/service": service, "kuma.io/protocol": protocol}
    return {
        "type": "Dataplane", "mesh": "default", "name": name, "labels": {"kuma.io/zone": zone},
        "networking": {
            "address": "127.0.0.1",
            "inbound": [{"port": free_port(), "servicePort": app, "tags": tags}],
            "outbound": [
                {"port": port, "tags": {"kuma.io/service": target}}
                for port, target in (outbound or {}).items()
            ],
        },
    }  # fmt: skip


def gateway(
    name: str, kind: str, place: str, port: int, address: str = "127.0.0.1"
) -> dict:
    """A Dataplane of an edge or an ingress."""
    label = "clew.io/edge" if kind == "EDGE" else "kuma.io/zone"
    listener = {"port": port, "protocol": "HTTP"}
    return {
        "type": "Dataplane", "mesh": "default", "name": name, "labels": {label: place},
        "networking": {"address": address, "gateway": {"type": kind, "listeners": [listener]}},
    }  # fmt: skip


ALL = {"kind": "Mesh"}


def allow(service: str, *clients: str) -> dict:
    """Only these services may send requests to one."""
    rules = [
        {"targetRef": {"kind": "MeshService", "name": each}, "default": {"action": "Allow"}}
        for each in clients
    ]
    target = {"kind": "MeshService", "name": service}
    return policy("MeshTrafficPermission", service, targetRef=target, **{"from": rules})


def external(name: str, port: int) -> dict:
    """A service that is reached without a proxy beside it."""
    match = {"type": "HostnameGenerator", "port": 80, "protocol": "http"}
    endpoints = [{"address": "127.0.0.1", "port": port}]
    return policy("MeshExternalService", name, match=match, endpoints=endpoints)


def public_route(
    host: str, service: str, name: str = "GET /", kind: str = "MeshService"
) -> dict:
    rule = {"name": name, "default": {"backendRefs": [{"kind": kind, "name": service}]}}
    edges = {"kind": "MeshGateway", "name": "clew-edge"}
    to = [{"targetRef": ALL, "hostnames": [host], "rules": [rule]}]
    return policy("MeshHTTPRoute", host.replace("*", "all"), targetRef=edges, to=to)


def trace(endpoint: str, **more) -> dict:
    """All proxies send their spans to one OTLP/gRPC collector."""
    backend = {"type": "OpenTelemetry", "openTelemetry": {"endpoint": endpoint}}
    batching = {"minFlushSpans": 1, "flushIntervalMs": 100}
    default = {"backends": [backend], "batching": batching, **more}
    return policy("MeshTrace", "all", targetRef=ALL, default=default)


