"""The tree of spans that a request must leave behind, derived from the topology."""

from __future__ import annotations

from dataclasses import dataclass, field

from network import LOOPBACK, Network
from topology import (EDGE_SERVICE, ENTRY_SERVICE, GATEWAY_SERVICE, Call, Core, Edge, Site,
                      core, gateway_node, instance, microvm, place, service, sidecar_node,
                      sidecar_service)


@dataclass(frozen=True)
class Hop:
    """One expected span. `tags` and `process_tags` must be there with these very values.

    `operation` is None where a tracer of the shop chooses the name.
    """

    service: str
    kind: str  # "server" or "client"
    operation: str | None
    tags: dict[str, str]
    process_tags: dict[str, str]
    children: tuple[Hop, ...] = field(default=())

    @property
    def label(self) -> str:
        where = self.tags.get("node") or self.process_tags.get("service.instance.id")
        return f"{self.service} {self.kind.upper()} [{where}]"

    def walk(self) -> list[Hop]:
        """This hop and all below it, depth first."""
        return [self] + [deeper for child in self.children for deeper in child.walk()]


def expected_tree(edge: Edge, method: str, path: str, client_address: str,
                  network: Network = LOOPBACK) -> Hop:
    """The spans of a request at an edge while its nearest core location works: edge, gateway, and
    then every service that is called, each behind its sidecar."""
    location = core(edge.cores[0])
    operation = service(ENTRY_SERVICE).endpoint(method, path).operation
    request = _Request(location, client_address)
    authority = network.door(edge)  # the Host that the client has sent goes all the way in
    url = f"http://{authority}{path}"

    from_frontend = request.arrive(Call(ENTRY_SERVICE, method, path), authority)
    node = gateway_node(location)
    gateway_tags = request.envoy_tags(node, location, url)
    # Zipkin has no resources, so its gateway has only what the agent adds.
    gateway_resource = _resource(
        location, None if location.gateway_tracer == "zipkin" else node)
    gateway = _pair(GATEWAY_SERVICE, operation, gateway_tags, gateway_resource, (from_frontend,))

    edge_tags = request.envoy_tags(edge.name, edge, url) | {
        "edge": edge.name, "upstream.datacenter": location.datacenter}
    return _pair(EDGE_SERVICE, operation, edge_tags, _resource(edge, edge.name), (gateway,))


def _resource(site: Site, instance_id: str | None) -> dict[str, str]:
    """The attributes of whoever reports to the agent of a site: its place, and its own name."""
    attributes = {f"clew.{key}": value for key, value in place(site).items()}
    if instance_id is not None:
        attributes["service.instance.id"] = instance_id
    return attributes


def _pair(name: str, operation: str, tags: dict[str, str], process_tags: dict[str, str],
          children: tuple[Hop, ...]) -> Hop:
    """The two spans of a proxy that makes one of the request and one of what it sends on."""
    upstream = Hop(name, "client", operation, tags, process_tags, children)
    return Hop(name, "server", operation, tags, process_tags, (upstream,))


@dataclass(frozen=True)
class _Request:
    """One client's request within a core location."""

    location: Core
    client_address: str

    def envoy_tags(self, node: str, site: Site, url: str) -> dict[str, str]:
        """The custom tags that every Envoy puts on every span."""
        return {
            "node": node,
            "datacenter": site.datacenter,
            "core_location": self.location.name,
            "client.address": self.client_address,
            "url.full": url,
        }

    def resource(self, instance_id: str) -> dict[str, str]:
        """The resource attributes of a process in the core location."""
        return _resource(self.location, instance_id)

    def arrive(self, call: Call, authority: str) -> Hop:
        """The spans of a call from where it reaches the callee's sidecar."""
        callee = service(call.service)
        endpoint = callee.endpoint(call.method, call.path)
        tags, at = {}, instance(callee.name, self.location)
        if callee.in_microvms:  # while there is one of them only
            at = microvm(callee.name, self.location, 1)
            tags = {"microvm.id": at}
        name, node = sidecar_service(callee.name), sidecar_node(at)
        inner = tuple(self._leave(callee.name, callee.instrumented, _filled(one, call.path))
                      for one in endpoint.calls)
        if callee.instrumented:
            inner = (Hop(callee.name, "server", None, {},
                         self.resource(instance(callee.name, self.location)), inner),)
        return Hop(name, "server", endpoint.operation,
                   self.envoy_tags(node, self.location, f"http://{authority}{call.path}") | tags,
                   self.resource(node), inner)

    def _leave(self, caller: str, instrumented: bool, call: Call) -> Hop:
        """The spans of a call from where the caller makes it."""
        node = sidecar_node(instance(caller, self.location))
        operation = service(call.service).endpoint(call.method, call.path).operation
        outbound = Hop(sidecar_service(caller), "client", operation,
                       self.envoy_tags(node, self.location, f"http://{call.service}{call.path}"),
                       self.resource(node), (self.arrive(call, call.service),))
        if not instrumented:
            return outbound
        return Hop(caller, "client", None, {},
                   self.resource(instance(caller, self.location)), (outbound,))


def _filled(call: Call, path: str) -> Call:
    """The call with its {id} taken from the last part of the caller's path."""
    return Call(call.service, call.method, call.path.replace("{id}", path.rsplit("/", 1)[-1]))
