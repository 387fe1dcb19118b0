"""What the agent's queue and its memory bound promise, with real processes."""

import collections
import concurrent.futures
import gzip
import pathlib
import re
import secrets
import socket
import subprocess
import threading
import time

import requests
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from clew import BINARY, Clew
from otlp_requests import fill, request
from otlp_sink import OtlpSink

SPANS = 10


def agent_of(store: Clew, tmp_path, *args: str) -> Clew:
    return Clew(
        "agent", tmp_path, "--exporter-otlp-endpoint", f"127.0.0.1:{store.grpc}", *args
    )


def send(agent: Clew, count: int) -> list[str]:
    sent = []
    for _ in range(count):
        body, trace_id = request(SPANS)
        assert agent.otlp(body).status_code == 200
        sent.append(trace_id)
    return sent


def test_what_is_queued_on_disk_survives_kill_9(tmp_path):
    store = Clew("store", tmp_path)  # not started yet
    agent = agent_of(store, tmp_path, "--queue-directory", str(tmp_path / "queue"))
    agent.start()
    sent = send(agent, 30)
    agent.kill()
    agent.start()
    sent += send(agent, 30)
    agent.kill()
    with store, agent:
        for trace_id in sent:
            assert len(store.wait_for_trace(trace_id, SPANS)["spans"]) == SPANS
    assert not list((tmp_path / "queue").glob("*.log"))  # a clean end with nothing left


def test_a_full_queue_on_disk_survives_kill_9(tmp_path):
    store = Clew("store", tmp_path)
    agent = agent_of(
        store, tmp_path, "--queue-directory", str(tmp_path / "queue"), "--queue-bytes", "256KiB"
    )
    agent.start()
    sent = fill(agent, SPANS)
    assert sum(file.stat().st_size for file in (tmp_path / "queue").iterdir()) <= 256 << 10
    agent.kill()
    with store, agent:
        for trace_id in sent:
            assert len(store.wait_for_trace(trace_id, SPANS)["spans"]) == SPANS


def test_each_exporter_has_its_own_queue_on_disk(tmp_path):
    near, far = OtlpSink(), OtlpSink()
    config = tmp_path / "agent.yaml"
    config.write_text(f"""
queue: {{directory: {tmp_path / "queue"}}}
exporters:
  otlp/near: {{endpoint: "127.0.0.1:{near.port}", tls: {{insecure: true}}}}
  otlp/far: {{endpoint: "127.0.0.1:{far.port}", tls: {{insecure: true}}}}
""")
    agent = Clew("agent", tmp_path, "--config", str(config))
    with near:
        agent.start()
        sent = send(agent, 20)
        # What one has delivered does not wait for the other, which is not there.
        near.wait_for(lambda: len(near.all_spans()) == 20 * SPANS)
        assert not far.spans
        agent.kill()
        with far, agent:
            sent += send(agent, 1)
            ids = lambda sink: {span.trace_id.hex() for _, span in sink.all_spans()}  # noqa: E731
            far.wait_for(lambda: ids(far) == set(sent))
            near.wait_for(lambda: ids(near) == set(sent))
            assert len(far.all_spans()) == 21 * SPANS


def test_a_queue_that_drops_the_oldest_refuses_nobody(tmp_path):
    store = Clew("store", tmp_path)
    agent = agent_of(
        store, tmp_path, "--queue-directory", str(tmp_path / "queue"), "--queue-bytes", "64KiB",
        "--queue-overflow", "drop_oldest", "--batch-bytes", "4KiB",
    )  # fmt: skip
    agent.start()
    sent = send(agent, 200)
    with store:
        for trace_id in sent[-20:]:
            store.wait_for_trace(trace_id, SPANS)
        deadline = time.monotonic() + 60
        arrived = dropped = 0
        while arrived + dropped < len(sent) * SPANS:
            assert time.monotonic() < deadline, (arrived, dropped)
            time.sleep(0.1)
            arrived = agent.metric("clew_exporter_sent_spans_total")
            dropped = agent.metric("clew_exporter_dropped_spans_total")
        assert dropped > 0 and arrived + dropped == len(sent) * SPANS
        agent.stop()


def test_two_agents_do_not_share_a_queue(tmp_path):
    store = Clew("store", tmp_path)
    first = agent_of(store, tmp_path, "--queue-directory", str(tmp_path / "queue"))
    first.start()
    second = agent_of(store, tmp_path, "--queue-directory", str(tmp_path / "queue"))
    second.log = tmp_path / "second.log"
    try:
        second.start()
    except AssertionError:
        pass
    assert second.process.wait(timeout=20) == 1
    assert "in use by another process" in second.log.read_text()
    first.kill()


class BlackHole:
    """Takes connections and never says a word."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.taken = []
        threading.Thread(target=self._take, daemon=True).start()
        return self

    def _take(self):
        try:
            while True:
                self.taken.append(self.listener.accept()[0])
        except OSError:  # closed
            pass

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.taken:
            connection.close()


def peak_rss(process) -> int:
    """The most memory the process ever had, in bytes."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


def test_overload_stays_within_the_memory_limit(tmp_path):
    limit = 128 << 20
    large, _ = request(40_000)  # about 3 MiB
    bomb = gzip.compress(b"\0" * (60 << 20))
    huge = gzip.compress(request(120_000)[0], 1)  # 10 MiB of spans
    with BlackHole() as hole:
        agent = Clew(
            "agent", tmp_path, "--exporter-otlp-endpoint", f"127.0.0.1:{hole.port}",
            "--queue-directory", str(tmp_path / "queue"), "--queue-bytes", "64MiB",
            "--queue-overflow", "drop_oldest", "--queue-durability", "os",
            "--memory-limit", "128MiB", "--exporter-otlp-timeout", "2s",
        )  # fmt: skip
        agent.start()

        def attack(number: int) -> int:
            try:
                if number % 3 == 0:
                    return agent.otlp(large).status_code
                body = bomb if number % 3 == 1 else huge
                return agent.otlp(body, Content_Encoding="gzip").status_code
            except requests.ConnectionError:  # refused before the body was read
                return 503

        # Ten times as many at once as fit into what requests may take together.
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            statuses = list(pool.map(attack, range(150)))
        assert set(statuses) <= {200, 400, 413, 503}, statuses
        assert statuses.count(200) > 0
        assert peak_rss(agent.process) < limit
        assert agent.otlp(request(SPANS)[0]).status_code == 200  # and accepted work goes on
        agent.kill()


def requests_of(ids: list[bytes], round_number: int) -> list[bytes]:
    """Requests of 50 traces, a span each, which is named after its request."""
    bodies = []
    for begin in range(0, len(ids), 50):
        export = trace_service_pb2.ExportTraceServiceRequest()
        scope = export.resource_spans.add().scope_spans.add()
        name = f"{round_number}/{begin}".ljust(100)
        for trace_id in ids[begin : begin + 50]:
            scope.spans.add(trace_id=trace_id, span_id=secrets.token_bytes(8), name=name)
        bodies.append(export.SerializeToString())
    return bodies


def buckets_of(ids: list[bytes], tmp_path) -> dict[bytes, int]:
    """In which bucket of hash_seed 0 each trace is: the order in which a rate keeps them."""
    config = tmp_path / "agent.yaml"
    config.write_text("sampling: {percentage: 50, algorithm: hash_seed}\n")
    told = subprocess.run(
        [BINARY, "agent", "why", "--config", config, "-"],
        input="\n".join(trace_id.hex() for trace_id in ids),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    found = re.findall(r"(\w{32}) .*bucket=(\d+)", told.stdout)
    assert len(found) == len(ids)
    return {bytes.fromhex(trace_id): int(bucket) for trace_id, bucket in found}


def test_rates_fall_by_hash_before_anything_is_refused(tmp_path):
    ids = [secrets.token_bytes(16) for _ in range(1000)]
    sink = OtlpSink()  # takes nothing yet
    agent = Clew(
        "agent", tmp_path, "--exporter-otlp-endpoint", f"127.0.0.1:{sink.port}",
        "--memory-limit", "64MiB", "--queue-bytes", "2MiB",
    )  # fmt: skip
    agent.start()
    rounds = 0
    until = time.monotonic() + 20
    while agent.metric("clew_sampling_pressure_share") > 1 / 8:
        assert time.monotonic() < until
        for body in requests_of(ids, rounds):
            assert agent.otlp(body).status_code == 200
        rounds += 1
    given_up = agent.metric("clew_sampling_pressure_spans_total")
    assert given_up > 0

    kept = collections.defaultdict(set)
    with sink:
        expected = rounds * len(ids) - given_up
        sink.wait_for(lambda: len(sink.all_spans()) >= expected)
        agent.stop()
        for _, span in sink.all_spans():
            kept[span.name.strip()].add(span.trace_id)
    assert sum(map(len, kept.values())) == expected
    # Of each request the traces of the lowest buckets are kept, as under a lower rate.
    bucket = buckets_of(ids, tmp_path)
    for number in range(rounds):
        for begin in range(0, len(ids), 50):
            traces = ids[begin : begin + 50]
            here = kept[f"{number}/{begin}"]
            dropped = set(traces) - here
            assert max((bucket[i] for i in here), default=-1) <= min(
                (bucket[i] for i in dropped), default=1 << 14
            )
