"""Makes changes, and accounts for what became of them and what they cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import envoys
import rows
import world
from accounting import cpu_seconds, resident_mib, wait_until_idle
from clients import Clients, TookTooLong, wait_for
from plane import ControlPlane
from rows import Row, Seen
from tables import percentile


@dataclass
class Subject:
    """A control plane with its proxies."""

    size: world.Size
    plane: ControlPlane
    clients: Clients
    real: list[envoys.Envoy]
    timeout_s: float
    quiet_s: float = 0.4  # without an answer: a change is over
    told: dict[str, int] = field(default_factory=dict)  # by real Envoys so far

    def cpu(self) -> tuple[float, float]:
        return cpu_seconds(self.plane.pid), cpu_seconds(self.clients.pid)

    def simulated_online(self) -> bool:
        """Whether they have everything, and the control plane knows it."""
        if not self.clients.all_complete() or self.plane.streams() < self.clients.count:
            return False
        return self._online() == self.clients.count

    def _online(self) -> int:
        real = {envoy.name for envoy in self.real}
        return sum(status == "online" and name not in real
                   for name, status in self.plane.statuses().items())


def load(plane: ControlPlane, resources: list[dict], quiet_s: float) -> dict:
    """The mesh, into an empty control plane."""
    empty_mib = resident_mib(plane.pid)
    before, began = cpu_seconds(plane.pid), time.monotonic()
    plane.apply(resources)
    applied_s = time.monotonic() - began
    idle_at, _ = wait_until_idle(plane.pid, quiet_s)
    return {"row": "load", "what": f"{len(resources):,} resources into an empty control plane",
            "server": plane.name, "failed": "", "applied_s": applied_s,
            "settled_s": max(idle_at - began, applied_s),
            "cpu_s": cpu_seconds(plane.pid) - before, "empty_mib": empty_mib,
            "resident_mib": resident_mib(plane.pid)}


def connect(subject: Subject, loaded: dict) -> dict:
    """Everyone at once, from nothing; and the memory that this takes."""
    row = _all_anew(subject, "connect", "all proxies connect, with nothing", subject.clients.count,
                    lambda: subject.clients.ask("connect"))
    wait_until_idle(subject.plane.pid, 1, 30)
    connected_mib = resident_mib(subject.plane.pid)

    def per_proxy(since_mib: float) -> float:
        return (connected_mib - since_mib) * 1024 / subject.clients.count

    return row | {"resident_mib": connected_mib,
                  "kib_per_proxy": per_proxy(loaded["empty_mib"]),
                  "connecting_kib_per_proxy": per_proxy(loaded["resident_mib"])}


def changes(subject: Subject, row: Row, repeats: int, most_s: float) -> dict:
    """Makes the change of the row `repeats` times, or as often as `most_s` allow."""
    seen = Seen()
    ends = time.monotonic() + most_s
    count = 0
    while count < repeats and (count == 0 or time.monotonic() < ends):
        _change(subject, row, count, seen)
        count += 1
    return _row_of(subject, row, count, seen)


def _change(subject: Subject, row: Row, nth: int, seen: Seen) -> None:
    subject.clients.mark()
    before = subject.cpu()
    sent_ns = subject.plane.put(row.change(subject.size, nth))
    report = subject.clients.wait_until_settled(
        sent_ns, row.told(subject.size, nth), subject.quiet_s, subject.timeout_s)
    after = subject.cpu()
    seen.add(row, report, subject.clients.times_ms(sent_ns))
    seen.cpu_s += after[0] - before[0]
    seen.clients_cpu_s += after[1] - before[1]
    envoys.wait_until_online(subject.plane, subject.real, subject.timeout_s)
    for envoy in subject.real:
        envoy.look()
        if envoy.updated_ns >= sent_ns:
            seen.real_ms.append((envoy.updated_ns - sent_ns) / 1e6)


def _row_of(subject: Subject, row: Row, count: int, seen: Seen) -> dict:
    return {
        "row": row.name, "what": row.what, "server": subject.plane.name, "failed": "",
        "changes": count,
        "proxies": seen.proxies / count,
        "p50_ms": percentile(seen.ms, 0.5),
        "p99_ms": percentile(seen.ms, 0.99),
        "max_ms": max(seen.ms),
        "until_all_ms": max(seen.until_all_ms),
        "until_all_p50_ms": percentile(seen.until_all_ms, 0.5),
        "real_ms": percentile(seen.real_ms, 0.5) if seen.real_ms else None,
        "real_max_ms": max(seen.real_ms, default=None),
        "resources": seen.resources / count,
        "bytes": seen.bytes / count,
        "stray": seen.stray if row.types else None,
        "stalls": seen.stalls,
        "cpu_s": seen.cpu_s / count,
        "clients_cpu_s": seen.clients_cpu_s / count,
    } | truth(subject)


def truth(subject: Subject) -> dict:
    """What the real Envoys say of what they were sent since they were asked last."""
    now = {"rejected": sum(envoy.rejected() for envoy in subject.real),
           "timed_out": sum(envoy.timed_out() for envoy in subject.real)}
    before, subject.told = subject.told, now
    return {key: count - before.get(key, 0) for key, count in now.items()} | {
        "disagreeing": envoys.disagreements(subject.plane, subject.real)}


def refusals(subject: Subject, refusing: int) -> dict:
    """Some refuse the new listeners: the others must not notice."""
    clients, size = subject.clients, subject.size
    clients.ask(f"refuse listener {refusing}")
    clients.mark()
    before = subject.cpu()
    sent_ns = subject.plane.put(world.tracing("refused"))
    report = clients.wait_until_settled(sent_ns, clients.count, subject.quiet_s, subject.timeout_s)
    after = subject.cpu()
    refused = list(subject.plane.statuses().values()).count("refused")
    clients.ask("refuse listener 0")
    taken_ns = subject.plane.put(world.tracing("taken"))
    clients.wait_until_settled(taken_ns, clients.count, subject.quiet_s, subject.timeout_s)
    wait_for(subject.simulated_online, subject.timeout_s, 0.5)
    return {"row": rows.REFUSE, "what": f"{refusing} of {size.proxies:,} refuse their listeners",
            "server": subject.plane.name, "failed": "",
            "settled_s": report["ack_ms"]["proxies"]["max"] / 1e3, "refused": refused,
            "refused_wrongly": abs(refused - refusing), **rows.sent(report),
            "stalls": report["stalls"], "cpu_s": after[0] - before[0],
            "clients_cpu_s": after[1] - before[1]} | truth(subject)


def reconnect(subject: Subject, cold: bool) -> dict:
    """kill -9 of the control plane, and a new one; `cold`: the proxies begin with nothing, too."""
    clients_before = cpu_seconds(subject.clients.pid)
    subject.clients.mark()
    began, began_ns = time.monotonic(), time.time_ns()
    subject.plane.kill()
    subject.plane.start()
    ready_s = time.monotonic() - began
    if cold:
        subject.clients.ask("forget")
    wait_for(subject.simulated_online, subject.timeout_s, 0.25)
    settled_s = time.monotonic() - began
    cpu_s, clients_cpu_s = subject.cpu()
    envoys.wait_until_online(subject.plane, subject.real, subject.timeout_s)
    real_s = time.monotonic() - began
    report = subject.clients.report(began_ns)
    name, what = ((rows.COLD, "kill -9, restart; proxies with nothing") if cold else
                  (rows.RECONNECT, "kill -9, restart; proxies come back"))
    return {"row": name, "what": what, "server": subject.plane.name, "failed": "",
            "ready_s": ready_s, "settled_s": settled_s, "real_s": real_s,
            "sent_again": None if cold else rows.sent_again(report), **rows.sent(report),
            "stalls": report["stalls"], "cpu_s": cpu_s,
            "clients_cpu_s": clients_cpu_s - clients_before} | truth(subject)


def _all_anew(subject: Subject, name: str, what: str, proxies: int, begin) -> dict:
    before = subject.cpu()
    subject.clients.mark()
    began_ns = time.time_ns()
    begin()
    report = subject.clients.wait_until_settled(began_ns, proxies, subject.quiet_s,
                                                subject.timeout_s)
    after = subject.cpu()
    return {"row": name, "what": what, "server": subject.plane.name, "failed": "",
            "settled_s": report["ack_ms"]["proxies"]["max"] / 1e3, **rows.sent(report),
            "stalls": report["stalls"], "cpu_s": after[0] - before[0],
            "clients_cpu_s": after[1] - before[1]}


def failed(name: str, what: str, server: str, why: str) -> dict:
    """The row that has no figure."""
    return {"row": name, "what": what, "server": server, "failed": why}


FAILURES = (TookTooLong, RuntimeError)
