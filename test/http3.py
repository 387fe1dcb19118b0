"""A client of HTTP/3."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
from collections.abc import Sequence

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamReset


@dataclasses.dataclass
class Answer:
    headers: dict[str, str]
    body: str = ""

    @property
    def status(self) -> int:
        return int(self.headers[":status"])


class _Client(QuicConnectionProtocol):
    """One request on one connection."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._http = H3Connection(self._quic)
        self._answer = Answer({})
        self._done: asyncio.Future = asyncio.get_running_loop().create_future()

    async def get(self, headers: Sequence[tuple[str, str]]) -> Answer:
        lines = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        stream = self._quic.get_next_available_stream_id()
        self._http.send_headers(stream, lines, end_stream=True)
        self.transmit()
        return await asyncio.wait_for(self._done, 10)

    def quic_event_received(self, event) -> None:
        if isinstance(event, StreamReset | ConnectionTerminated) and not self._done.done():
            self._done.set_exception(ConnectionError(event))
        for one in self._http.handle_event(event):
            if isinstance(one, HeadersReceived):
                lines = ((name.decode(), value.decode()) for name, value in one.headers)
                self._answer.headers.update(lines)
            if isinstance(one, DataReceived):
                self._answer.body += one.data.decode()
            if one.stream_ended and not self._done.done():
                self._done.set_result(self._answer)


def get(
    port: int, name: str, path: str, *headers: tuple[str, str], trusted: pathlib.Path
) -> Answer:
    """GET from 127.0.0.1, with a name as SNI and as authority."""

    async def ask() -> Answer:
        configuration = QuicConfiguration(alpn_protocols=H3_ALPN, server_name=name)
        configuration.load_verify_locations(str(trusted))
        opened = connect(
            "127.0.0.1", port, configuration=configuration, create_protocol=_Client
        )
        begin = [(":method", "GET"), (":scheme", "https"), (":authority", f"{name}:{port}")]
        async with opened as client:
            return await client.get([*begin, (":path", path), *headers])

    return asyncio.run(asyncio.wait_for(ask(), 20))
