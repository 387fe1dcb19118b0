"""What becomes of accepted spans when networks, disks and clocks misbehave."""

import glob
import json
import signal
import subprocess
import time
from email.utils import formatdate, parsedate_to_datetime

import pytest

from clew import Clew, wait_until
from fault_peer import FaultPeer, GrpcFaultPeer
from otlp_requests import fill, request
from relay import Relay

SPANS = 10
MANY = 100  # to fill a disk with; about 6 KB
FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
HOUR_S = 3600


def agent_to(exporter: dict, tmp_path, *args: str, **more) -> Clew:
    """An agent with one exporter that gives up a call early and tries again soon."""
    retry = {"initial_interval": "20ms", "max_interval": "100ms"}
    (kind, options), *_ = exporter.items()
    config = {"exporters": {kind: {"timeout": "500ms", "retry_on_failure": retry} | options}}
    file = tmp_path / "agent.yaml"
    file.write_text(json.dumps(config | more))  # JSON is YAML
    return Clew("agent", tmp_path, "--config", str(file), *args)


def exporter_to(kind: str, grpc_port: int, http_port: int) -> dict:
    endpoint = f"127.0.0.1:{grpc_port}" if kind == "otlp" else f"http://127.0.0.1:{http_port}"
    return {kind: {"endpoint": endpoint}}


def send(agent: Clew, count: int = 1, spans: int = SPANS) -> list[str]:
    """The IDs of the traces that were accepted, which all must be."""
    sent = []
    for _ in range(count):
        body, trace_id = request(spans)
        assert agent.otlp(body).status_code == 200
        sent.append(trace_id)
    return sent


def expect_whole(store: Clew, trace_ids: list[str], spans: int = SPANS) -> None:
    for trace_id in trace_ids:
        assert len(store.wait_for_trace(trace_id, spans)["spans"]) == spans


def expect_nothing_lost(agent: Clew) -> None:
    assert agent.metric("clew_exporter_send_failed_spans_total") == 0
    assert agent.metric("clew_exporter_dropped_spans_total") == 0


@pytest.fixture
def relayed(request, tmp_path):
    """A store, an agent that exports to it, and the relay between them."""
    with Clew("store", tmp_path) as store:
        kind = request.param
        with Relay(store.grpc if kind == "otlp" else store.otlp_http) as relay:
            with agent_to(exporter_to(kind, relay.port, relay.port), tmp_path) as agent:
                yield store, relay, agent


KINDS = pytest.mark.parametrize("relayed", ["otlp", "otlphttp"], indirect=True)


@KINDS
@pytest.mark.parametrize("fault", [Relay.vanish, Relay.lose_answers], ids=lambda f: f.__name__)
def test_a_connection_that_dies_without_a_word_is_replaced(relayed, fault):
    store, relay, agent = relayed
    expect_whole(store, send(agent))
    for _ in range(2):
        connections = relay.connections
        fault(relay)
        expect_whole(store, send(agent, 3))
        wait_until(lambda: agent.metric("clew_exporter_queue_size_bytes") == 0)
        assert relay.connections > connections
    expect_nothing_lost(agent)


@KINDS
def test_a_request_that_is_cut_by_a_reset_is_sent_again(relayed):
    store, relay, agent = relayed
    relay.bytes_to_reset_after = [0, 10_000, 100_000]
    expect_whole(store, send(agent, spans=5000), 5000)  # about 300 KB
    wait_until(lambda: agent.metric("clew_exporter_sent_spans_total") == 5000)
    assert agent.metric("clew_exporter_retries_total") >= 2
    assert relay.connections >= 4
    expect_nothing_lost(agent)


@pytest.mark.parametrize("kind", ["otlp", "otlphttp"])
def test_a_store_that_stands_still_gets_everything_later(kind, tmp_path):
    with Clew("store", tmp_path) as store:
        with agent_to(exporter_to(kind, store.grpc, store.otlp_http), tmp_path) as agent:
            sent = send(agent)
            expect_whole(store, sent)
            store.process.send_signal(signal.SIGSTOP)
            try:
                sent += send(agent, 20)
                wait_until(lambda: agent.metric("clew_exporter_retries_total") >= 2)
            finally:
                store.process.send_signal(signal.SIGCONT)
            expect_whole(store, sent)
            wait_until(lambda: agent.metric("clew_exporter_queue_size_bytes") == 0)
            expect_nothing_lost(agent)


def test_a_date_says_when_to_come_back(tmp_path):
    later = time.time() + 3
    with FaultPeer((503, {"Retry-After": formatdate(later, usegmt=True)})) as peer:
        with agent_to({"otlphttp": {"endpoint": peer.url}}, tmp_path) as agent:
            send(agent)
            wait_until(lambda: peer.names)
            # Dates are whole seconds, and so is what is left of them: never sooner than one.
            assert peer.times[1] - peer.times[0] >= 1


def test_a_partial_success_over_grpc_is_never_repeated(tmp_path):
    with GrpcFaultPeer(rejected=1) as peer:
        with agent_to(exporter_to("otlp", peer.port, 0), tmp_path) as agent:
            send(agent)
            wait_until(lambda: agent.metric("clew_exporter_rejected_spans_total") == 1)
            wait_until(lambda: agent.metric("clew_exporter_queue_size_bytes") == 0)
            assert peer.calls == 1
            assert "one is too old" in agent.log.read_text()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"FULL DISKS ARE NOT TESTED, a small one cannot be mounted: {done.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # a failed test may hold it


def queue_on(disk, overflow: str = "refuse") -> dict:
    return {"queue": {"directory": str(disk / "queue"), "max_bytes": "64MiB",
                      "overflow": overflow, "batch_bytes": "16KiB"}}  # fmt: skip


def fill_disk(agent: Clew) -> list[str]:
    """Sends until it is refused for want of space. What was accepted."""
    accepted = fill(agent, MANY)
    assert "No space left on device" in agent.log.read_text()
    return accepted


def test_a_full_disk_refuses_and_what_was_accepted_survives_kill_9(small_disk, tmp_path):
    store = Clew("store", tmp_path)  # not started yet
    agent = agent_to(exporter_to("otlp", store.grpc, 0), tmp_path, **queue_on(small_disk))
    agent.start()
    sent = fill_disk(agent)
    agent.kill()
    agent.start()  # on a disk that is still full
    assert agent.otlp(request(MANY)[0]).status_code == 503
    agent.kill()
    with store, agent:
        expect_whole(store, sent, MANY)
        # What is delivered makes room.
        wait_until(lambda: agent.otlp(request(MANY)[0]).status_code == 200)
        expect_nothing_lost(agent)


def test_a_disk_that_has_space_again_is_used_again(small_disk, tmp_path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (1 << 20))
    store = Clew("store", tmp_path)
    agent = agent_to(exporter_to("otlp", store.grpc, 0), tmp_path, **queue_on(small_disk))
    agent.start()
    sent = fill_disk(agent)
    ballast.unlink()
    more = []

    def accepts() -> bool:
        body, trace_id = request(MANY)
        taken = agent.otlp(body).status_code == 200
        more.extend([trace_id] * taken)
        return taken

    wait_until(accepts)
    sent += more + send(agent, 5, MANY)
    with store:
        expect_whole(store, sent, MANY)
        wait_until(lambda: agent.metric("clew_exporter_queue_memory_bytes") == 0)
        expect_nothing_lost(agent)
        agent.stop()


def test_on_a_full_disk_the_oldest_make_room_if_that_is_asked_for(small_disk, tmp_path):
    store = Clew("store", tmp_path)
    queue = queue_on(small_disk, "drop_oldest")
    queue["queue"]["max_bytes"] = "4MiB"  # of segments of 256 KiB
    agent = agent_to(exporter_to("otlp", store.grpc, 0), tmp_path, **queue)
    agent.start()
    sent = send(agent, 600, MANY)  # about 3.5 MB
    assert agent.metric("clew_exporter_queue_size_bytes") < 2 << 20  # its bound is twice that
    with store:
        expect_whole(store, sent[-3:], MANY)
        wait_until(lambda: agent.metric("clew_exporter_queue_memory_bytes") == 0)
        arrived = agent.metric("clew_exporter_sent_spans_total")
        dropped = agent.metric("clew_exporter_dropped_spans_total")
        assert dropped > 0 and arrived + dropped == len(sent) * MANY
        agent.stop()


@pytest.mark.parametrize("jumps", [[6, 0], [-6, 0], [48, -48]], ids=str)
def test_a_clock_that_jumps_by_hours_stops_and_loses_nothing(jumps, tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    store = Clew("store", tmp_path)
    more = {
        "queue": {"directory": str(tmp_path / "queue")},
        "span_metrics": {},
        "sampling": {"percentage": 100, "rate_limiting": {"spans_per_second": 1_000_000}},
    }
    agent = agent_to(exporter_to("otlp", store.grpc, 0), tmp_path, **more)
    agent.environment = {
        "LD_PRELOAD": FAKETIME[0],
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # as the system's, which never jumps
        "NO_FAKE_STAT": "1",
    }
    with store, agent:
        sent = send(agent, 5)
        expect_whole(store, sent)
        for hours in jumps:
            clock.write_text(f"{hours * HOUR_S:+d}\n")
            wait_until(lambda hours=hours: abs(time_of(agent) - time.time() - hours * HOUR_S) < 60)
            late = send(agent, 5)
            expect_whole(store, late)  # with all timers as they were
            store.kill()
            late += send(agent, 5)
            wait_until(lambda: agent.metric("clew_exporter_queue_size_bytes") > 0)
            store.start()
            expect_whole(store, late)
            sent += late
        assert agent.metric("traces_span_metrics_calls_total") == len(sent) * SPANS
        expect_nothing_lost(agent)


def time_of(agent: Clew) -> float:
    """The agent's clock, as the Date of its answers tells it."""
    answer = agent.session.get(agent.url("/health"), timeout=10)
    return parsedate_to_datetime(answer.headers["Date"]).timestamp()
