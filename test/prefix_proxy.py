"""A reverse proxy that serves one server below a path, as Traefik's StripPrefix does."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import threading
from collections.abc import Iterator

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}
CHUNK = 64 * 1024


@contextlib.contextmanager
def prefix_proxy(upstream_port: int, prefix: str) -> Iterator[str]:
    """The URL under which 127.0.0.1:`upstream_port` is served: the proxy takes `prefix` away from
    paths, says so in X-Forwarded-Prefix, and knows nothing else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_one_way(self):
            if not self.path.startswith(prefix + "/"):
                return self.send_error(404)
            upstream = http.client.HTTPConnection("127.0.0.1", upstream_port, timeout=60)
            with contextlib.closing(upstream):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                headers["X-Forwarded-Prefix"] = prefix
                upstream.request(self.command, self.path[len(prefix) :], body, headers)
                self._answer(upstream.getresponse())

        def _answer(self, response: http.client.HTTPResponse):
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            endless = response.headers.get_content_type() == "text/event-stream"
            whole = b"" if endless else response.read()
            if not endless and "Content-Length" not in response.headers:
                # Else only the end of the connection tells whether all has come.
                self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked has left
                self.wfile.write(whole)
                while chunk := response.read1(CHUNK):
                    self.wfile.write(chunk)
                    self.wfile.flush()

        do_GET = do_POST = handle_one_way  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        thread.join()
