"""A real Zipkin server, in memory, and a clew, asked the same."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time

import requests

from clew import REPO, Clew, free_port, wait_until

sys.path.insert(0, str(REPO / "bench" / "lib"))
import peers  # noqa: E402  (it is where the benchmarks find the same server)


class ZipkinServer:
    """Zipkin's executable jar on a free port, with its settings as environment variables."""

    def __init__(self, directory: pathlib.Path, **settings: str):
        self.zipkin = free_port()
        self.log = directory / "zipkin.log"
        self.environment = {"QUERY_PORT": str(self.zipkin), "STORAGE_TYPE": "mem"} | settings

    def __enter__(self) -> ZipkinServer:
        jar = peers.zipkin()
        assert jar, "there is no Zipkin server; tools/setup fetches it"
        command = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-jar", jar]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=os.environ | self.environment
            )
        try:
            wait_until(self._is_up, seconds=90)
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return requests.get(f"http://127.0.0.1:{self.zipkin}/health", timeout=5).ok
        except requests.ConnectionError:
            return False


class Pair:
    """The two, fed with the same spans."""

    def __init__(self, clew: Clew, zipkin: ZipkinServer):
        self.clew, self.zipkin = clew, zipkin

    def send(self, spans: list[dict]) -> None:
        for server in (self.zipkin, self.clew):
            url = f"http://127.0.0.1:{server.zipkin}/api/v2/spans"
            answer = requests.post(url, json=spans, timeout=30)
            assert answer.status_code == 202, answer.text
        last = spans[-1]["traceId"]
        # Zipkin's server answers before it stores.
        wait_until(lambda: all(a.status_code == 200 for a in self.ask(f"/trace/{last}")))

    def ask(self, path: str) -> tuple[requests.Response, requests.Response]:
        """What Clew and what Zipkin answer to GET /api/v2 + path."""
        return tuple(
            requests.get(f"http://127.0.0.1:{server.zipkin}/api/v2{path}", timeout=60)
            for server in (self.clew, self.zipkin)
        )

    def ask_json(self, path: str) -> tuple[list, list]:
        answers = self.ask(path)
        for answer in answers:
            assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return tuple(answer.json() for answer in answers)


def by_text(things: list) -> list:
    """In an order that does not depend on where they come from: neither server promises one."""
    return sorted(things, key=lambda thing: json.dumps(thing, sort_keys=True))
