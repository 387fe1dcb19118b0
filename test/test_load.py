"""`clew load`: makes spans in every format, and knows what came out behind an agent."""

import json
import signal
import subprocess
import time

import pytest

from clew import BINARY, Clew, free_port

SPANS = 4000


def load(*args: str, spans: int = SPANS, connections: int = 2) -> dict:
    command = [str(BINARY), "load", "--spans", str(spans), "--connections", str(connections), *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def agent_to(port: int, tmp_path) -> Clew:
    return Clew("agent", tmp_path, "--exporter-otlp-endpoint", f"127.0.0.1:{port}")


def target_of(agent: Clew, protocol: str) -> str:
    ports = {
        "http": agent.otlp_http,
        "grpc": agent.grpc,
        "zipkin": agent.zipkin,
        "zipkin_proto": agent.zipkin,
        "jaeger_udp": agent.jaeger["thrift-compact"],
        "jaeger_udp_binary": agent.jaeger["thrift-binary"],
        "jaeger_http": agent.jaeger["thrift-http"],
        "jaeger_grpc": agent.jaeger["grpc"],
    }
    return f"127.0.0.1:{ports[protocol]}"


@pytest.mark.parametrize(
    "protocol",
    ["http", "grpc", "zipkin", "zipkin_proto", "jaeger_udp", "jaeger_udp_binary", "jaeger_http",
     "jaeger_grpc"],
)  # fmt: skip
def test_every_span_arrives_behind_an_agent_once(tmp_path, protocol):
    sink = free_port()
    with agent_to(sink, tmp_path) as agent:
        # Packets have no answer to wait for: more slowly than the system would drop them.
        pace = ["--rate", "2000"] if "udp" in protocol else []
        result = load(
            "--target", target_of(agent, protocol), "--protocol", protocol,
            "--receive", f"127.0.0.1:{sink}", *pace,
        )  # fmt: skip
    assert (result["accepted"], result["refused"]) == (SPANS, 0)
    assert (result["arrived"], result["missing"]) == (SPANS, 0)
    assert (result["twice"], result["unknown"], result["malformed"]) == (0, 0, 0)


def test_several_ways_in_take_turns_while_the_peer_is_away(tmp_path):
    sink = free_port()
    with agent_to(sink, tmp_path) as agent:
        others = ",".join(f"{name}://{target_of(agent, name)}"
                          for name in ("grpc", "zipkin", "jaeger_grpc"))  # fmt: skip
        result = load(
            "--target", target_of(agent, "http"), "--also", others,
            "--receive", f"127.0.0.1:{sink}", "--receive-late", connections=8,
        )  # fmt: skip
    assert (result["accepted"], result["refused"]) == (SPANS, 0)
    assert (result["arrived"], result["missing"]) == (SPANS, 0)
    assert (result["twice"], result["unknown"], result["malformed"]) == (0, 0, 0)


def test_spans_that_an_agent_never_passes_on_are_missing(tmp_path):
    nobody, sink = free_port(), free_port()
    with agent_to(nobody, tmp_path) as agent:
        target = target_of(agent, "grpc")
        receive = ["--receive", f"http://127.0.0.1:{sink}", "--settle", "500ms"]
        result = load("--target", target, "--protocol", "grpc", *receive)
        agent.kill()  # else it would wait for somebody to take what it holds
    assert (result["accepted"], result["arrived"], result["missing"]) == (SPANS, 0, SPANS)


def test_a_sink_counts_until_it_is_stopped():
    port = free_port()
    command = [str(BINARY), "load", "--sink", "--receive", f"http://127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sink:
        deadline = time.monotonic() + 30
        target = ["--target", f"127.0.0.1:{port}", "--stop-at-refusal"]
        while load(*target, spans=1)["refused"]:  # not listening yet
            assert time.monotonic() < deadline
            time.sleep(0.05)
        load(*target, "--compression", "zstd")
        sink.send_signal(signal.SIGINT)
        counted = json.loads(sink.communicate(timeout=30)[0])
    assert counted["spans"] == SPANS + 1


def test_a_load_that_is_interrupted_tells_what_it_did(tmp_path):
    with Clew("store", tmp_path) as store:
        command = [str(BINARY), "load", "--target", f"127.0.0.1:{store.otlp_http}",
                   "--rate", "1000", "--spans-per-request", "10", "--spans", "1000000"]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            result = json.loads(process.communicate(timeout=30)[0])
    assert 0 < result["accepted"] < 1_000_000
    assert result["refused"] == 0
