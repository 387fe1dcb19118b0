"""Every port of the demo in one table, and who holds one that is taken."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from topology import CORES, EDGES, HOST, SERVICES, SITES, Core, Site

UI = 16686
STORE_OTLP_GRPC = 14317
STORE_OTLP_HTTP = 14318
STORE_ZIPKIN = 19411
MESH_API = 15681
MESH_XDS = 15678
MICROVMS = 15690

MICROVM_SLOTS = 10  # as many microVMs a core location has ports for


def gateway(core: Core) -> int:
    return core.base


def agent_otlp_grpc(site: Site) -> int:
    return site.base + 1


def agent_otlp_http(site: Site) -> int:
    return site.base + 2


def agent_zipkin(site: Site) -> int:
    return site.base + 3


def agent_http(site: Site) -> int:
    return site.base + 4


def envoy_admin(site: Site) -> int:
    """The admin page of a site's edge or gateway Envoy."""
    return site.base + 5


def _service_block(core: Core, service: str) -> int:
    """Each service has ten ports of its core location's hundred."""
    return core.base + 10 * (1 + [s.name for s in SERVICES].index(service))


def app(core: Core, service: str) -> int:
    return _service_block(core, service)


def sidecar_inbound(core: Core, service: str) -> int:
    return _service_block(core, service) + 1


def sidecar_outbound(core: Core, service: str) -> int:
    return _service_block(core, service) + 2


def sidecar_admin(core: Core, service: str) -> int:
    return _service_block(core, service) + 3


def _slot(core: Core, slot: int) -> int:
    """The second half of a core location's hundred ports is its microVMs', five each."""
    return core.base + 50 + 5 * slot


def microvm_app(core: Core, slot: int) -> int:
    """Where QEMU listens for the service inside."""
    return _slot(core, slot)


def microvm_inbound(core: Core, slot: int) -> int:
    return _slot(core, slot) + 1


def microvm_admin(core: Core, slot: int) -> int:
    return _slot(core, slot) + 2


@dataclass(frozen=True)
class Row:
    """One line of the table: `wanted_by` is the process that listens there."""

    port: int
    wanted_by: str
    purpose: str


def table() -> list[Row]:
    """Every port the demo listens on, in the order a reader wants them."""
    rows = [Row(e.port, e.name, "the door for clients") for e in EDGES]
    rows += [
        Row(UI, "store", "UI and query APIs"),
        Row(STORE_OTLP_GRPC, "store", "OTLP/gRPC"),
        Row(STORE_OTLP_HTTP, "store", "OTLP/HTTP"),
        Row(STORE_ZIPKIN, "store", "Zipkin"),
        Row(MESH_API, "mesh", "REST API of the control plane"),
        Row(MESH_XDS, "mesh", "xDS"),
    ]
    for site in SITES:
        agent = f"agent-{site.name}"
        rows += [
            Row(agent_otlp_grpc(site), agent, "OTLP/gRPC"),
            Row(agent_otlp_http(site), agent, "OTLP/HTTP"),
            Row(agent_zipkin(site), agent, "Zipkin"),
            Row(agent_http(site), agent, "health and metrics"),
        ]
    rows += [Row(envoy_admin(e), e.name, "Envoy admin") for e in EDGES]
    for core in CORES:
        rows.append(Row(gateway(core), f"gateway-{core.name}", "ingress from the edges"))
        rows.append(Row(envoy_admin(core), f"gateway-{core.name}", "Envoy admin"))
        for service in SERVICES:
            if service.in_microvms:
                rows += _microvm_rows(core, service.name)
                continue
            name = f"{service.name}-{core.name}"
            sidecar = f"{name}-sidecar"
            rows += [
                Row(app(core, service.name), name, "the service itself"),
                Row(sidecar_inbound(core, service.name), sidecar, "requests to the service"),
                Row(sidecar_admin(core, service.name), sidecar, "Envoy admin"),
            ]
            if service.callees:
                rows.append(Row(sidecar_outbound(core, service.name), sidecar,
                                "requests of the service"))
    if any(service.in_microvms for service in SERVICES):
        rows.append(Row(MICROVMS, "microvms", "orders to the manager of microVMs"))
    return rows


def _microvm_rows(core: Core, service: str) -> list[Row]:
    rows = []
    for slot in range(MICROVM_SLOTS):
        name = f"microVM {slot} in {core.name}"
        rows += [Row(microvm_app(core, slot), name, f"{service} itself"),
                 Row(microvm_inbound(core, slot), f"{name}, sidecar", "requests to the service"),
                 Row(microvm_admin(core, slot), f"{name}, sidecar", "Envoy admin")]
    return rows


def busy(port: int) -> bool:
    """Whether somebody listens on `port` already, so that a listener of ours could not start."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without this, connections of the last run that linger in TIME_WAIT look like a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return True
    return False


def accepts(port: int) -> bool:
    """Whether a connection to `port` succeeds now."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def holder(port: int) -> str | None:
    """Names the process that listens on `port`, or None when /proc does not tell."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds_any(process, inodes):
            return f"pid {process.name}: {_command_line(process)}"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table_name in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", table_name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            local_port = int(fields[1].rsplit(":", 1)[1], 16)
            if local_port == port and fields[3] == "0A":  # 0A is LISTEN
                inodes.add(fields[9])
    return inodes


def _holds_any(process: Path, inodes: set[str]) -> bool:
    try:
        for fd in (process / "fd").iterdir():
            target = os.readlink(fd)
            if target.startswith("socket:[") and target[8:-1] in inodes:
                return True
    except OSError:
        pass  # it ended meanwhile, or it is another user's: then it cannot be named
    return False


def _command_line(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "?"
    return b" ".join(words).decode(errors="replace").strip()[:160]
