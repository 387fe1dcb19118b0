"""The checker itself is checked: a whole trace passes, and every way of breaking it is found."""

from __future__ import annotations

import copy
import unittest

import compare
import spans
from expected import expected_tree
from fake_traces import Json, body_of, spans_in
from topology import edge

TRACE_ID = "5f2c1e0d9b8a47766554433221100fee"
EXPECTED = expected_tree(edge("edge-nyc"), "GET", "/cart/checkout", "127.0.3.4")
SPAN_COUNT = len(EXPECTED.walk())


def judge(body: Json) -> compare.Difference | None:
    trace = spans.parse(body)
    assert trace is not None
    return compare.compare(EXPECTED, trace, TRACE_ID)


class Compare(unittest.TestCase):
    def setUp(self) -> None:
        self.body = body_of(EXPECTED, TRACE_ID)
        self.spans = spans_in(self.body)

    def test_a_whole_trace_passes(self) -> None:
        self.assertIsNone(judge(self.body))

    def test_spans_may_arrive_in_any_order(self) -> None:
        self.spans.reverse()
        self.assertIsNone(judge(self.body))

    def test_any_missing_span_is_found(self) -> None:
        for index in range(SPAN_COUNT):
            body = copy.deepcopy(self.body)
            del spans_in(body)[index]
            self.assertIsNotNone(judge(body), f"span {index} is missing and nobody noticed")

    def test_any_span_with_another_parent_is_found(self) -> None:
        for index in range(1, SPAN_COUNT):
            for other in range(SPAN_COUNT):
                body = copy.deepcopy(self.body)
                reference = spans_in(body)[index]["references"][0]
                right, wrong = reference["spanID"], spans_in(body)[other]["spanID"]
                if wrong == right:
                    continue
                reference["spanID"] = wrong
                self.assertIsNotNone(judge(body), f"span {index} hangs below {other}")

    def test_any_span_without_its_parent_reference_is_found(self) -> None:
        for index in range(1, SPAN_COUNT):
            body = copy.deepcopy(self.body)
            spans_in(body)[index]["references"] = []
            self.assertIsNotNone(judge(body))

    def test_any_span_that_came_twice_is_found(self) -> None:
        for index in range(SPAN_COUNT):
            body = copy.deepcopy(self.body)
            spans_in(body).append(copy.deepcopy(spans_in(body)[index]))
            self.assertIsNotNone(judge(body), f"span {index} is there twice")

    def test_any_lost_or_changed_tag_is_found(self) -> None:
        for index, hop in enumerate(EXPECTED.walk()):
            for key in ("span.kind", *hop.tags):
                for change in ("lose", "change"):
                    body = copy.deepcopy(self.body)
                    tags = spans_in(body)[index]["tags"]
                    place = next(i for i, tag in enumerate(tags) if tag["key"] == key)
                    if change == "lose":
                        del tags[place]
                    else:
                        tags[place]["value"] = "other"
                    self.assertIsNotNone(judge(body), f"{change} {key} of span {index}")

    def test_any_lost_or_changed_resource_attribute_is_found(self) -> None:
        processes = list(self.body["data"][0]["processes"].values())
        for process, hop in zip(processes, EXPECTED.walk(), strict=True):
            self.assertTrue(hop.process_tags)
            for tag in process["tags"]:
                right = tag["value"]
                for key, value in ((tag["key"], "other"), ("other", right)):
                    before = dict(tag)
                    tag.update(key=key, value=value)
                    self.assertIsNotNone(judge(self.body), f"{before} became {tag}")
                    tag.update(before)

    def test_any_span_of_a_foreign_service_is_found(self) -> None:
        for process in self.body["data"][0]["processes"].values():
            right = process["serviceName"]
            process["serviceName"] = "foreign"
            self.assertIsNotNone(judge(self.body))
            process["serviceName"] = right

    def test_calls_in_the_wrong_order_are_found(self) -> None:
        calls = [span for span, hop in zip(self.spans, EXPECTED.walk())
                 if hop.service == "checkout" and hop.kind == "client"]
        first, second = calls
        first["startTime"], second["startTime"] = second["startTime"], first["startTime"]
        self.assertIsNotNone(judge(self.body))

    def test_another_operation_name_of_an_envoy_is_found(self) -> None:
        self.spans[0]["operationName"] = "ingress"
        self.assertIsNotNone(judge(self.body))

    def test_a_trace_with_another_id_is_found(self) -> None:
        other = body_of(EXPECTED, "0" * 31 + "1")
        self.assertIsNotNone(judge(other))

    def test_the_difference_says_where_what_and_instead_of_what(self) -> None:
        gateway_client = 3  # edge SERVER, edge CLIENT, gateway SERVER, gateway CLIENT
        del self.spans[gateway_client]
        text = str(judge(self.body))
        self.assertIn("at gateway SERVER [gateway-was]", text)
        self.assertIn("expected the child gateway CLIENT [gateway-was]", text)
        self.assertIn("found nothing", text)

    def test_the_pictures_mark_the_place(self) -> None:
        del self.spans[3]
        difference = judge(self.body)
        trace = spans.parse(self.body)
        assert trace is not None
        missing = [line for line in compare.draw_expected(EXPECTED, difference) if "here" in line]
        self.assertEqual(len(missing), 1)
        self.assertIn("gateway CLIENT", missing[0])
        found = "\n".join(compare.draw_found(trace, difference))
        self.assertIn("?? a parent 0000000000000004 that is not there", found)
        self.assertIn("frontend-sidecar SERVER", found)


class Parse(unittest.TestCase):
    def test_an_empty_answer_is_no_trace(self) -> None:
        self.assertIsNone(spans.parse({"data": []}))

    def test_an_answer_of_another_shape_is_an_error_and_not_a_trace(self) -> None:
        bodies: list[Json] = [{}, {"data": [{}]},
                              {"data": [{"traceID": TRACE_ID, "spans": [{}]}]}]
        for body in bodies:
            with self.assertRaises(spans.TraceApiError):
                spans.parse(body)

    def test_a_span_of_another_trace_is_an_error(self) -> None:
        body = body_of(EXPECTED, TRACE_ID)
        spans_in(body)[4]["traceID"] = "f" * 32
        with self.assertRaises(spans.TraceApiError):
            spans.parse(body)


if __name__ == "__main__":
    unittest.main()
