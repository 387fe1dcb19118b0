"""A client of the edges: one request, and what a browser would see of the answer."""

from __future__ import annotations

import http.client
import random
from dataclasses import dataclass

from topology import ENTRY_SERVICE, HOST, Edge, Endpoint, service

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


def send(edge: Edge, method: str, path: str, *, headers: dict[str, str] | None = None,
         client_address: str = HOST) -> Sent:
    """Sends one request on a connection of its own; OSError when the edge does not answer.

    `client_address` may be any address of 127.0.0.0/8, so that clients can be told apart.
    """
    connection = http.client.HTTPConnection(HOST, edge.port, timeout=TIMEOUT_S,
                                            source_address=(client_address, 0))
    try:
        connection.request(method, path, headers={
            "user-agent": random.choice(USER_AGENTS), **(headers or {})})
        answer = connection.getresponse()
        answer.read()
        return Sent(edge, method, path, client_address, answer.status,
                    answer.getheader("x-trace-id"))
    except http.client.HTTPException as error:
        raise OSError(f"{edge.name} broke off: {error!r}") from error
    finally:
        connection.close()


def random_path(endpoint: Endpoint) -> str:
    """A path that the endpoint answers."""
    return endpoint.path.replace("{id}", str(random.randint(1, 500)))


def random_client_address() -> str:
    return f"127.0.{random.randint(1, 9)}.{random.randint(1, 250)}"


def entry_endpoints() -> tuple[Endpoint, ...]:
    """What clients can ask the shop for."""
    return service(ENTRY_SERVICE).endpoints
