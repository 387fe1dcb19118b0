"""The verdict over answers and traces, with answers and traces made up."""

from __future__ import annotations

import unittest
from unittest import mock

import check
import spans
from client import Sent
from expected import expected_tree
from fake_traces import body_of, spans_in
from topology import EDGES, edge

AMS = edge("edge-ams")
JOB = check.Job("request 1", 0, "GET", "/", "127.0.0.1", {})


def answered(trace_id: str | None, status: int = 200) -> Sent:
    return Sent(AMS, "GET", "/", "127.0.0.1", status, trace_id)


class AnswerProblems(unittest.TestCase):
    def problems(self, *sent: Sent | OSError) -> list[str]:
        return check.answer_problems([JOB] * len(sent), list(sent))

    def test_good_answers_with_ids_of_their_own_have_none(self) -> None:
        self.assertEqual(self.problems(answered("a" * 32), answered("b" * 32)), [])

    def test_the_same_id_twice(self) -> None:
        self.assertEqual(len(self.problems(answered("a" * 32), answered("a" * 32))), 1)

    def test_no_answer_no_id_bad_ids_and_bad_status(self) -> None:
        bad = (OSError("refused"), answered(None), answered("a" * 31), answered("0" * 32),
               answered("A" * 32), answered("a" * 32, status=503))
        for one in bad:
            self.assertEqual(len(self.problems(one)), 1, one)

    def test_an_id_that_the_client_chose(self) -> None:
        self.assertEqual(len(self.problems(answered(check.CLIENTS_TRACE))), 1)


class PlanJobs(unittest.TestCase):
    def test_both_edges_and_every_endpoint_get_plain_requests_and_each_kind_of_hostile_ones(
            self) -> None:
        jobs = check.plan_jobs()
        plain = [job for job in jobs if not job.headers]
        self.assertEqual(len(plain), check.PLAIN_REQUESTS)
        self.assertEqual({job.edge_index for job in plain}, set(range(len(EDGES))))
        self.assertEqual({job.path.split("/")[1] for job in plain}, {"", "product", "cart"})
        for _, headers in check.HOSTILE_HEADERS:
            same = [job for job in jobs if job.headers == headers]
            self.assertEqual(len(same), check.HOSTILE_ROUNDS)
            self.assertEqual({job.edge_index for job in same}, {0, 1})


class Judge(unittest.TestCase):
    def setUp(self) -> None:
        self.trace_id = "c" * 32
        expected = expected_tree(AMS, "GET", "/", "127.0.0.1")
        self.case = check.Case(JOB, answered(self.trace_id), expected)
        self.body = body_of(expected, self.trace_id)

    def judge(self, fetch: object) -> bool:
        with mock.patch.object(spans, "fetch", fetch):
            return check.judge(self.case)

    def test_a_trace_that_is_there_is_good(self) -> None:
        self.assertTrue(self.judge(lambda _: spans.parse(self.body)))
        self.assertEqual(self.case.problem, "")

    def test_a_trace_that_is_not_there_is_not(self) -> None:
        self.assertFalse(self.judge(lambda _: None))
        self.assertIn("does not know this trace", "\n".join(check.report(self.case)))

    def test_an_api_that_fails_is_not(self) -> None:
        self.assertFalse(self.judge(mock.Mock(side_effect=spans.TraceApiError("answered 500"))))
        self.assertIn("answered 500", self.case.problem)

    def test_the_report_shows_request_trace_hop_and_both_trees(self) -> None:
        del spans_in(self.body)[-1]
        self.assertFalse(self.judge(lambda _: spans.parse(self.body)))
        text = "\n".join(check.report(self.case))
        for part in ("request 1", self.trace_id, "expected the child inventory-sidecar SERVER",
                     "edge SERVER [edge-ams]", "<-- here"):
            self.assertIn(part, text)

    def test_a_judgement_is_made_anew_each_time(self) -> None:
        self.assertFalse(self.judge(lambda _: None))
        self.assertTrue(self.judge(lambda _: spans.parse(self.body)))
        spans_in(self.body).append(dict(spans_in(self.body)[0], spanID="e" * 16))
        self.assertFalse(self.judge(lambda _: spans.parse(self.body)))


if __name__ == "__main__":
    unittest.main()
