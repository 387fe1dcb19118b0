"""The servers that are measured, each with what its process needs."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import peers
from accounting import disk_bytes
from client import Client
from process import BINARY, Process, free_ports


@dataclass
class Server(Process):
    """A store; its ports are named by the protocols of `clew load`, and "query"."""

    dialect: str = ""  # of its query API: clew, jaeger or zipkin

    def is_up(self) -> bool:
        if not super().is_up():
            return False
        if self.dialect != "clew":
            return True
        client = Client(self.ports["query"])
        try:
            return client.get("/ready").status == 200
        finally:
            client.close()

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
        "--jaeger-query-grpc", "off", "--jaeger-storage-grpc", "off",
        "--tempo-query", "off", "--tempo-query-grpc", "off",
    ]
    ports = {"grpc": grpc, "http": http, "query": query}
    return Server("clew store (fsync)", command, ports, directory, dialect="clew")


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
    return Server(name, command, ports, directory, environment, dialect="jaeger")


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
    return Server(f"Zipkin {peers.ZIPKIN} in memory", command, ports, None, environment,
                  dialect="zipkin")
