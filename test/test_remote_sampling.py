"""Jaeger's clients are told how to sample, in the shapes they know."""

import json
import pathlib
import subprocess

import grpc
import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from clew import REPO, Clew, free_port

STRATEGIES = {
    "service_strategies": [
        {"service": "pay", "type": "probabilistic", "param": 0.5},
        {"service": "search", "type": "ratelimiting", "param": 42},
    ],
    "default_strategy": {
        "type": "probabilistic",
        "param": 0.25,
        "operation_strategies": [{"operation": "/health", "type": "probabilistic", "param": 0}],
    },
}
BY_OPERATION = {
    "defaultSamplingProbability": 0.25,
    "defaultLowerBoundTracesPerSecond": 0,
    "perOperationStrategies": [
        {"operation": "/health", "probabilisticSampling": {"samplingRate": 0}}
    ],
    "defaultUpperBoundTracesPerSecond": 0,
}


class Sampling:
    """An agent that answers about sampling."""

    def __init__(self, directory):
        self.file = directory / "strategies.json"
        self.file.write_text(json.dumps(STRATEGIES))
        self.http, self.grpc = free_port(), free_port()
        config = directory / "agent.yaml"
        config.write_text(
            f"""
remote_sampling:
  http: 127.0.0.1:{self.http}
  grpc: 127.0.0.1:{self.grpc}
  strategies_file: {self.file}
"""
        )
        endpoint = f"127.0.0.1:{free_port()}"  # nothing is sent
        options = ("--config", str(config), "--exporter-otlp-endpoint", endpoint)
        self.agent = Clew("agent", directory, *options)

    def get(self, path: str):
        return self.agent.session.get(f"http://127.0.0.1:{self.http}{path}", timeout=10)


@pytest.fixture(scope="module")
def sampling(tmp_path_factory):
    sampling = Sampling(tmp_path_factory.mktemp("sampling"))
    with sampling.agent:
        yield sampling


def test_http_answers_as_jaeger(sampling):
    for path in ("/sampling", "/"):
        answer = sampling.get(f"{path}?service=search")
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json() == {
            "strategyType": "RATE_LIMITING",
            "rateLimitingSampling": {"maxTracesPerSecond": 42},
            "operationSampling": BY_OPERATION,
        }
    assert sampling.get("/sampling?service=unknown").json() == {
        "strategyType": "PROBABILISTIC",
        "probabilisticSampling": {"samplingRate": 0.25},
        "operationSampling": BY_OPERATION,
    }


def test_http_wants_one_service(sampling):
    for query in ("", "?service=a&service=b"):
        answer = sampling.get(f"/sampling{query}")
        assert answer.status_code == 400
        assert "'service' parameter must be provided once" in answer.text


@pytest.mark.parametrize("path", ["/sampling", "/"])
def test_jaegers_node_client_follows(sampling, path):
    client = REPO / "test" / "sdk" / "jaeger_sampler.mjs"
    done = subprocess.run(
        ["node", client, "pay", str(sampling.http), path],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["sampler"].startswith("PerOperationSampler")
    ((operation, rate),) = told["rates"]
    assert operation == "/health" and "samplingRate=0," in rate
    assert "samplingRate=0.5" in told["fallback"]


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """The official messages of jaeger.api_v2.SamplingManager, by name."""
    protos = REPO / ".deps" / "protos"
    google = pathlib.Path(annotations_pb2.__file__).parents[2]  # has the protos it imports
    compiled = tmp_path_factory.mktemp("protos") / "sampling.pb"
    subprocess.run(
        ["protoc", f"-I{protos}", f"-I{google}", f"--descriptor_set_out={compiled}", 
         "--include_imports", "jaeger/api_v2/sampling.proto"],
        check=True,
    )  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(compiled.read_bytes()).file:
        pool.Add(file)
    return lambda name: message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"jaeger.api_v2.{name}")
    )


def test_grpc_answers_with_jaegers_messages(sampling, messages):
    response = messages("SamplingStrategyResponse")
    with grpc.insecure_channel(f"127.0.0.1:{sampling.grpc}") as channel:
        ask = channel.unary_unary(
            "/jaeger.api_v2.SamplingManager/GetSamplingStrategy",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )

        def strategy(service: str):
            return ask(messages("SamplingStrategyParameters")(serviceName=service), timeout=20)

        search = strategy("search")
        assert search.strategyType == 1
        assert search.rateLimitingSampling.maxTracesPerSecond == 42
        pay = strategy("pay")
        assert pay.strategyType == 0
        assert pay.probabilisticSampling.samplingRate == 0.5
        (health,) = pay.operationSampling.perOperationStrategies
        assert health.operation == "/health"
        assert health.probabilisticSampling.samplingRate == 0
        assert pay.operationSampling.defaultSamplingProbability == 0.5
