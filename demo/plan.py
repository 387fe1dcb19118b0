"""The processes of the demo: what each one runs, in which order, and how it shows that it is up."""

from __future__ import annotations

import enum
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import mesh_resources
import ports
from mesh_resources import Proxy
from network import HOME, Network
from settings import DEMO, SHOP, Settings
from topology import (CORES, GATEWAY_SERVICE, HOST, MICROVM, SERVICES, SITES, Core, Edge, Service,
                      Site, gateway_node, instance, place)


class Stage(enum.IntEnum):
    """The order of starting; stopping goes the other way, so nobody loses whom it still needs."""

    STORE = 0
    AGENTS = 1
    MESH = 2
    SERVICES = 3
    SIDECARS = 4
    MICROVMS = 5
    GATEWAYS = 6
    EDGES = 7
    TRAFFIC = 8


@dataclass(frozen=True)
class Spec:
    """One process, in a site. It is up when `ready_url` answers 200 there, or else when
    `ready_port` accepts."""

    name: str
    stage: Stage
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path = DEMO
    site: str = HOME
    ready_url: str | None = None
    ready_port: int | None = None


def all_specs(settings: Settings, traffic_rate: float, network: Network) -> list[Spec]:
    """Every process of the demo in starting order; without traffic when its rate is 0."""
    specs = [store(settings, network)]
    specs += [agent(settings, site, network) for site in SITES]
    specs.append(mesh(settings, network))
    for location in CORES:
        specs += [app(settings, one, location) for one in SERVICES if not one.in_microvms]
    proxies = mesh_resources.proxies()
    specs += [envoy(settings, one, Stage.SIDECARS, network) for one in proxies
              if stage_of(one) == Stage.SIDECARS]
    if MICROVM:
        specs.append(microvms(settings))
    specs += [envoy(settings, one, stage, network) for stage in (Stage.GATEWAYS, Stage.EDGES)
              for one in proxies if stage_of(one) == stage]
    if traffic_rate > 0:
        specs.append(traffic(settings, traffic_rate))
    return specs


def store(settings: Settings, network: Network) -> Spec:
    return Spec("store", Stage.STORE, [
        str(settings.clew), "store",
        "--data", str(settings.data),
        # Agents send spans to this one, and tell the other how they are.
        "--otlp-grpc", f"{network.address(HOME)}:{ports.STORE_OTLP_GRPC}",
        "--otlp-http", f"{network.address(HOME)}:{ports.STORE_OTLP_HTTP}",
        "--zipkin", f"{HOST}:{ports.STORE_ZIPKIN}",
        "--http", f"{HOST}:{ports.UI}",
        "--mesh-url", f"http://{HOST}:{ports.MESH_API}",
    ], ready_url=f"http://{HOST}:{ports.UI}/ready")


def agent(settings: Settings, site: Site, network: Network) -> Spec:
    """The agent of an edge or a core location; it stamps the place on every span."""
    stamp = [word for key, value in place(site).items()
             for word in (f"--place-{key.replace('_', '-')}", value)]
    return Spec(f"agent-{site.name}", Stage.AGENTS, [
        str(settings.clew), "agent",
        "--otlp-grpc", f"{HOST}:{ports.agent_otlp_grpc(site)}",
        "--otlp-http", f"{HOST}:{ports.agent_otlp_http(site)}",
        "--zipkin", f"{HOST}:{ports.agent_zipkin(site)}",
        "--http", f"{HOST}:{ports.agent_http(site)}",
        "--exporter-otlp-endpoint", f"{network.address(HOME)}:{ports.STORE_OTLP_GRPC}",
        "--opamp-endpoint", f"http://{network.address(HOME)}:{ports.STORE_OTLP_HTTP}/v1/opamp",
        *stamp,
    ], site=site.name, ready_url=f"http://{HOST}:{ports.agent_http(site)}/ready")


def mesh(settings: Settings, network: Network) -> Spec:
    """The control plane; its resources stand in a directory that it watches."""
    return Spec("mesh", Stage.MESH, [
        str(settings.clew), "mesh", "run",
        "--data", str(settings.mesh_data),
        "--resources", str(settings.mesh_resources),
        "--ca-passphrase-file", str(settings.passphrase),
        "--http", f"{HOST}:{ports.MESH_API}",
        "--xds", f"{network.address(HOME)}:{ports.MESH_XDS}",
    ], ready_url=f"http://{HOST}:{ports.MESH_API}/ready")


def app(settings: Settings, one: Service, location: Core) -> Spec:
    """One instance of a service of the shop."""
    if one.language == "node":
        argv = [str(settings.node), "--import", "./tracing.mjs", "service.mjs"]
    elif one.instrumented:
        argv = [str(settings.venv / "bin" / "opentelemetry-instrument"), str(settings.python),
                "service.py"]
    else:
        argv = [str(settings.python), "service.py"]
    port = ports.app(location, one.name)
    env = {
        "SHOP_SERVICE": one.name,
        "SHOP_CORE": location.name,
        "SHOP_PORT": str(port),
        "SHOP_SIDECAR_PORT": str(ports.sidecar_outbound(location, one.name)),
        "SHOP_FAULTS": str(settings.faults),
        "SHOP_FORWARD_TRACE": "0" if one.instrumented else "1",
        "SHOP_ENDPOINTS": _endpoints(one),
    }
    if one.otlp is not None:
        env |= _sdk_env(one.name, one.otlp, location)
    return Spec(instance(one.name, location), Stage.SERVICES, argv, env, cwd=SHOP,
                site=location.name, ready_port=port)


def _endpoints(one: Service) -> str:
    """What the service answers and whom it calls, in the form its program reads."""
    return json.dumps([{
        "method": endpoint.method,
        "path": endpoint.path,
        "work_ms": endpoint.work_ms,
        "calls": [vars(call) for call in endpoint.calls],
    } for endpoint in one.endpoints])


def _sdk_env(name: str, protocol: str, location: Core) -> dict[str, str]:
    """The standard OpenTelemetry variables of one instance."""
    port = (ports.agent_otlp_grpc if protocol == "grpc" else ports.agent_otlp_http)(location)
    return {
        "OTEL_SERVICE_NAME": name,
        "OTEL_RESOURCE_ATTRIBUTES": f"service.instance.id={instance(name, location)},"
                                    "service.namespace=shop",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{HOST}:{port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_INSECURE": "true",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_PROPAGATORS": "tracecontext,baggage",
        "OTEL_BSP_SCHEDULE_DELAY": "1000",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
    }


def stage_of(one: Proxy) -> Stage:
    if isinstance(one.site, Edge):
        return Stage.EDGES
    return Stage.GATEWAYS if one.name == gateway_node(one.site) else Stage.SIDECARS


def envoy(settings: Settings, one: Proxy, stage: Stage, network: Network) -> Spec:
    """A proxy of the mesh; all it is told here is who it is and whom to ask. On loopback every
    core location is equally near: there is nothing for edges to measure."""
    service = GATEWAY_SERVICE if stage == Stage.GATEWAYS else one.name  # Zipkin's spans say so
    measure = ["--edge"] if stage == Stage.EDGES and network.is_lab else []
    return Spec(one.name, stage, [
        str(settings.clew), "proxy", "run",
        "--name", one.name,
        "--service", service,
        "--cp-address", f"http://{network.address(HOME)}:{ports.MESH_XDS}",
        "--token-file", str(settings.token(one.name)),
        "--admin-address", f"{HOST}:{one.admin_port}",
        "--envoy", str(settings.envoy),
        "--concurrency", "1",
        "--no-hot-restart",  # its shared memory, for each of them, would be a lot
        "--drain-time", "1s",
        "--envoy-log-level", "warning",
        *measure,
    ], site=one.site.name, ready_url=f"http://{HOST}:{one.admin_port}/ready")


def microvms(settings: Settings) -> Spec:
    """The manager of the microVMs; it takes orders once the first of them serve."""
    return Spec("microvms", Stage.MICROVMS, [
        str(settings.python), str(DEMO / "clew-demo"),
        "--dir", str(settings.directory),
        "--clew", str(settings.clew),
        "--envoy", str(settings.envoy),
        "microvms", "run",
    ], env={"CLEW_DEMO_MICROVM": "1", "CLEW_DEMO_VENV": str(settings.venv)},
        ready_port=ports.MICROVMS)


def traffic(settings: Settings, rate: float) -> Spec:
    return Spec("traffic", Stage.TRAFFIC,
                [str(settings.python), str(DEMO / "traffic.py"), "--rate", str(rate),
                 "--network", str(settings.network)])


def environment(spec: Spec) -> dict[str, str]:
    """The environment of a process: ours without its telemetry settings, and its own."""
    inherited = {key: value for key, value in os.environ.items()
                 if not key.startswith(("OTEL_", "SHOP_", "CLEW_"))}
    # Loopback must not go through somebody's proxy.
    return inherited | {"NO_PROXY": "*", "no_proxy": "*", "PYTHONUNBUFFERED": "1",
                        "PYTHONDONTWRITEBYTECODE": "1"} | spec.env
