"""A real Kafka broker, one node in KRaft mode, as tools/setup fetched it."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import time

import kafka
from kafka.admin import KafkaAdminClient, NewTopic

from clew import REPO, free_port

JARS = REPO / ".deps" / "kafka"
MOST = 16 << 20  # bytes of one message
USER, PASSWORD = "clew", "s3cret"


class KafkaBroker:
    """Listens without and with SASL/PLAIN on ports of 127.0.0.1."""

    def __init__(self, directory: pathlib.Path):
        self.directory = directory
        self.port, self.sasl_port, controller = free_port(), free_port(), free_port()
        self.log = directory / "kafka.log"
        self.properties = directory / "server.properties"
        login = (
            "org.apache.kafka.common.security.plain.PlainLoginModule required "
            f'user_{USER}="{PASSWORD}";'
        )
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},SASL_PLAINTEXT://127.0.0.1:"
            f"{self.sasl_port},CONTROLLER://127.0.0.1:{controller}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,"
            "SASL_PLAINTEXT:SASL_PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config": login,
            "log.dirs": directory / "data",
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "offsets.topic.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
        }
        self.properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        self._java("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg",
                   "-c", str(self.properties)).wait(timeout=60)  # fmt: skip
        self.process = None

    def _java(self, *args: str) -> subprocess.Popen:
        command = ["java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}/*", *args]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.directory)

    def __enter__(self) -> KafkaBroker:
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = self._java("kafka.Kafka", str(self.properties))
        deadline = time.monotonic() + 60
        while True:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            try:
                KafkaAdminClient(bootstrap_servers=self.address).close()
                return
            except (kafka.errors.KafkaError, OSError):
                time.sleep(0.2)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def make_topics(self, *names: str, partitions: int = 3, **settings: str) -> None:
        admin = KafkaAdminClient(bootstrap_servers=self.address)
        admin.create_topics(
            [NewTopic(name, partitions, 1, topic_configs=settings) for name in names]
        )
        admin.close()

    def produce(self, topic: str, *values: bytes) -> None:
        producer = kafka.KafkaProducer(bootstrap_servers=self.address, max_request_size=MOST)
        for value in values:
            producer.send(topic, value)
        producer.flush()
        producer.close()

    def messages(self, topic: str, count: int) -> list:
        """The first messages of the topic, keys and headers with them."""
        consumer = kafka.KafkaConsumer(
            topic, bootstrap_servers=self.address, auto_offset_reset="earliest",
            consumer_timeout_ms=20_000,
        )  # fmt: skip
        found = []
        for message in consumer:
            found.append(message)
            if len(found) == count:
                break
        consumer.close()
        return found

    def committed(self, topic: str, group: str = "clew") -> int:
        """How many messages of the topic the group has committed."""
        consumer = kafka.KafkaConsumer(bootstrap_servers=self.address, group_id=group)
        partitions = consumer.partitions_for_topic(topic)
        offsets = [consumer.committed(kafka.TopicPartition(topic, number)) for number in partitions]
        consumer.close()
        return sum(offset or 0 for offset in offsets)
