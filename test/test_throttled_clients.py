"""What official SDKs do when an agent is full: they come again, and nothing is lost."""

import pathlib
import time
from concurrent import futures

from clew import Clew, free_port
from otlp_requests import request
from otlp_sink import OtlpSink
from test_sdk import SENDERS

# Node's gRPC exporter knows no error after which to come again (its HTTP exporters do).
CLIENTS = [name for name in SENDERS if name != "node-grpc"]
REFUSED = "clew_receiver_refused_spans_total"


def fill(agent: Clew) -> None:
    """Sends until the agent has no room for a request of one span either."""
    for spans in (100, 1):
        while (answer := agent.otlp(request(spans)[0])).status_code == 200:
            pass
        assert answer.status_code == 503, answer.text


def send_while_full(client: str, folder: pathlib.Path) -> None:
    """The agent's peer comes once the client was refused; then both of its spans arrive, once."""
    folder.mkdir()
    port = free_port()
    agent = Clew(
        "agent", folder, "--exporter-otlp-endpoint", f"127.0.0.1:{port}",
        "--queue-bytes", "64KiB", "--retry-max-interval", "1s", "--shutdown-timeout", "1ms",
        "--memory-lower-rates", "false",  # else it gives up traces and refuses none
    )  # fmt: skip
    agent.start()
    try:
        fill(agent)
        before = agent.metric(REFUSED)
        with futures.ThreadPoolExecutor(1) as pool:
            sent = pool.submit(SENDERS[client], agent)
            while agent.metric(REFUSED) == before:
                assert not sent.done(), sent.result()
                time.sleep(0.02)
            with OtlpSink(port) as sink:
                ids = sent.result()  # raises what the client did not get over

                def arrived():
                    spans = [span for _, span in sink.all_spans()]
                    return [s for s in spans if s.trace_id.hex() == ids["traceId"]]

                spans = sink.wait_for(lambda: len(arrived()) >= 2 and arrived())
        assert sorted(s.span_id.hex() for s in spans) == sorted([ids["rootId"], ids["childId"]])
    finally:
        agent.kill()


def test_what_was_refused_comes_again(tmp_path):
    with futures.ThreadPoolExecutor(len(CLIENTS)) as pool:  # most of it is waiting
        ended = {name: pool.submit(send_while_full, name, tmp_path / name) for name in CLIENTS}
        errors = {name: end.exception() for name, end in ended.items() if end.exception()}
    assert not errors
