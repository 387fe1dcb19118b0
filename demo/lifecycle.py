"""Brings the demo up, and says what can be done with it; leaving its context brings it down."""

from __future__ import annotations

import contextlib
import fcntl
import json
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import client
import faults
import mesh_resources
import microvm_orders
import plan
import ports
import spans
from client import Sent
from network import LOOPBACK, Network, choose, netlab
from network import lab as made_lab
from plan import Stage
from processes import Supervisor, answers_200, is_alive
from settings import DemoError, Settings
from topology import EDGES, ENTRY_SERVICE, HOST, MICROVM, Edge

STAGE_TIMEOUT_S = 60.0
FIRST_ANSWER_TIMEOUT_S = 20.0
FIRST_TRACE_TIMEOUT_S = 15.0
BUSY_PORTS_SHOWN = 5
AT_HOME = ("store", "mesh")  # whose ports are not within a site

STAGE_NAMES = {
    Stage.STORE: "the store",
    Stage.AGENTS: "the agents",
    Stage.MESH: "the control plane",
    Stage.SERVICES: "the services of the shop",
    Stage.SIDECARS: "their sidecars",
    Stage.MICROVMS: "the manager of the microVMs, and one in each core location",
    Stage.GATEWAYS: "the ingress gateways",
    Stage.EDGES: "the edges",
    Stage.TRAFFIC: "the traffic",
}


class Interrupted(Exception):
    """Somebody asked the demo to end: Ctrl-C, a closed terminal, or a plain kill."""


def end_on_signals() -> None:
    """Turns the first ending signal into Interrupted; while things are stopped more are ignored."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupted(number: int, _frame: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(signal.Signals(number).name)

    for each in numbers:
        signal.signal(each, interrupted)


@dataclass(frozen=True)
class Demo:
    """A demo that is up; `lab` is None on loopback."""

    supervisor: Supervisor
    network: Network
    lab: netlab.Lab | None


@contextlib.contextmanager
def running(settings: Settings, traffic_rate: float, say: Callable[[str], None],
            keep_data: bool = False, in_lab: bool | None = None) -> Iterator[Demo]:
    """A demo that is up: every process ready, and a request answered through each edge. `in_lab` is
    None where it is to be in the lab if that can be."""
    settings.check_programs()
    settings.directory.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_only_one(settings.directory))
        lab, network = None, LOOPBACK
        if choose(in_lab, say):
            lab, network = stack.enter_context(made_lab())
        refuse_busy_ports(network)
        supervisor = stack.enter_context(_clean_run(settings, keep_data, say, network))
        specs = plan.all_specs(settings, traffic_rate, network)
        for stage in Stage:
            started = [spec for spec in specs if spec.stage == stage]
            if not started:
                continue
            say(f"starting {STAGE_NAMES[stage]}: {', '.join(spec.name for spec in started)}")
            for spec in started:
                supervisor.start(spec)
            supervisor.wait_ready([spec.name for spec in started], STAGE_TIMEOUT_S)
            if stage == Stage.MESH:
                write_tokens(settings)
            if stage == Stage.MICROVMS:
                say(microvm_orders.table(microvm_orders.ask("list")))
            if stage == Stage.EDGES:
                _wait_first_answers(say, network)
        yield Demo(supervisor, network, lab)


@contextlib.contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Holds the lock of the run directory; DemoError when another demo runs from it."""
    with open(directory / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"a demo runs already from {directory} (see `clew-demo status`); stop "
                            "it first with Ctrl-C where it was started") from None
        yield


@contextlib.contextmanager
def _clean_run(settings: Settings, keep_data: bool, say: Callable[[str], None],
               network: Network) -> Iterator[Supervisor]:
    """Empty logs, no faults, the mesh as the topology says; on leaving everything is stopped."""
    if not keep_data:
        for data in (settings.data, settings.mesh_data):
            shutil.rmtree(data, ignore_errors=True)
    settings.logs.mkdir(exist_ok=True)
    for log in settings.logs.glob("*.log"):
        log.unlink()
    settings.faults.unlink(missing_ok=True)
    write_mesh(settings, network)
    network.save(settings.network)
    supervisor = Supervisor(settings.logs, settings.state, say, network)
    try:
        with supervisor:
            try:
                yield supervisor
            finally:
                say("stopping everything")
    finally:
        settings.network.unlink(missing_ok=True)
        say("stopped")


def write_mesh(settings: Settings, network: Network) -> None:
    """Writes what the control plane is told, and the passphrase of its authority's key."""
    settings.mesh_resources.mkdir(parents=True, exist_ok=True)
    file = settings.mesh_resources / "shop.json"
    lines = (json.dumps(one) for one in mesh_resources.resources(network))
    file.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    if not settings.passphrase.exists():
        settings.passphrase.touch(mode=0o600)
        settings.passphrase.write_text(secrets.token_hex(16) + "\n")


def write_tokens(settings: Settings) -> None:
    """A token for every proxy, as an operator gives them out."""
    settings.token("").mkdir(mode=0o700, exist_ok=True)
    for one in mesh_resources.proxies():
        command = [settings.clew, "mesh", "proxy-token", one.name,
                   "--address", f"http://{HOST}:{ports.MESH_API}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DemoError(done.stderr.strip())
        settings.token(one.name).write_text(done.stdout)


def refuse_busy_ports(network: Network) -> None:
    """DemoError that names every port that is taken, who wanted it, and who has it. Sites of a lab
    are new, and nobody else is there."""
    wanted = [row for row in ports.table() if not network.is_lab or row.wanted_by in AT_HOME]
    taken = [row for row in wanted if ports.busy(row.port)]
    if not taken:
        return
    lines = []
    for row in taken[:BUSY_PORTS_SHOWN]:
        holder = ports.holder(row.port) or "a process that cannot be seen from here"
        lines.append(f"  port {row.port} ({row.wanted_by}, {row.purpose}) is held by {holder}")
    if len(taken) > BUSY_PORTS_SHOWN:
        lines.append(f"  and {len(taken) - BUSY_PORTS_SHOWN} more (see `clew-demo ports`)")
    raise DemoError("\n".join(["ports of the demo are in use:", *lines,
                               "stop these first; is another demo running?"]))


def _wait_first_answers(say: Callable[[str], None], network: Network) -> None:
    """Returns when each edge has answered a request with 200 from its nearest core location."""
    for edge in EDGES:
        say(f"waiting for a first answer through {edge.name}")
        deadline = time.monotonic() + FIRST_ANSWER_TIMEOUT_S
        while (found := _try(edge, network)) != "200":
            if time.monotonic() > deadline:
                raise DemoError(f"{edge.name} does not answer with 200 after "
                                f"{FIRST_ANSWER_TIMEOUT_S:.0f} s; its last answer: {found}")
            time.sleep(0.2)


def _try(edge: Edge, network: Network) -> str:
    try:
        return str(client.send(edge, "GET", "/", network=network).status)
    except OSError as error:
        return str(error)


def example_trace(network: Network) -> Sent:
    """Makes one request and returns when its trace can be opened (or after a while, regardless)."""
    try:
        sent = client.send(EDGES[0], "GET", "/cart/checkout", network=network)
    except OSError as error:
        raise DemoError(f"{EDGES[0].name} does not answer: {error}") from error
    deadline = time.monotonic() + FIRST_TRACE_TIMEOUT_S
    before = -1
    while time.monotonic() < deadline:
        trace = spans.fetch(sent.trace_id or "")
        count = trace.span_count if trace else 0
        if count > 0 and count == before:  # no span more within a flush interval: all are there
            break
        before = count
        time.sleep(1.5)
    return sent


def welcome(settings: Settings, trace: Sent, traffic_rate: float, network: Network) -> str:
    """What to do now."""
    ui = f"http://{HOST}:{ports.UI}"
    doors = ", ".join(f"{edge.name} http://{network.door(edge)}" for edge in EDGES)
    visitors = (f"{traffic_rate:g} requests per second come in by themselves (--rate)"
                if traffic_rate else "no traffic by itself (--rate 0)")
    switches = "\n".join(f"    demo/{line}" for line in faults.HELP.splitlines())
    if MICROVM:
        switches += "\n\n  Start and end microVMs:\n" + "\n".join(
            f"    demo/{line}" for line in microvm_orders.HELP.splitlines())
    return f"""
The demo is up.

  Clew's page    {ui}
  Edges          {doors}
  Traffic        {visitors}

  Send a request and see its trace ID:
    curl -si http://{network.door(EDGES[0])}/product/7 | grep -i x-trace-id

  A trace made just now:
    {ui}/trace/{trace.trace_id}

  Ask the control plane where an edge sends requests, and why:
    export CLEW_MESH_ADDRESS=http://{HOST}:{ports.MESH_API}
    build/clew mesh routes {EDGES[0].name} {ENTRY_SERVICE}     # and: build/clew mesh zones

  Switch faults on and off, from another terminal:
{switches}

  Logs           {settings.logs}
  Processes      demo/clew-demo status

Ctrl-C stops everything.
"""


def wait_until_interrupted(supervisor: Supervisor, say: Callable[[str], None]) -> None:
    """Watches the processes until somebody ends the demo; a dead one is told, the rest goes on."""
    while True:
        watch(supervisor, say, 1)


def watch(supervisor: Supervisor, say: Callable[[str], None], seconds: float) -> None:
    """Waits, and tells of each process that ends meanwhile."""
    deadline = time.monotonic() + seconds
    while True:
        for line in supervisor.newly_dead():
            say(line)
        if time.monotonic() >= deadline:
            return
        time.sleep(min(1, seconds))


def status(settings: Settings) -> str:
    """The processes of the running demo; DemoError when none runs from this directory."""
    try:
        state = json.loads(settings.state.read_text())
    except FileNotFoundError:
        raise DemoError(f"no demo runs from {settings.directory}") from None
    lines = [f"launcher pid {state['launcher']}"]
    for one in state["processes"]:
        alive = is_alive(one["pid"])
        lines.append(f"{one['name']:26} pid {one['pid']:<8} {'up' if alive else 'GONE':5} "
                     f"{one['log']}")
    if any(one["name"] == "microvms" for one in state["processes"]):
        lines.append(microvm_orders.table(microvm_orders.ask("list")))
    ui_is_up = answers_200(f"http://{HOST}:{ports.UI}/ready")
    lines.append(f"UI http://{HOST}:{ports.UI} {'answers' if ui_is_up else 'does NOT answer'}")
    return "\n".join(lines)
