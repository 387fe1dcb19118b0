"""Official clients in Go and Java: got ready at first use, under .deps/sdk, and run."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from clew import REPO

SDK = REPO / "test" / "sdk"
READY = REPO / ".deps" / "sdk"
GET_READY_TIMEOUT_S = 600  # compilers and registries on a busy machine
RUN_TIMEOUT_S = 90


def _run(command: list, timeout: float, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **options)
    assert done.returncode == 0, f"{command[0]}: {done.stderr or done.stdout}"
    return done.stdout


def _made_of(*files: pathlib.Path) -> str:
    """A name that changes with the files' content."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


@functools.cache
def _go() -> pathlib.Path:
    """The program made of test/sdk/go."""
    sources = SDK / "go"
    names = ("go.mod", "go.sum", "main.go", "signals.go")
    program = READY / f"go-{_made_of(*(sources / name for name in names))}"
    if program.exists():
        return program
    path = f"{os.environ['PATH']}:/usr/local/go/bin"
    go = shutil.which("go", path=path)
    assert go, "there is no `go` to build test/sdk/go with; install it from go.dev"
    READY.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=READY) as name:
        built = pathlib.Path(name) / "client"
        command = [go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", built, "."]
        _run(command, GET_READY_TIMEOUT_S, cwd=sources)
        built.rename(program)  # whole or not at all
    return program


@functools.cache
def _java() -> pathlib.Path:
    """The folder of the jars that test/sdk/java/pom.xml names."""
    pom = SDK / "java" / "pom.xml"
    jars = READY / f"java-{_made_of(pom)}"
    if jars.exists():
        return jars
    READY.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=READY) as name:
        fetched = pathlib.Path(name) / "jars"
        command = ["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies"]
        _run([*command, f"-DoutputDirectory={fetched}"], GET_READY_TIMEOUT_S)
        fetched.rename(jars)
    return jars


def go(*arguments: str) -> dict:
    """Runs test/sdk/go with these arguments. The IDs of what it says it has sent."""
    return json.loads(_run([_go(), *arguments], RUN_TIMEOUT_S))


def java(source: str, *arguments: str) -> dict:
    """Runs a file of test/sdk/java with these arguments. The IDs of what it says it has sent."""
    file = SDK / "java" / source
    return json.loads(_run(["java", "-cp", f"{_java()}/*", file, *arguments], RUN_TIMEOUT_S))
