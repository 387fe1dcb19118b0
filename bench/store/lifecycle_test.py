"""The request that asks whether a span is visible is what OTLP and Zipkin servers take."""

from __future__ import annotations

import json
import unittest

import lifecycle


class Requests(unittest.TestCase):
    def test_the_official_library_reads_the_otlp_one(self) -> None:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        value = "v" * 150  # its message's length takes two bytes
        request = ExportTraceServiceRequest()
        request.ParseFromString(lifecycle.otlp_request("edge", "bench.id", value, 5_000_000))
        (resource_spans,) = request.resource_spans
        (service,) = resource_spans.resource.attributes
        self.assertEqual((service.key, service.value.string_value), ("service.name", "edge"))
        (span,) = resource_spans.scope_spans[0].spans
        self.assertEqual((len(span.trace_id), len(span.span_id)), (16, 8))
        times = (span.start_time_unix_nano, span.end_time_unix_nano)
        self.assertEqual(times, (4_000_000, 5_000_000))
        self.assertEqual(span.attributes[0].value.string_value, value)

    def test_the_zipkin_one_says_the_same(self) -> None:
        (span,) = json.loads(lifecycle.zipkin_request("edge", "bench.id", "v", 5_000_000))
        self.assertEqual((span["timestamp"], span["duration"]), (4000, 1000))
        self.assertEqual(span["tags"], {"bench.id": "v"})


if __name__ == "__main__":
    unittest.main()
