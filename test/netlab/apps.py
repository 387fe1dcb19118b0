#!/usr/bin/env python3
"""The apps of one core location: small servers for many services, in one process.

    apps.py CORE SERVICE=PORT…

Each answers every request on its port of 127.0.0.1 with where it is, in the headers x-core and
x-service, until the process is ended."""

from __future__ import annotations

import asyncio
import functools
import sys

MOST_HEAD = 64 << 10  # bytes


class App(asyncio.Protocol):
    """One connection; requests have no body."""

    def __init__(self, core: str, service: str):
        body = f"{service} at {core}".encode()
        self.answer = (
            f"HTTP/1.1 200 OK\r\nx-core: {core}\r\nx-service: {service}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        ).encode() + body
        self.unread = b""

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self.unread = (self.unread + data).split(b"\r\n\r\n")
        self.transport.write(self.answer * len(requests))
        if len(self.unread) > MOST_HEAD:
            self.transport.abort()


async def main(core: str, services: list[str]) -> None:
    loop = asyncio.get_running_loop()
    for one in services:
        service, port = one.split("=")
        await loop.create_server(functools.partial(App, core, service), "127.0.0.1", int(port))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
