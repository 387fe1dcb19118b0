"""The servers that are measured: how each is started, reached, and asked whether it is up."""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import time
from dataclasses import dataclass, field

import peers
from accounting import disk_bytes
from client import Client

BINARY = pathlib.Path(os.environ.get("CLEW_BINARY", peers.REPO / "build" / "clew"))
LOG = peers.REPO / "build" / "bench-servers.log"  # what the servers say
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 120


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Server:
    """One kind of server with what its process needs. Use it as a context: entering starts the
    process, leaving it stops it."""

    name: str
    dialect: str  # of its query API: clew, jaeger or zipkin
    command: list[str]
    ports: dict[str, int]  # by clew_load's protocols, and "query"
    directory: pathlib.Path | None = None  # None: it keeps nothing on disk
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def start(self) -> None:
        """Starts the process and returns once it serves."""
        with open(LOG, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=os.environ | self.environment)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.is_up():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: see {LOG}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name} does not serve after {START_TIMEOUT_S} s")
            time.sleep(0.005)

    def is_up(self) -> bool:
        if not all(accepts(port) for port in self.ports.values()):
            return False
        if self.dialect != "clew":
            return True
        client = Client(self.ports["query"])
        try:
            return client.get("/ready").status == 200
        finally:
            client.close()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """kill -9."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def log_bytes(self) -> int:
        """Of the write-ahead log, for what is in no block yet. 0 if the server has none apart."""
        log = self.directory / "log" if self.directory and self.dialect == "clew" else None
        return disk_bytes(log) if log else 0

    def stored_bytes(self) -> int:
        """Everything on disk but the log."""
        return disk_bytes(self.directory) - self.log_bytes() if self.directory else 0

    def spans_in_log_only(self) -> int | None:
        """Spans that are in no block yet, as the server's metrics say; None if they do not."""
        if self.dialect != "clew":
            return 0
        client = Client(self.ports["query"])
        lines = client.get("/metrics").body.decode().splitlines()
        client.close()
        values = [line.split()[1] for line in lines if line.startswith("clew_store_head_spans ")]
        return int(float(values[0])) if values else None


def clew(directory: pathlib.Path) -> Server:
    """`clew store` with its defaults: every acknowledgement comes after fsync."""
    grpc, http, zipkin, query = free_ports(4)
    command = [
        str(BINARY), "store", "--data", str(directory), "--log-level", "warn",
        "--durability", "fsync",
        "--otlp-grpc", f"127.0.0.1:{grpc}", "--otlp-http", f"127.0.0.1:{http}",
        "--zipkin", f"127.0.0.1:{zipkin}", "--http", f"127.0.0.1:{query}",
    ]
    ports = {"grpc": grpc, "http": http, "query": query}
    return Server("clew store (fsync)", "clew", command, ports, directory)


def jaeger(directory: pathlib.Path | None, spans: int) -> Server | None:
    """Jaeger all-in-one, in memory or with Badger in `directory`. Its queue holds all `spans`: with
    the default of 2,000 it acknowledges spans and drops them silently when storing is slower."""
    binary = peers.jaeger()
    if not binary:
        return None
    flags = [
        "collector.otlp.grpc.host-port", "collector.otlp.http.host-port",
        "query.http-server.host-port", "query.grpc-server.host-port",
        "collector.grpc-server.host-port", "collector.http-server.host-port",
        "http-server.host-port", "admin.http.host-port",
        "processor.jaeger-binary.server-host-port", "processor.jaeger-compact.server-host-port",
        "processor.zipkin-compact.server-host-port",
    ]
    numbers = free_ports(len(flags))
    command = [str(binary), "--log-level", "error", "--collector.queue-size", str(spans)]
    for flag, port in zip(flags, numbers):
        command += [f"--{flag}", f"127.0.0.1:{port}"]
    # It would trace itself, and send that to whoever listens on 4317.
    environment = {"SPAN_STORAGE_TYPE": "memory", "OTEL_TRACES_SAMPLER": "always_off"}
    name = f"Jaeger {peers.JAEGER} in memory"
    if directory:
        environment["SPAN_STORAGE_TYPE"] = "badger"
        name = f"Jaeger {peers.JAEGER} + Badger"
        command += ["--badger.ephemeral=false", "--badger.directory-key", str(directory / "key"),
                    "--badger.directory-value", str(directory / "value")]
    ports = dict(zip(("grpc", "http", "query"), numbers)) | {"jaeger": numbers[4]}
    return Server(name, "jaeger", command, ports, directory, environment)


def zipkin(spans: int) -> Server | None:
    """Zipkin in memory, with room for `spans`; it takes only its own format."""
    jar = peers.zipkin()
    if not jar:
        return None
    (port,) = free_ports(1)
    environment = {"STORAGE_TYPE": "mem", "SELF_TRACING_ENABLED": "false",
                   "MEM_MAX_SPANS": str(2 * spans)}
    # Its port's setting as a whole, since by default it listens on every address.
    listener = {"ip": "127.0.0.1", "port": port, "protocols[0]": "http"}
    command = ["java", "-jar", str(jar), "--logging.level.root=ERROR"]
    command += [f"--armeria.ports[0].{key}={value}" for key, value in listener.items()]
    ports = {"zipkin": port, "query": port}
    return Server(f"Zipkin {peers.ZIPKIN} in memory", "zipkin", command, ports, None, environment)
