"""Peers from the package registries, fetched or built once and kept under .deps/peers."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
PEERS = REPO / ".deps" / "peers"
JAEGER = "1.62.0"  # the newest whose modules can all be verified
ZIPKIN = "3.6.1"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run(command: list[str], cwd: pathlib.Path | None = None) -> bool:
    """Whether the command succeeded; the end of what it said goes to stderr if not."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
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
