"""Spans, logs and metrics through an agent into a server of the official classes."""

import hashlib

import grpc
import pytest
import requests
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcMetrics,
)
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpMetrics,
)
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

import sdk_clients
from clew import Clew
from envoy import Envoy
from otlp_sink import OtlpSink, attributes

SHOP = Resource.create({"service.name": "shop"})


def agent_to(sink: OtlpSink, tmp_path, *args: str) -> Clew:
    endpoint = f"127.0.0.1:{sink.port}"
    return Clew("agent", tmp_path, "--exporter-otlp-endpoint", endpoint, *args)


def test_spans_of_a_real_envoy_become_better(tmp_path):
    with (
        OtlpSink() as sink,
        agent_to(sink, tmp_path) as agent,
        Envoy(tmp_path, agent.grpc) as envoy,
    ):
        assert envoy.get("/cart?item=7", **{"User-Agent": "test/1"}) == 503

        def both():
            kinds = {span.kind: span for _, span in sink.all_spans()}
            return len(kinds) == 2 and kinds

        spans = sink.wait_for(both)
        server, client = spans[2], spans[3]
        of_server, of_client = attributes(server), attributes(client)
        url = f"http://127.0.0.1:{envoy.port}/cart?item=7"
        assert of_server["http.url"] == of_server["url.full"] == url
        assert (of_server["url.scheme"], of_server["url.path"]) == ("http", "/cart")
        assert of_server["url.query"] == "item=7"
        assert (of_server["server.address"], of_server["server.port"]) == ("127.0.0.1", envoy.port)
        assert of_server["http.method"] == of_server["http.request.method"] == "GET"
        assert of_server["http.status_code"] == of_server["http.response.status_code"] == 503
        assert of_server["user_agent"] == of_server["user_agent.original"] == "test/1"
        assert of_server["request_size"] == of_server["http.request.body.size"] == 0
        assert of_server["response_size"] == of_server["http.response.body.size"] > 0
        assert of_server["network.protocol.version"] == "1.1"
        assert of_server["network.peer.address"] == "127.0.0.1"
        # Envoy leaves the status of a failed call unset and says 0 where there was no answer.
        assert (of_client["error"], client.status.code) == ("true", 2)
        assert of_client["http.status_code"] == 0
        assert "http.response.status_code" not in of_client


def test_spans_stay_as_envoy_made_them_when_told_so(tmp_path):
    with (
        OtlpSink() as sink,
        agent_to(sink, tmp_path, "--normalize", "false") as agent,
        Envoy(tmp_path, agent.grpc) as envoy,
    ):
        assert envoy.get("/hello") == 200
        ((_, span),) = sink.wait_for(sink.all_spans)
        assert attributes(span)["http.status_code"] == "200"
        assert "url.full" not in attributes(span)


def test_access_logs_of_a_real_envoy_arrive_with_their_trace(tmp_path):
    with (
        OtlpSink() as sink,
        agent_to(sink, tmp_path, "--place-datacenter", "fra1") as agent,
        Envoy(tmp_path, agent.grpc) as envoy,
    ):
        assert envoy.get("/hello/7") == 200
        ((resource, record),) = sink.wait_for(sink.all_logs)
        assert record.body.string_value == "GET /hello/7 200"
        assert attributes(record) == {"response.flags": "-"}
        assert attributes(resource)["clew.datacenter"] == "fra1"
        ((_, span),) = sink.wait_for(sink.all_spans)
        assert (record.trace_id, record.span_id) == (span.trace_id, span.span_id)
        assert agent.metric("clew_receiver_accepted_log_records_total") == 1


def test_logs_of_the_official_sdk_arrive(tmp_path):
    with OtlpSink() as sink, agent_to(sink, tmp_path, "--place-rack", "r12") as agent:
        for exporter in (
            GrpcLogs(endpoint=f"127.0.0.1:{agent.grpc}", insecure=True),
            HttpLogs(endpoint=f"http://127.0.0.1:{agent.otlp_http}/v1/logs"),
        ):
            provider = LoggerProvider(SHOP)
            provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
            record = LogRecord(
                body=type(exporter).__module__,
                severity_number=SeverityNumber.WARN,
                attributes={"user": "ann", "tries": 3},
            )
            provider.get_logger("cart").emit(record)
            provider.shutdown()
        logs = sink.wait_for(lambda: len(sink.all_logs()) == 2 and sink.all_logs())
        assert {record.body.string_value for _, record in logs} == {
            GrpcLogs.__module__, HttpLogs.__module__,
        }  # fmt: skip
        for resource, record in logs:
            assert attributes(record) == {"user": "ann", "tries": 3}
            assert record.severity_number == SeverityNumber.WARN.value
            assert attributes(resource)["service.name"] == "shop"
            assert attributes(resource)["clew.rack"] == "r12"


def test_metrics_of_the_official_sdk_arrive(tmp_path):
    with OtlpSink() as sink, agent_to(sink, tmp_path, "--place-region", "eu-central-1") as agent:
        for exporter in (
            GrpcMetrics(endpoint=f"127.0.0.1:{agent.grpc}", insecure=True),
            HttpMetrics(endpoint=f"http://127.0.0.1:{agent.otlp_http}/v1/metrics"),
        ):
            provider = MeterProvider([PeriodicExportingMetricReader(exporter)], SHOP)
            meter = provider.get_meter("cart")
            meter.create_counter("orders").add(5, {"paid": True})
            meter.create_histogram("amount").record(0.25)
            provider.shutdown()
        metrics = sink.wait_for(lambda: len(sink.all_metrics()) == 4 and sink.all_metrics())
        names = sorted(metric.name for _, metric in metrics)
        assert names == ["amount", "amount", "orders", "orders"]
        for resource, metric in metrics:
            assert attributes(resource)["cloud.region"] == "eu-central-1"
            if metric.name == "orders":
                (point,) = metric.sum.data_points
                assert (point.as_int, attributes(point)) == (5, {"paid": True})
            else:
                (point,) = metric.histogram.data_points
                assert (point.count, point.sum) == (1, 0.25)
        assert agent.metric("clew_receiver_accepted_metric_points_total") == 4


@pytest.mark.parametrize("protocol", ["grpc", "http"])
@pytest.mark.parametrize("language", ["go", "java"])
def test_all_signals_of_other_languages_arrive(language, protocol, tmp_path):
    with OtlpSink() as sink, agent_to(sink, tmp_path) as agent:
        port = agent.grpc if protocol == "grpc" else agent.otlp_http
        arguments = (protocol, f"http://127.0.0.1:{port}", "signals")
        if language == "go":
            ids = sdk_clients.go(*arguments)
        else:
            ids = sdk_clients.java("OtlpClient.java", *arguments)
        shop = {"service.name": f"{language}-shop", "host.cpus": 2}

        spans = sink.wait_for(lambda: len(sink.all_spans()) == 2 and sink.all_spans())
        assert {span.span_id.hex() for _, span in spans} == {ids["rootId"], ids["childId"]}
        ((resource, record),) = sink.wait_for(sink.all_logs)
        assert record.body.string_value == "cart is empty"
        assert record.severity_number == SeverityNumber.WARN.value
        assert attributes(record) == {"user": "ann", "tries": 3}
        assert attributes(resource) == shop

        metrics = sink.wait_for(lambda: len(sink.all_metrics()) == 2 and sink.all_metrics())
        by_name = {metric.name: metric for _, metric in metrics}
        (orders,) = by_name["orders"].sum.data_points
        assert (orders.as_int, attributes(orders)) == (5, {"paid": True})
        (amount,) = by_name["amount"].histogram.data_points
        assert (amount.count, amount.sum) == (1, 0.25)
        assert all(attributes(resource) == shop for resource, _ in metrics)


def test_attributes_are_changed_as_the_file_says(tmp_path):
    config = tmp_path / "agent.yaml"
    config.write_text("""
attributes:
  - {action: hash, scope: log, key: user}
  - {action: upsert, scope: resource, key: team, value: web}
""")
    with OtlpSink() as sink, agent_to(sink, tmp_path, "--config", str(config)) as agent:
        body = (
            '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"},'
            '"attributes":[{"key":"user","value":{"stringValue":"ann"}}]}]}]}]}'
        )
        url = f"http://127.0.0.1:{agent.otlp_http}/v1/logs"
        answer = requests.post(
            url, data=body, headers={"Content-Type": "application/json"}, timeout=10
        )
        assert (answer.status_code, answer.text) == (200, "{}")
        ((resource, record),) = sink.wait_for(sink.all_logs)
        assert record.body.string_value == "hi"
        assert attributes(record)["user"] == hashlib.sha256(b"ann").hexdigest()
        assert attributes(resource) == {"team": "web"}


def test_the_store_takes_no_logs(tmp_path):
    with Clew("store", tmp_path) as store:
        for path in ("/v1/logs", "/v1/metrics"):
            url = f"http://127.0.0.1:{store.otlp_http}{path}"
            answer = requests.post(url, data=b"", timeout=10)
            assert answer.status_code == 404
        with grpc.insecure_channel(f"127.0.0.1:{store.grpc}") as channel:
            try:
                LogsServiceStub(channel).Export(ExportLogsServiceRequest(), timeout=10)
                raise AssertionError("a store that takes logs")
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNIMPLEMENTED
