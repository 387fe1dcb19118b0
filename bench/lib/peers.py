"""Peers from the package registries, fetched or built once and kept under .deps/peers."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
PEERS = REPO / ".deps" / "peers"
JAEGER = "1.62.0"  # the newest whose modules can all be verified
ZIPKIN = "3.6.1"
COLLECTOR = "0.165.1"

_CORE = "go.opentelemetry.io/collector"
_CONTRIB = "github.com/open-telemetry/opentelemetry-collector-contrib"
_CORE_VERSION, _PROVIDER_VERSION = "0.165.0", "1.71.0"  # that belong to COLLECTOR
# The parts of the OpenTelemetry Collector that benchmarks configure, as its builder names them.
_COLLECTOR_PARTS = {
    "receivers": [f"{_CORE}/receiver/otlpreceiver", f"{_CONTRIB}/receiver/zipkinreceiver",
                  f"{_CONTRIB}/receiver/jaegerreceiver"],
    "processors": [f"{_CORE}/processor/batchprocessor",
                   f"{_CONTRIB}/processor/probabilisticsamplerprocessor"],
    "connectors": [f"{_CONTRIB}/connector/spanmetricsconnector"],
    "exporters": [f"{_CORE}/exporter/otlpexporter", f"{_CORE}/exporter/otlphttpexporter",
                  f"{_CORE}/exporter/debugexporter", f"{_CORE}/exporter/nopexporter",
                  f"{_CONTRIB}/exporter/prometheusexporter"],
    "extensions": [f"{_CONTRIB}/extension/storage/filestorage"],
    "providers": [f"{_CORE}/confmap/provider/fileprovider",
                  f"{_CORE}/confmap/provider/yamlprovider"],
}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run(command: list[str], cwd: pathlib.Path | None = None, **environment: str) -> bool:
    """Whether the command succeeded; the end of what it said goes to stderr if not."""
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True,
                          text=True)
    if done.returncode != 0:
        _say(f"{' '.join(command[:3])} …: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.returncode == 0


def jaeger() -> pathlib.Path | None:
    """Jaeger all-in-one, built from the Go module proxy; None if it cannot be had."""
    binary = PEERS / f"jaeger-all-in-one-{JAEGER}"
    if binary.exists():
        return binary
    if not shutil.which("go"):
        _say("no Jaeger: there is no `go` to build it with")
        return None
    _say(f"building Jaeger {JAEGER} as a peer (once, about two minutes)")
    PEERS.mkdir(parents=True, exist_ok=True)
    package = "github.com/jaegertracing/jaeger/cmd/all-in-one"
    with tempfile.TemporaryDirectory() as name:
        module = pathlib.Path(name)
        steps = (
            ["go", "mod", "init", "peer"],
            ["go", "get", f"{package}@v{JAEGER}"],
            ["go", "build", "-o", str(binary), package],
        )
        return binary if all(_run(step, module) for step in steps) else None


def zipkin() -> pathlib.Path | None:
    """Zipkin's executable jar from Maven Central; None if it cannot be had."""
    jar = PEERS / f"zipkin-server-{ZIPKIN}-exec.jar"
    if jar.exists():
        return jar
    if not shutil.which("mvn") or not shutil.which("java"):
        _say("no Zipkin: it takes `mvn` to fetch and `java` to run")
        return None
    _say(f"fetching Zipkin {ZIPKIN} as a peer (once, 135 MB)")
    PEERS.mkdir(parents=True, exist_ok=True)
    artifact = f"io.zipkin:zipkin-server:{ZIPKIN}:jar:exec"
    fetched = _run(["mvn", "-q", "dependency:copy", f"-Dartifact={artifact}",
                    f"-DoutputDirectory={PEERS}"])
    return jar if fetched and jar.exists() else None


def collector_manifest(output: pathlib.Path) -> dict:
    """What the OpenTelemetry Collector's builder is told to put together, into `output`."""
    def version(part: str) -> str:
        return (COLLECTOR if part.startswith(_CONTRIB) else
                _PROVIDER_VERSION if "/confmap/" in part else _CORE_VERSION)

    dist = {"module": "peer", "name": "otelcol", "version": COLLECTOR, "output_path": str(output)}
    return {"dist": dist} | {
        kind: [{"gomod": f"{part} v{version(part)}"} for part in parts]
        for kind, parts in _COLLECTOR_PARTS.items()
    }


def collector() -> pathlib.Path | None:
    """The OpenTelemetry Collector, built from the Go module proxy with its own builder; None if it
    cannot be had."""
    binary = PEERS / f"otelcol-{COLLECTOR}"
    if binary.exists():
        return binary
    go = shutil.which("go", path=f"{os.environ['PATH']}:/usr/local/go/bin")
    if not go:
        _say("no OpenTelemetry Collector: there is no `go` to build it with")
        return None
    _say(f"building the OpenTelemetry Collector {COLLECTOR} as a peer (once, about five minutes)")
    PEERS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        module = pathlib.Path(name)
        manifest = module / "manifest.yaml"
        manifest.write_text(json.dumps(collector_manifest(module / "out")))  # JSON is YAML
        command = ["nice", go, "run", f"{_CORE}/cmd/builder@v{_CORE_VERSION}", "--config",
                   str(manifest)]
        path = f"{os.environ['PATH']}:{pathlib.Path(go).parent}"  # the builder calls it too
        if not _run(command, module, PATH=path, GOMAXPROCS="2", GOFLAGS="-buildvcs=false -p=1"):
            return None
        shutil.move(module / "out" / "otelcol", binary)
    return binary
