#!/usr/bin/env python3
"""The clients at one edge: requests at a steady rate, and what became of each.

    load.py EDGE HOST:PORT REQUESTS_PER_SECOND TIMEOUT_S SERVICE…

asks for the services in turn, as http://SERVICE.example.com/, whether or not the ones before have
been answered, until SIGTERM; then it waits for the last answers. For every request it prints a line
of JSON, the fields of Record."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import signal
import sys
import time

MOST_CONNECTIONS = 4000  # of one edge; a request that would need more is not sent
FLUSH_S = 0.1


@dataclasses.dataclass(slots=True)
class Record:
    """One request."""

    begin: float  # of time.monotonic(), which all processes of a machine share
    edge: str
    service: str
    status: int = 0  # 0: no answer
    core: str = ""  # that has answered; "": none
    ms: float = 0
    trace: str = ""  # its ID, if the edge has told
    error: str = ""  # why there is no answer: "timeout", "closed", "unreadable", …

    @property
    def end(self) -> float:
        return self.begin + self.ms / 1000


class Connection(asyncio.Protocol):
    """To an edge, for one request at a time."""

    def __init__(self):
        self.unread = b""
        self.answer: asyncio.Future | None = None

    def connection_made(self, transport) -> None:
        self.transport = transport

    def ask(self, head: bytes) -> asyncio.Future:
        """The answer's status and headers; fails with ConnectionError."""
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(head)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self.unread += data
        head, end, body = self.unread.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        if "content-length" not in headers:
            self.end("unreadable")
        elif len(body) >= int(headers["content-length"]):
            self.unread = b""
            if self.answer and not self.answer.done():
                self.answer.set_result((int(first.split()[1]), headers))

    def connection_lost(self, error) -> None:
        self.end("closed")

    def end(self, why: str) -> None:
        self.transport.abort()
        if self.answer and not self.answer.done():
            self.answer.set_exception(ConnectionError(why))

    def is_usable(self) -> bool:
        return not self.transport.is_closing()


class Clients:
    def __init__(self, edge: str, address: str, timeout: float):
        self.edge, self.timeout = edge, timeout
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.idle: list[Connection] = []
        self.connections = 0
        self.running: set[asyncio.Task] = set()
        self.lines: list[str] = []

    async def run(self, rate: float, services: list[str], stopped: asyncio.Event) -> None:
        begin = time.monotonic()
        flushed = begin
        for number, service in enumerate(itertools.cycle(services)):
            now = time.monotonic()
            if now - flushed > FLUSH_S:
                self.flush()
                flushed = now
            if (wait := begin + number / rate - now) > 0:
                await asyncio.sleep(wait)
            if stopped.is_set():
                break
            task = asyncio.create_task(self.request(service))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        if self.running:
            await asyncio.wait(self.running)
        self.flush()

    async def request(self, service: str) -> None:
        record = Record(time.monotonic(), self.edge, service)
        head = f"GET / HTTP/1.1\r\nhost: {service}.example.com\r\n\r\n".encode()
        connection = None
        try:
            async with asyncio.timeout(self.timeout):
                connection = await self.connection()
                record.status, headers = await connection.ask(head)
            record.core = headers.get("x-core", "")
            record.trace = headers.get("x-trace-id", "")
        except TimeoutError:
            record.error = "timeout"
        except OSError as error:
            record.error = str(error)
        record.ms = (time.monotonic() - record.begin) * 1000
        self.lines.append(json.dumps({name: getattr(record, name) for name in Record.__slots__}))
        if connection:
            self.give_back(connection, record)

    async def connection(self) -> Connection:
        while self.idle:
            if (connection := self.idle.pop()).is_usable():
                return connection
            self.connections -= 1
        if self.connections >= MOST_CONNECTIONS:
            raise OSError(f"{MOST_CONNECTIONS} connections wait for answers")
        self.connections += 1
        try:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(Connection, self.host, self.port)
        except BaseException:
            self.connections -= 1
            raise
        return connection

    def give_back(self, connection: Connection, record: Record) -> None:
        if record.error:
            connection.transport.abort()  # an answer that is late must not be the next one's
            self.connections -= 1
        else:
            self.idle.append(connection)

    def flush(self) -> None:
        if self.lines:
            print("\n".join(self.lines), flush=True)
            self.lines.clear()


async def main(edge: str, address: str, rate: str, timeout: str, *services: str) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await Clients(edge, address, float(timeout)).run(float(rate), list(services), stopped)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
