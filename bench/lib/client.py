"""A keep-alive HTTP client that times its requests, and series of them."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

TIMEOUT_S = 120


@dataclass
class Answer:
    status: int
    body: bytes
    ms: float  # from the first byte sent to the last byte read


class Client:
    """One connection to 127.0.0.1, opened again when the server closed it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: bytes, content_type: str) -> Answer:
        return self._ask("POST", path, body, {"Content-Type": content_type})

    def put(self, path: str, body: bytes, content_type: str) -> Answer:
        return self._ask("PUT", path, body, {"Content-Type": content_type})

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict) -> Answer:
        try:
            return self._ask_once(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()
            return self._ask_once(method, path, body, headers)

    def _ask_once(self, method: str, path: str, body: bytes | None, headers: dict) -> Answer:
        began = time.perf_counter()
        self._connection.request(method, path, body=body, headers=headers)
        response = self._connection.getresponse()
        content = response.read()
        return Answer(response.status, content, (time.perf_counter() - began) * 1e3)


@dataclass
class Series:
    """The times of one kind of request."""

    ms: list[float] = field(default_factory=list)
    found: int = 0  # results of all
    cut_short: int = 0  # answers that said they are not all there is
    failed: str = ""  # what the server answered instead, if it did


def run_series(client: Client, paths: Iterable[str], read: Callable[[bytes], tuple[int, bool]],
               most_seconds: float, before: Callable[[], object] = lambda: None) -> Series:
    """Asks for every path in turn, `before` (not timed) in front of each, and ends early after
    `most_seconds`. `read` says of a body how many results it has and whether it is complete."""
    series = Series()
    ends = time.monotonic() + most_seconds
    for path in paths:
        before()
        answer = client.get(path)
        if answer.status != 200:
            series.failed = f"HTTP {answer.status}"
            return series
        found, complete = read(answer.body)
        series.ms.append(answer.ms)
        series.found += found
        series.cut_short += not complete
        if time.monotonic() > ends:
            break
    return series
