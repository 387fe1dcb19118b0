"""The demo's proof: requests through the edges become complete traces, and nothing else does."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import client
import compare
import spans
from client import Sent
from expected import Hop, expected_tree
from network import LOOPBACK, Network
from topology import EDGES

PLAIN_REQUESTS = 200
AT_ONCE = 4
COMPLETE_TIMEOUT_S = 45.0
SETTLE_S = 2.0  # a span that comes twice, or late, would come in this time
DETAILED_FAILURES = 3

CLIENTS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

# What a client could send to join a trace of its choice, to switch tracing off, or to break it.
HOSTILE_HEADERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("garbage traceparent", {"traceparent": "garbage"}),
    ("traceparent of a later version with a tail",
     {"traceparent": f"cc-{CLIENTS_TRACE}-00f067aa0ba902b7-01-what-the-future-brings"}),
    ("traceparent of zeros", {"traceparent": f"00-{'0' * 32}-{'0' * 16}-01"}),
    ("flag 00: do not trace", {"traceparent": f"00-{CLIENTS_TRACE}-00f067aa0ba902b7-00"}),
    ("the client's own trace ID", {"traceparent": f"00-{CLIENTS_TRACE}-00f067aa0ba902b7-01",
                                   "tracestate": "rojo=1", "baggage": "user=root"}),
    ("B3, sampled 0", {"x-b3-traceid": CLIENTS_TRACE, "x-b3-spanid": "00f067aa0ba902b7",
                       "x-b3-sampled": "0"}),
    ("B3, its own ID", {"x-b3-traceid": CLIENTS_TRACE, "x-b3-spanid": "00f067aa0ba902b7",
                        "x-b3-sampled": "1"}),
    ("B3 in one header", {"b3": f"{CLIENTS_TRACE}-00f067aa0ba902b7-0"}),
    ("other tracers' headers", {"uber-trace-id": f"{CLIENTS_TRACE}:1:0:0", "sw8": "0-x-y-1",
                                "x-datadog-trace-id": "1", "x-datadog-sampling-priority": "-1"}),
    ("forced tracing and a request ID of its own",
     {"x-client-trace-id": "mine", "x-envoy-force-trace": "true",
      "x-request-id": "00000000-0000-4000-8000-000000000000"}),
)
HOSTILE_ROUNDS = 4  # of each kind above


@dataclass(frozen=True)
class Job:
    """One request to send, and what to call it when it goes wrong."""

    title: str
    edge_index: int
    method: str
    path: str
    client_address: str
    headers: dict[str, str]


@dataclass
class Case:
    """A job that was sent, and what its trace must look like."""

    job: Job
    sent: Sent
    expected: Hop
    problem: str = "the trace was not read yet"
    trace: spans.Trace | None = None
    difference: compare.Difference | None = None


def run(logs: Path, say: Callable[[str], None], network: Network = LOOPBACK) -> bool:
    """Sends the requests, waits for their traces and judges them; True when all is good."""
    jobs = plan_jobs(network)
    say(f"sending {len(jobs)} requests through {len(EDGES)} edges, "
        f"{len(jobs) - PLAIN_REQUESTS} of them with hostile trace headers")
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        sent = list(pool.map(lambda job: _send(job, network), jobs))
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C the rest need not be sent
    problems = answer_problems(jobs, sent)
    if problems:
        for line in problems[:10]:
            say(line)
        say(f"FAILED: {len(problems)} answers are not what they must be; logs: {logs}")
        return False

    cases = [Case(job, one, expected_tree(one.edge, job.method, job.path, job.client_address,
                                          network))
             for job, one in zip(jobs, sent) if isinstance(one, Sent)]
    _wait_complete(cases, say)
    failed = [case for case in cases if case.problem]
    if not failed:
        time.sleep(SETTLE_S)
        failed = [case for case in cases if not judge(case)]
    for case in failed[:DETAILED_FAILURES]:
        say("\n".join(report(case)))
    if failed:
        say(f"FAILED: {len(failed)} of {len(cases)} traces are not as expected; logs: {logs}")
        return False
    count = sum(len(case.expected.walk()) for case in cases)
    say(f"PASSED: {len(cases)} requests are {len(cases)} complete traces of {count} spans, each "
        "with every hop in its place, under the ID its client was told")
    return True


def plan_jobs(network: Network = LOOPBACK) -> list[Job]:
    """The plain requests, alternating between edges and endpoints, then the hostile ones."""
    hostile = [kind for kind in HOSTILE_HEADERS for _ in range(HOSTILE_ROUNDS)]
    plain: list[tuple[str, dict[str, str]]] = [("", {})] * PLAIN_REQUESTS
    endpoints = client.entry_endpoints()
    jobs = []
    for number, (title, headers) in enumerate(plain + hostile):
        edge_index = number % len(EDGES)
        endpoint = endpoints[number // len(EDGES) % len(endpoints)]
        path = client.random_path(endpoint)
        name = f"request {number + 1}: {endpoint.method} {path} at {EDGES[edge_index].name}"
        jobs.append(Job(f"{name} ({title})" if title else name, edge_index, endpoint.method, path,
                        network.client_address(EDGES[edge_index]), headers))
    random.shuffle(jobs)
    return jobs


def _send(job: Job, network: Network) -> Sent | OSError:
    try:
        return client.send(EDGES[job.edge_index], job.method, job.path, headers=job.headers,
                           client_address=job.client_address, network=network)
    except OSError as error:
        return error


def answer_problems(jobs: list[Job], sent: list[Sent | OSError]) -> list[str]:
    """What is wrong with the answers themselves: status, x-trace-id, its uniqueness."""
    problems = []
    seen: dict[str, str] = {}
    for job, one in zip(jobs, sent):
        if isinstance(one, OSError):
            problems.append(f"{job.title}: {one}")
        elif one.status != 200:
            problems.append(f"{job.title}: expected status 200, found {one.status} "
                            f"(x-trace-id {one.trace_id})")
        elif one.trace_id is None or not _is_trace_id(one.trace_id):
            problems.append(f"{job.title}: expected 32 hex digits in x-trace-id, "
                            f"found {one.trace_id}")
        elif one.trace_id == CLIENTS_TRACE:
            problems.append(f"{job.title}: the edge took over the client's trace ID")
        elif one.trace_id in seen:
            problems.append(f"{job.title}: has the trace ID {one.trace_id} of {seen[one.trace_id]}")
        else:
            seen[one.trace_id] = job.title
    return problems


def _is_trace_id(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef") and set(text) != {"0"}


def _wait_complete(cases: list[Case], say: Callable[[str], None]) -> None:
    """Reads traces again and again until each is as expected or the time is over."""
    deadline = time.monotonic() + COMPLETE_TIMEOUT_S
    open_cases = cases
    while open_cases:
        open_cases = [case for case in open_cases if not judge(case)]
        if not open_cases or time.monotonic() > deadline:
            return
        say(f"waiting for {len(open_cases)} of {len(cases)} traces to be complete")
        time.sleep(1.0)


def judge(case: Case) -> bool:
    """Reads the trace of a case and notes what is wrong with it; True when nothing is."""
    trace_id = case.sent.trace_id or ""
    case.difference = None
    try:
        case.trace = spans.fetch(trace_id)
    except spans.TraceApiError as error:
        case.problem = str(error)
        return False
    if case.trace is None:
        case.problem = "the store does not know this trace"
        return False
    case.difference = compare.compare(case.expected, case.trace, trace_id)
    case.problem = str(case.difference) if case.difference else ""
    return not case.difference


def report(case: Case) -> list[str]:
    """What is wrong with one trace, in words and as two trees."""
    return [
        "",
        f"{case.job.title}, trace {case.sent.trace_id}",
        f"  {case.problem}",
        "  expected:",
        *(f"    {line}" for line in compare.draw_expected(case.expected, case.difference)),
        "  found:",
        *(f"    {line}" for line in compare.draw_found(case.trace, case.difference)),
    ]
