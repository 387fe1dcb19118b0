"""The proof of a demo with microVMs: they come, go and die while visitors ask, and nobody notices.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import client
import faults
import microvm_orders
import spans
from settings import Settings
from topology import EDGES, SERVICES, sidecar_service

VISITORS = 16
# Both ask the service in microVMs: with GET, and with GET and POST.
PATHS = ("/product/7", "/product/8", "/product/9", "/cart/checkout")
ASKS_BY_POST = "/cart/checkout"
PAUSE_S = 2.0  # emulated processors that boot need the host's
SLOW_MS = 300  # then most visitors are with a microVM at any moment, also when one is killed
MANY = 5
EACH_STEP_S = 3.0
DEREGISTERED_TIMEOUT_S = 10.0
TRACE_TIMEOUT_S = 30.0
TRACES_READ = 400
SHOWN = 10


@dataclass(frozen=True)
class Visit:
    """One request and what came back; status 0: nothing."""

    began: float
    ended: float
    path: str
    status: int
    trace_id: str
    complaint: str = ""


class Visitors:
    """Ask one after the other, with a pause, while the context is entered."""

    def __init__(self, edge: client.Edge) -> None:
        self.visits: list[Visit] = []
        self.pause_s = PAUSE_S
        self._edge = edge
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(VISITORS)]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        for path in itertools.cycle(PATHS):
            if self._ended.is_set():
                return
            began = time.monotonic()
            try:
                sent = client.send(self._edge, "GET", path)
                visit = Visit(began, time.monotonic(), path, sent.status, sent.trace_id or "")
            except OSError as error:
                visit = Visit(began, time.monotonic(), path, 0, "", str(error))
            self.visits.append(visit)
            time.sleep(self.pause_s)


def run(settings: Settings, say: Callable[[str], None]) -> bool:
    """Scales from one to many, kills one, scales back, and judges what visitors and traces say."""
    edge = EDGES[0]
    place = edge.cores[0]
    with Visitors(edge) as visitors:
        time.sleep(1)
        say(f"scaling to {MANY} microVMs in {place} while {VISITORS} visitors ask")
        answer = microvm_orders.scale(place, MANY)
        say(microvm_orders.table(answer))
        names = {one["name"]: one["core"] for one in answer["microvms"]}
        faults.save(settings.faults, [faults.parse(["slow", _service(), str(SLOW_MS)])])
        visitors.pause_s = 0
        time.sleep(EACH_STEP_S)
        victim = [name for name, core in names.items() if core == place][1]
        killed = time.monotonic()
        microvm_orders.kill(victim)
        dead = time.monotonic()
        gone = _deregistered(victim)
        say(f"killed {victim}; " + (f"deregistered after {gone - killed:.2f} s" if gone else
                                    "it is still registered"))
        time.sleep(EACH_STEP_S)
        faults.save(settings.faults, [])
        visitors.pause_s = PAUSE_S
        say("scaling back to one")
        microvm_orders.scale(place, 1)
        time.sleep(1)
    problems = judge(visitors.visits, killed, dead)
    if not gone:
        problems.append(f"{victim} was not deregistered in {DEREGISTERED_TIMEOUT_S:.0f} s")
    problems += judge_traces(visitors.visits, killed, dead, names, place, say)
    for line in problems[:SHOWN]:
        say(line)
    if problems:
        say(f"FAILED: {len(problems)} problems with microVMs; logs: {settings.logs}")
        return False
    lost = sum(visit.status != 200 for visit in visitors.visits)
    say(f"PASSED: {len(visitors.visits)} requests while microVMs came, went and died; "
        + (f"{lost} whose POST was with the one that was killed are lost, no other" if lost else
           "none is lost"))
    return True


def _deregistered(name: str) -> float | None:
    """When the manager had no such microVM any more, if that was soon."""
    deadline = time.monotonic() + DEREGISTERED_TIMEOUT_S
    while time.monotonic() < deadline:
        alive = [one for one in microvm_orders.ask("list")["microvms"]
                 if one["name"] == name and one["state"] == "serving"]
        if not alive:
            return time.monotonic()
        time.sleep(0.05)
    return None


def judge(visits: list[Visit], killed: float, dead: float) -> list[str]:
    """What was lost, but for POSTs that the killed one may have had: nobody may repeat those. The
    kill was between the two moments."""
    problems = []
    for visit in visits:
        excused = (visit.path == ASKS_BY_POST and visit.status == 500
                   and visit.began <= dead and visit.ended >= killed)
        if visit.status != 200 and not excused:
            problems.append(f"GET {visit.path} {visit.began - killed:+.2f} s from the kill: status "
                            f"{visit.status} {visit.complaint} (trace {visit.trace_id})")
    return problems


def judge_traces(visits: list[Visit], killed: float, dead: float, names: dict[str, str],
                 place: str, say: Callable[[str], None]) -> list[str]:
    """Whether the id of every microVM of a place stands in spans, and in every trace one at least;
    reads the traces about the kill. Those that were repeated may have gone to another place."""
    near = sorted((visit for visit in visits if visit.status == 200),
                  key=lambda visit: abs(visit.began - killed))[:TRACES_READ]
    with ThreadPoolExecutor(VISITORS) as pool:
        found = list(pool.map(_microvms_of, near))
    problems = [f"GET {visit.path} {visit.began - killed:+.2f} s from the kill: no span of its "
                f"trace {visit.trace_id} names a microVM"
                for visit, ids in zip(near, found) if not ids]
    served = Counter(name for ids in found for name in ids)
    say(f"of {len(near)} traces about the kill, spans name " + ", ".join(
        f"{name} {count} times" for name, count in sorted(served.items())))
    repeated = [visit for visit, ids in zip(near, found)
                if len(ids) > (2 if visit.path == ASKS_BY_POST else 1)]
    at_the_kill = [visit for visit in visits if visit.began <= dead and visit.ended >= killed]
    say(f"{len(at_the_kill)} requests were under way at the kill; what the dead one had of "
        f"{len(repeated)} was asked again elsewhere")
    problems += [f"no span names {name}" for name, core in names.items()
                 if core == place and name not in served]
    return problems + [f"spans name {name}, which there never was"
                       for name in served if name not in names]


def _service() -> str:
    (service,) = [one.name for one in SERVICES if one.in_microvms]
    return service


def _microvms_of(visit: Visit) -> list[str]:
    """The ids in the spans of the sidecars beside microVMs, in the order of the requests."""
    deadline = time.monotonic() + TRACE_TIMEOUT_S
    while True:
        trace = spans.fetch(visit.trace_id)
        every = [span for root in trace.roots for span in root.walk()] if trace else []
        ids = [str(span.tags["microvm.id"]) for span in every
               if span.service == sidecar_service(_service()) and "microvm.id" in span.tags]
        if ids or time.monotonic() > deadline:
            return ids
        time.sleep(0.5)
