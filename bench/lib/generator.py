"""Runs `clew load`, which makes the load and checks what arrives."""

from __future__ import annotations

import json
import subprocess

from process import BINARY


def load_command(target: int, protocol: str, spans: int, seed: int, *more: str) -> list[str]:
    """Of `spans` to a port of 127.0.0.1."""
    return [str(BINARY), "load", "--target", f"127.0.0.1:{target}", "--protocol", protocol,
            "--spans", str(spans), "--seed", str(seed), *more]


def load(target: int, protocol: str, spans: int, seed: int, *more: str) -> dict:
    """Its own result; refused spans are in it and no error."""
    command = load_command(target, protocol, spans, seed, "--progress", *more)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if not done.stdout:
        raise RuntimeError(f"clew load ended with {done.returncode} and said nothing")
    return json.loads(done.stdout)
