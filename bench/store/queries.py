"""How long queries take on what is stored."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass

from accounting import drop_page_cache
from client import Client, Series, run_series
from dialects import CLEW, SPOKEN, Dialect, Question
from servers import Server
from tables import times_of

SERVICES, OPERATIONS, APPS = 20, 300, 2000  # of src/load/workload.cc
METHODS = ("GET", "GET", "GET", "POST", "PUT")
LATEST_PART = 0.1  # searches end somewhere in this last part of the stored time
NEVER = '".*zzz[0-9].*"'  # a regular expression that no value of the workload matches


@dataclass
class Stored:
    """What a server holds: how many spans, of which time (µs since 1970), a sample of traces."""

    spans: int
    start: int
    end: int
    traces: dict[str, int]


@dataclass
class Effort:
    """How much to measure: runs of a series, runs that each find the page cache empty, runs of a
    full scan, and the seconds after which a series ends early."""

    runs: int
    cold_runs: int
    scan_runs: int
    series_seconds: float


def app_id(app: int) -> str:
    """As src/load/workload.cc names the app of that rank, 0 being the most frequent."""
    return f"app-{app * 2654435761 % 2**31:08x}"


class Asker:
    """Asks one server in one dialect; a seeded generator picks the parameters, so that all servers
    are asked the same."""

    def __init__(self, server: Server, dialect: Dialect, stored: Stored, effort: Effort) -> None:
        self._server = server
        self._dialect = dialect
        self._stored = stored
        self._effort = effort
        self._random = random.Random(1)
        self._client = Client(server.ports["query"])
        self.rows: list[dict] = []

    def question(self, **parts: object) -> Question:
        length = self._stored.end - self._stored.start
        end = self._stored.end - int(self._random.random() * LATEST_PART * length)
        return Question(self._stored.start, end, **parts)

    def ask(self, what: str, question: Callable[[], Question], runs: int | None = None) -> dict:
        """One row: the times of `runs` searches."""
        paths = [self._dialect.search(question()) for _ in range(runs or self._effort.runs)]
        series = run_series(self._client, paths, self._dialect.read_search,
                            self._effort.series_seconds)
        return self.add(what, series)

    def add(self, what: str, series: Series) -> dict:
        row = {
            "what": what,
            "server": self._server.name,
            "api": self._dialect.name,
            "stored": self._stored.spans,
            "runs": len(series.ms),
            "found_per_run": series.found / max(len(series.ms), 1),
            "cut_short": series.cut_short,
            "failed": series.failed,
            **times_of(series.ms),
        }
        self.rows.append(row)
        return row

    def traces_by_id(self) -> None:
        """Warm: asked once before it is timed. Cold: other traces, each after the page cache was
        dropped; what the server itself caches stays, so each dialect asks for traces of its own."""
        effort = self._effort
        paths = [self._dialect.trace + trace for trace in self._stored.traces]
        taken = SPOKEN[self._server.dialect].index(self._dialect) * (effort.runs + effort.cold_runs)
        warm = paths[taken : taken + effort.runs]
        cold = paths[taken + effort.runs : taken + effort.runs + effort.cold_runs]
        ask = functools.partial(run_series, self._client, read=self._dialect.read_trace,
                                most_seconds=effort.series_seconds)
        ask(warm)
        self.add("trace by ID, warm", ask(warm))
        if not self._server.directory or not cold:
            return
        if not drop_page_cache():
            self.add("trace by ID, page cache dropped", Series(failed="not allowed (needs root)"))
            return
        self.add("trace by ID, page cache dropped", ask(cold, before=drop_page_cache))

    def rare_app(self) -> str | None:
        """The rarest app that is stored: from the tail of the Zipf distribution upward."""
        for app in (*range(APPS - 1, APPS - 200, -20), 1000, 500, 250, 100):
            path = self._dialect.search(
                Question(self._stored.start, self._stored.end, tags={"app_id": app_id(app)}))
            answer = self._client.get(path)
            if answer.status == 200 and self._dialect.read_search(answer.body)[0] > 0:
                return app_id(app)
        return None

    def service_and_operation(self) -> Question:
        service = f"service-{2 + self._random.randrange(SERVICES - 2)}"
        number = self._random.randrange(OPERATIONS)
        name = f"{METHODS[number % len(METHODS)]} /api/v1/op{number}"
        return self.question(service=service, operation=name)

    def tag(self, key: str, value: str) -> Callable[[], Question]:
        return lambda: self.question(tags={key: value})

    def searches(self) -> None:
        self.ask("service + operation", self.service_and_operation)
        self.ask("http.status_code=503", self.tag("http.status_code", "503"))
        if rare := self.rare_app():
            self.ask("a rare app_id", self.tag("app_id", rare))["app_id"] = rare
        self.ask("app_id that never occurs", lambda: self.question(
            tags={"app_id": f"app-never-{self._random.randrange(2**31):08x}"}))

    def scan(self, what: str, **parts: object) -> None:
        """A search over everything that no index can answer: spans per second."""
        whole = Question(self._stored.start, self._stored.end, **parts)
        row = self.ask(what, lambda: whole, self._effort.scan_runs)
        if row["runs"] and not row["cut_short"]:
            row["spans_scanned_per_s"] = self._stored.spans / row["p50_ms"] * 1e3

    def scans(self) -> None:
        """Both find (nearly) nothing, so that a limit cannot end them: a pattern that no URL
        matches, though half of them are unique; and a window of one nanosecond in the midst of the
        durations, which no minimum or maximum of a column rules out."""
        url = f"span.http.url=~{NEVER}"
        self.scan("scan: http.url =~ no match", where=[url])
        # A server that does not know `where` may ignore it and then finds something.
        if self.rows[-1]["found_per_run"] > 0 or self.rows[-1]["failed"]:
            self.rows[-1] |= {"failed": "not supported", "runs": 0, **times_of([])}
            self.rows[-1].pop("spans_scanned_per_s", None)
        self.scan("scan: duration in a window of 1 ns", min_duration="20000000ns",
                  max_duration="20000001ns")


def floor_row(server: Server, stored: Stored, runs: int) -> dict:
    """What the client and HTTP cost by themselves: GET /health."""
    client = Client(server.ports["query"])
    series = run_series(client, ["/health"] * runs, lambda _: (0, True), 10)
    client.close()
    return {"what": "floor: GET /health", "server": server.name, "api": "",
            "stored": stored.spans,
            "runs": runs, "found_per_run": 0, "cut_short": 0, "failed": series.failed,
            **times_of(series.ms)}


def measure_queries(server: Server, stored: Stored, effort: Effort) -> list[dict]:
    rows = [floor_row(server, stored, effort.runs)] if server.dialect == "clew" else []
    for dialect in SPOKEN[server.dialect]:
        asker = Asker(server, dialect, stored, effort)
        asker.traces_by_id()
        asker.searches()
        if dialect is CLEW:
            asker.scans()
        rows += asker.rows
    return rows


def missing_spans(server: Server, traces: dict[str, int]) -> int | None:
    """Of these traces, the acknowledged spans that the server does not have; None of no traces."""
    if not traces:
        return None
    dialect = SPOKEN[server.dialect][0]
    client = Client(server.ports["query"])
    missing = 0
    for trace, acknowledged in traces.items():
        answer = client.get(dialect.trace + trace)
        there = dialect.read_trace(answer.body)[0] if answer.status == 200 else 0
        missing += max(acknowledged - there, 0)
    client.close()
    return missing
