"""Real Envoys among the simulated ones: whether they take what they are sent, and how soon."""

from __future__ import annotations

import contextlib
import datetime
import json
import pathlib
import subprocess
from dataclasses import dataclass, field

import world
from client import Client
from clients import TookTooLong, wait_for
from peers import REPO
from plane import ControlPlane
from process import BINARY, Process, reserved_ports

ENVOY = REPO / ".deps" / "venv" / "bin" / "envoy"
# What Envoy's admin port calls a type, what the control plane does, where in the former the time of
# its arrival is, and what can be compared. A listener that is updated in place, as Envoy does when
# only its filters change, goes on showing the version before: so its name. Routes whose hosts come
# by themselves show the version of whatever host came last: so their name, and in disagreements()
# those of the hosts.
_DUMPED = {"dynamic_active_clusters": ("Cluster", "", "version_info"),
           "dynamic_listeners": ("Listener", "active_state.", "name"),
           "dynamic_route_configs": ("RouteConfiguration", "", "version_info"),
           "dynamic_active_secrets": ("Secret", "", "version_info")}
_OF_ROUTES = ("route_config.name", "route_config.vhds")


@dataclass
class Envoy(Process):
    """One that runs with the name of a Dataplane."""

    held: dict[str, list[str]] = field(default_factory=dict)  # by type, sorted; of look()
    updated_ns: int = 0  # when the newest of what it has came; of look()

    def look(self) -> None:
        """Asks it what it has."""
        with contextlib.closing(Client(self.ports["admin"])) as admin:
            self.updated_ns = 0
            for resource, (kind, path, key) in _DUMPED.items():
                mask = [f"{path}version_info", f"{path}last_updated"]
                mask += ["name"] if key == "name" else []
                mask += _OF_ROUTES if kind == "RouteConfiguration" else []
                answer = admin.get(f"/config_dump?resource={resource}&mask={','.join(mask)}")
                active = [(one, one.get("active_state", one))
                          for one in json.loads(answer.body).get("configs", [])]
                self.held[kind] = sorted(_shown(one, key) for one, state in active
                                         if "version_info" in state)
                self.updated_ns = max([self.updated_ns, *(
                    nanoseconds(state["last_updated"]) for _, state in active
                    if "last_updated" in state)])

    def hosts(self) -> list[str]:
        """The names of all virtual hosts that came by themselves, sorted."""
        with contextlib.closing(Client(self.ports["admin"])) as admin:
            answer = admin.get("/config_dump?resource=dynamic_route_configs"
                               "&mask=route_config.vhds,route_config.virtual_hosts")
            routes = [one["route_config"] for one in json.loads(answer.body).get("configs", [])]
        return sorted(host["name"] for one in routes if "vhds" in one
                      for host in one.get("virtual_hosts", []))

    def rejected(self) -> int:
        """Updates that it refused so far."""
        return self._count("update_rejected$")

    def timed_out(self) -> int:
        """What it asked for and did not get in time, so far: it goes on with what it had."""
        return self._count("init_fetch_timeout$")

    def _count(self, pattern: str) -> int:
        with contextlib.closing(Client(self.ports["admin"])) as admin:
            text = admin.get(f"/stats?usedonly&filter={pattern}").body.decode()
        return sum(int(line.rsplit(": ", 1)[1]) for line in text.splitlines())


def _shown(one: dict, key: str) -> str:
    routes = one.get("route_config", {})
    return routes["name"] if "vhds" in routes else one[key]


def nanoseconds(time: str) -> int:
    """Since 1970, of a time as Envoy writes it (in milliseconds, UTC)."""
    parsed = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    return round(parsed.timestamp() * 1e3) * 1_000_000


def dataplanes(size: world.Size, count: int) -> list[dict]:
    """Dataplanes whose Envoys can all run on this machine: of ten one is an edge, one an ingress,
    at least one each of three."""
    gateways = max(count // 10, 1)
    ports = iter(reserved_ports(count * (size.calls + 1)))
    made = []
    for i in range(count):
        number, place = i // 2, ("edge", "zone")[i % 2]
        if i < 2 * gateways:
            made.append(world.gateway(f"real-{place}-{number}", f"{place}-{number}", "127.0.0.1",
                                      next(ports)))
        else:
            outbounds = [next(ports) for _ in range(size.calls)]
            made.append(world.dataplane(size, f"real-sidecar-{i}", i, "127.0.0.1", next(ports),
                                        outbounds))
    return made


def start(plane: ControlPlane, name: str, token: str, directory: pathlib.Path) -> Envoy:
    """Its bootstrap is what `clew proxy` makes."""
    (admin,) = reserved_ports(1)
    options = ["--name", name, "--cp-address", f"http://127.0.0.1:{plane.ports['xds']}",
               "--admin-address", f"127.0.0.1:{admin}"]
    if token:
        file = directory / f"{name}.token"
        file.write_text(token)
        options += ["--token-file", str(file)]
    made = subprocess.run([str(BINARY), "proxy", "bootstrap", *options], capture_output=True,
                          text=True, check=True)
    bootstrap = directory / f"{name}.json"
    bootstrap.write_text(made.stdout)
    command = [str(ENVOY), "-c", str(bootstrap), "--concurrency", "1", "--disable-hot-restart",
               "--log-level", "error"]
    return Envoy(name, command, {"admin": admin})


def wait_until_online(plane: ControlPlane, envoys: list[Envoy], timeout_s: float) -> None:
    """Until the control plane says of all that they have answered for everything."""
    for envoy in envoys:
        try:
            wait_for(lambda name=envoy.name:
                     plane.overview(name, world.MESH)["status"] == "online", timeout_s)
        except TookTooLong:
            overview = plane.overview(envoy.name, world.MESH)
            unanswered = [f"{one['type']} {each['name']}" for one in overview.get("types", [])
                          for each in one["resources"] if each["sent"] != each["accepted"]]
            raise TookTooLong(f"{envoy.name} is {overview['status']} after {timeout_s:g} s, with "
                              f"{len(unanswered)} unanswered, of {unanswered[:3]}, "
                              f"{overview['refusals'][:3]}") from None


def disagreements(plane: ControlPlane, envoys: list[Envoy]) -> int:
    """Types of which an Envoy has something else than the control plane says it accepted."""
    found = 0
    for envoy in envoys:
        envoy.look()
        overview = plane.overview(envoy.name, world.MESH)
        found += sum(_accepted(overview, kind, key) != envoy.held[kind]
                     for kind, _, key in _DUMPED.values())
        found += _accepted(overview, "VirtualHost", "name") != envoy.hosts()
    return found


def _accepted(overview: dict, kind: str, key: str) -> list[str]:
    types = {one["type"]: one["resources"] for one in overview.get("types", [])}
    hosts_elsewhere = {each["name"].split("/")[0] for each in types.get("VirtualHost", [])}
    return sorted(each["name"] if key == "name" or each["name"] in hosts_elsewhere
                  else each["accepted"] for each in types.get(kind, []) if each["accepted"])
