"""A TCP relay that breaks connections in the ways in which networks do."""

from __future__ import annotations

import socket
import struct
import threading


class Relay:
    """Passes on what comes to `port` to another port of 127.0.0.1, until told otherwise."""

    def __init__(self, to: int):
        self.to = to
        self.connections = 0  # taken so far
        self.bytes_to_reset_after: list[int] = []  # of the next connections, one each
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.silent: dict[socket.socket, threading.Event] = {}  # by whom it would be passed on to
        self.clients: list[socket.socket] = []
        self.closed = threading.Event()

    def __enter__(self) -> Relay:
        threading.Thread(target=self._take, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.closed.set()
        self.listener.close()
        with self.lock:
            for end in self.silent:
                close_quietly(end)

    def vanish(self) -> None:
        """Connections that stand stay open, and nothing goes over them any more, as if the peer's
        power had failed; new ones work."""
        with self.lock:
            for silent in self.silent.values():
                silent.set()

    def lose_answers(self) -> None:
        """As vanish(), but what is sent still reaches the peer."""
        with self.lock:
            for client in self.clients:
                self.silent[client].set()

    def _take(self) -> None:
        while not self.closed.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:  # closed
                return
            self.connections += 1
            limit = self.bytes_to_reset_after.pop(0) if self.bytes_to_reset_after else None
            try:
                server = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                client.close()
                continue
            with self.lock:
                self.clients.append(client)
                self.silent[client], self.silent[server] = threading.Event(), threading.Event()
            for source, target, most in ((client, server, limit), (server, client, None)):
                threading.Thread(target=self._pass, args=(source, target, most),
                                 daemon=True).start()  # fmt: skip

    def _pass(self, source: socket.socket, target: socket.socket, most: int | None) -> None:
        passed = 0
        try:
            while data := source.recv(1 << 14):
                if self.silent[target].is_set():
                    self.closed.wait()
                    return
                passed += len(data)
                if most is not None and passed > most:
                    reset(source)
                    reset(target)
                    return
                target.sendall(data)
        except OSError:
            pass  # an end is gone: so is the other
        if self.silent[target].is_set():
            self.closed.wait()
        close_quietly(source)
        close_quietly(target)


def reset(end: socket.socket) -> None:
    """Ends the connection with RST."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close_quietly(end)


def close_quietly(end: socket.socket) -> None:
    try:
        # Also wakes whoever reads it in another thread; after a linger of 0 it sends the RST.
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
