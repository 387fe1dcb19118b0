"""Orders to the manager of the running demo's microVMs, as a person or the check gives them."""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import Any

import ports
from settings import DemoError
from topology import HOST

HELP = """\
clew-demo microvms list                    which there are, and how long each took to start
clew-demo microvms scale 5                 five in fra; --core was: there
clew-demo microvms kill payments-fra-1     end one as a broken machine ends"""

Json = dict[str, Any]

TIMEOUT_S = 120.0  # ten emulated machines boot one after the other


def ask(order: str) -> Json:
    """The manager's answer; DemoError says what is wrong with the order, or that nobody is there.
    """
    try:
        with socket.create_connection((HOST, ports.MICROVMS), timeout=TIMEOUT_S) as connection:
            connection.sendall(order.encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer: Json = json.loads(lines.readline())
    except ConnectionRefusedError:
        raise DemoError("no demo with microVMs is up: start one with `make demo MICROVM=1`"
                        ) from None
    except (OSError, ValueError) as error:
        raise DemoError(f"the manager of the microVMs does not answer: {error}") from error
    if "error" in answer:
        raise DemoError(answer["error"])
    return answer


def scale(core: str, count: int) -> Json:
    """Returns when so many serve in a core location."""
    return ask(f"scale {core} {count}")


def kill(name: str) -> None:
    """Ends a microVM as a broken machine ends: at once, and nobody is told."""
    for one in ask("list")["microvms"]:
        if one["name"] == name and one["qemu"]:
            os.kill(one["qemu"], signal.SIGKILL)
            return
    raise DemoError(f"no microVM {name} runs (see `clew-demo microvms list`)")


def table(answer: Json) -> str:
    """What a person wants to know of the microVMs."""
    lines = [f"{answer['service']} in microVMs, processors by {answer['accelerator'].upper()}"]
    for one in answer["microvms"]:
        start = f"up in {one['start_s']:.2f} s" if one["start_s"] is not None else "not up yet"
        lines.append(f"  {one['name']:20} {one['core']:6} {one['state']:9} {start:13} "
                     f"{one['app']}  pid {one['qemu']}")
    return "\n".join(lines)
