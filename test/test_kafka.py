"""Kafka in and out of an agent, against a real broker."""

import os
import re
import time

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew import Clew, wait_until
from kafka_broker import PASSWORD, USER, KafkaBroker
from otlp_requests import request, rich_request
from otlp_sink import OtlpSink


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


def writer(broker: KafkaBroker, directory, more: str = "", *args: str) -> Clew:
    """An agent that sends to the broker."""
    config = directory / "writer.yaml"
    config.write_text(
        f"normalize: false\nexporters:\n  kafka:\n    brokers: ['{broker.address}']\n{more}"
    )
    return Clew("agent", directory, "--config", str(config), *args)


def reader(broker: KafkaBroker, sink_port: int, directory, more: str, *args: str) -> Clew:
    """An agent that reads from the broker, from the beginning."""
    config = directory / "reader.yaml"
    config.write_text(
        f"normalize: false\nreceivers:\n  kafka:\n    brokers: ['{broker.address}']\n"
        f"    initial_offset: earliest\n{more}"
        f"exporters: {{otlp: {{endpoint: '127.0.0.1:{sink_port}'}}}}\n"
    )
    agent = Clew("agent", directory, "--config", str(config), *args)
    agent.log = directory / "reader.log"
    return agent


def metrics_of(agent: Clew) -> str:
    return agent.session.get(agent.url("/metrics"), timeout=10).text


def export_of(body: bytes) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest.FromString(body)


@pytest.mark.parametrize("encoding", ["otlp_proto", "otlp_json", "jaeger_proto", "zipkin_json"])
def test_spans_pass_through_a_topic(broker, tmp_path, encoding):
    topic = f"spans-{encoding}"
    broker.make_topics(topic)
    body, trace_id = rich_request()
    with OtlpSink() as sink:
        with writer(
            broker, tmp_path, f"    traces: {{topic: {topic}, encoding: {encoding}}}\n"
        ) as agent:
            assert agent.otlp(body, X_Scope_OrgID="acme").status_code == 200
        more = f"    traces: {{topics: [{topic}], encoding: {encoding}}}\n"
        with reader(broker, sink.port, tmp_path, more) as agent:
            spans = sink.wait_for(lambda: len(sink.all_spans()) == 2 and sink.all_spans())
            accepted = agent.metric("clew_receiver_accepted_spans_total")
        assert accepted == 2
    if encoding.startswith("otlp"):
        assert sink.spans == [export_of(body)]
    assert {span.trace_id.hex() for _, span in spans} == {trace_id}
    assert {span.name.lower() for _, span in spans} == {"get /cart", "select"}
    resource = {a.key: a.value.string_value for a in spans[0][0].attributes}
    assert resource["service.name"] == "shop"


def test_jaeger_messages_have_the_form_of_jaegers_own(broker, tmp_path):
    """A model.proto Span with its process, keyed by trace; checked field by field, since PyPI has
    no Jaeger protobuf classes."""
    broker.make_topics("jaeger-form")
    body, trace_id = rich_request()
    more = "    traces: {topic: jaeger-form, encoding: jaeger_proto}\n"
    with writer(broker, tmp_path, more) as agent:
        agent.otlp(body)
    first, second = broker.messages("jaeger-form", 2)
    assert first.key == second.key == trace_id.encode()
    assert first.partition == second.partition
    for message in (first, second):
        assert message.value.startswith(b"\x0a\x10" + bytes.fromhex(trace_id))
        assert b"\x0a\x04shop" in message.value  # Process.service_name


def test_each_trace_goes_to_one_partition(broker, tmp_path):
    broker.make_topics("by-trace")
    more = "    traces: {topic: by-trace}\n    partition_traces_by_id: true\n"
    traces = [os.urandom(16) for _ in range(20)]
    export = ExportTraceServiceRequest()
    for trace_id in traces:
        export.resource_spans.extend(export_of(request(2, trace_id=trace_id)[0]).resource_spans)
    with writer(broker, tmp_path, more) as agent:
        for sent in (40, 80):  # one by one: what waits together is sent as one
            assert agent.otlp(export.SerializeToString()).status_code == 200
            wait_until(lambda sent=sent: agent.metric("clew_exporter_sent_spans_total") == sent)
    partitions: dict[str, set] = {}
    for message in broker.messages("by-trace", 40):
        within = {
            span.trace_id.hex()
            for group in export_of(message.value).resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        }
        assert within == {message.key.decode()}
        partitions.setdefault(message.key.decode(), set()).add(message.partition)
    assert set(partitions) == {trace_id.hex() for trace_id in traces}
    assert all(len(where) == 1 for where in partitions.values())


def test_logs_and_metrics_and_what_cannot_be_read(broker, tmp_path):
    """Produced by kafka-python from the official classes."""
    broker.make_topics("otlp_spans", "otlp_logs", "otlp_metrics")
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "hello"
    metrics = ExportMetricsServiceRequest()
    metric = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="up")
    metric.gauge.data_points.add(as_int=1)
    body, trace_id = request(3)
    broker.produce("otlp_logs", logs.SerializeToString())
    broker.produce("otlp_metrics", metrics.SerializeToString())
    broker.produce("otlp_spans", b"no protobuf", body)
    with OtlpSink() as sink:
        more = "    traces: {}\n    logs: {}\n    metrics: {}\n"
        with reader(broker, sink.port, tmp_path, more) as agent:
            sink.wait_for(lambda: sink.spans and sink.logs and sink.metrics)
            failed = r'clew_kafka_messages_total\{outcome="failed",.*topic="otlp_spans"\} 1'
            wait_until(lambda: re.search(failed, metrics_of(agent)))
            wait_until(lambda: broker.committed("otlp_spans") == 2)
        assert "otlp_spans, partition" in agent.log.read_text()
        assert sink.logs == [logs] and sink.metrics == [metrics]
        assert sink.spans == [export_of(body)]


def test_nothing_is_lost_when_broker_and_reader_die(broker, tmp_path):
    """The broker restarts while spans are sent, the reader is killed while it reads."""
    broker.make_topics("lossless")
    sent = set()

    def send(agent: Clew) -> None:
        for _ in range(20):
            body, trace_id = request(2)
            assert agent.otlp(body).status_code == 200
            sent.add(trace_id)

    with OtlpSink() as sink:

        def all_there() -> bool:
            return {span.trace_id.hex() for _, span in sink.all_spans()} == sent

        agent = writer(broker, tmp_path, "    traces: {topic: lossless}\n    timeout: 2s\n")
        with agent:
            send(agent)
            broker.stop()
            send(agent)  # into the queue
            broker.start()
            send(agent)
            reading = reader(
                broker, sink.port, tmp_path,
                "    traces: {topics: [lossless]}\n    session_timeout: 6s\n",
                "--queue-directory", str(tmp_path / "queue"),
            )  # fmt: skip
            reading.start()
            wait_until(lambda: len(sink.spans) > 0)
            reading.kill()
            send(agent)
            reading.start()
            sink.wait_for(all_there, 60)
            reading.stop()
        # A clean end commits, so the next start finds nothing new.
        before = len(sink.spans)
        with reading:
            time.sleep(1)
        assert len(sink.spans) == before


def test_a_full_queue_holds_the_reader_up(broker, tmp_path):
    broker.make_topics("held-up", partitions=1)
    bodies = [request(50)[0] for _ in range(200)]
    broker.produce("held-up", *bodies)
    sink = OtlpSink()  # takes nothing yet
    queue = ("--queue-directory", str(tmp_path / "queue"), "--queue-bytes", "128KiB")
    with reader(broker, sink.port, tmp_path, "    traces: {topics: [held-up]}\n", *queue) as agent:
        retried = 'clew_kafka_messages_total{outcome="retried",receiver="kafka/traces"'
        wait_until(lambda: retried in metrics_of(agent))
        assert broker.committed("held-up") < len(bodies)
        with sink:
            sink.wait_for(lambda: len(sink.all_spans()) >= 50 * len(bodies))
            wait_until(lambda: broker.committed("held-up") == len(bodies))
            agent.stop()
    found = {span.span_id for _, span in sink.all_spans()}
    assert len(found) == 50 * len(bodies)


def test_a_message_larger_than_a_request_may_be_holds_up_nothing(broker, tmp_path):
    broker.make_topics("large", partitions=1, **{"max.message.bytes": str(16 << 20)})
    body, trace_id = request(1)
    broker.produce("large", bytes(14 << 20), body)
    more = "    traces: {topics: [large]}\n"
    with OtlpSink() as sink:
        # Then all requests together may have 12 MiB, and one 6.
        with reader(broker, sink.port, tmp_path, more, "--memory-limit", "64MiB") as agent:
            sink.wait_for(lambda: len(sink.all_spans()) == 1)
            wait_until(lambda: broker.committed("large") == 2)
        assert "offset 0 is passed over: the message has 14680064 bytes" in agent.log.read_text()


def test_sasl(broker, tmp_path):
    broker.make_topics("secret")
    (tmp_path / "password").write_text(PASSWORD + "\n")
    sasl = f"    auth: {{sasl: {{username: {USER}, password_file: {tmp_path}/password}}}}\n"
    config = tmp_path / "sasl.yaml"
    config.write_text(
        f"exporters:\n  kafka:\n    brokers: ['127.0.0.1:{broker.sasl_port}']\n"
        f"    traces: {{topic: secret}}\n{sasl}"
    )
    with Clew("agent", tmp_path, "--config", str(config)) as agent:
        agent.otlp(request(1)[0])
        wait_until(lambda: agent.metric("clew_exporter_sent_spans_total") == 1)
    (tmp_path / "password").write_text("wrong")
    with Clew("agent", tmp_path, "--config", str(config), "--shutdown-timeout", "1s") as agent:
        agent.otlp(request(1)[0])
        wait_until(lambda: "uthentication" in agent.log.read_text())
        assert agent.metric("clew_exporter_sent_spans_total") == 0
        agent.kill()
