"""Runs `clew load`, which makes the load and checks what arrives."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Self

from process import BINARY, accepts


def load_command(target: int, protocol: str, spans: int, seed: int, *more: str) -> list[str]:
    """Of `spans` to a port of 127.0.0.1."""
    return [str(BINARY), "load", "--target", f"127.0.0.1:{target}", "--protocol", protocol,
            "--spans", str(spans), "--seed", str(seed), *more]


def load(target: int, protocol: str, spans: int, seed: int, *more: str) -> dict:
    """Its own result; refused spans are in it and no error."""
    command = load_command(target, protocol, spans, seed, "--progress", *more)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return _result(done.stdout, done.returncode)


def _result(output: str, status: int | None) -> dict:
    if not output:
        raise RuntimeError(f"clew load ended with {status} and said nothing")
    return json.loads(output)


class WaitingLoad:
    """`clew load --receive` that listens from the start and sends when it is told to: a server that
    is started in between finds the one it exports to. Use it as a context, which ends it."""

    def __init__(self, command: list[str], listens_on: int) -> None:
        self._process = subprocess.Popen([*command, "--wait-for-start", "--progress"],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        while not accepts(listens_on):
            if self._process.poll() is not None:
                raise RuntimeError(f"clew load ended with {self._process.returncode}")
            time.sleep(0.005)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self) -> dict:
        """Lets it send; its result."""
        output, _ = self._process.communicate("\n")
        return _result(output, self._process.returncode)
