"""A client of the edges: one request, and what a browser would see of the answer."""

from __future__ import annotations

import http.client
import json
import random
from dataclasses import dataclass

from network import LOOPBACK, Network
from topology import ENTRY_SERVICE, Edge, Endpoint, service

TIMEOUT_S = 35  # longer than the edge's own 30 s, so that the edge's answer is seen

USER_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "curl/8.14.1",
    "shop-app/3.2 (Android 15)",
)


@dataclass(frozen=True)
class Sent:
    """A request that an edge has answered."""

    edge: Edge
    method: str
    path: str
    client_address: str
    status: int
    trace_id: str | None  # as the edge told it in x-trace-id
    core: str | None = None  # which core location has answered, if the shop did


def send(edge: Edge, method: str, path: str, *, headers: dict[str, str] | None = None,
         client_address: str | None = None, network: Network = LOOPBACK) -> Sent:
    """Sends one request on a connection of its own; OSError when the edge does not answer.

    The client stands where the edge does. It has a random address if none is given; see
    Network.client_address.
    """
    client_address = client_address or network.client_address(edge)
    connection = http.client.HTTPConnection(network.address(edge.name), edge.port,
                                            timeout=TIMEOUT_S, source_address=(client_address, 0))
    try:
        with network.inside(edge.name):
            connection.connect()
        connection.request(method, path, headers={
            "user-agent": random.choice(USER_AGENTS), **(headers or {})})
        answer = connection.getresponse()
        body = answer.read()
        return Sent(edge, method, path, client_address, answer.status,
                    answer.getheader("x-trace-id"), _core_of(body))
    except http.client.HTTPException as error:
        raise OSError(f"{edge.name} broke off: {error!r}") from error
    finally:
        connection.close()


def random_path(endpoint: Endpoint) -> str:
    """A path that the endpoint answers."""
    return endpoint.path.replace("{id}", str(random.randint(1, 500)))


def _core_of(body: bytes) -> str | None:
    """What the shop says of where it is; an Envoy that answers itself says nothing."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer.get("core_location") if isinstance(answer, dict) else None


def entry_endpoints() -> tuple[Endpoint, ...]:
    """What clients can ask the shop for."""
    return service(ENTRY_SERVICE).endpoints
