"""The same question in each API's words, and reading what comes back."""

from __future__ import annotations

import json
import unittest
from urllib.parse import parse_qs, urlsplit

import dialects
from dialects import Question
from load import parse_sample
from queries import app_id

QUESTION = Question(1_000_000, 9_000_000, service="edge", operation="GET /a",
                    tags={"app_id": "app-1"})


def parameters(path: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(path).query)


class Asking(unittest.TestCase):
    def test_clew_takes_tags_and_conditions_one_by_one(self) -> None:
        QUESTION.where.append('span.http.url=~"a b"')
        asked = parameters(dialects.clew_search(QUESTION))
        QUESTION.where.clear()
        self.assertEqual(asked["tag"], ["app_id=app-1"])
        self.assertEqual(asked["where"], ['span.http.url=~"a b"'])
        self.assertEqual((asked["start"], asked["end"]), (["1000000"], ["9000000"]))

    def test_jaeger_takes_tags_as_json_and_always_a_service(self) -> None:
        asked = parameters(dialects.jaeger_search(QUESTION))
        self.assertEqual(json.loads(asked["tags"][0]), {"app_id": "app-1"})
        self.assertEqual(parameters(dialects.jaeger_search(Question(1, 2)))["service"], ["edge"])

    def test_zipkin_takes_milliseconds_back_from_the_end(self) -> None:
        asked = parameters(dialects.zipkin_search(QUESTION))
        self.assertEqual((asked["endTs"], asked["lookback"]), (["9000"], ["8000"]))
        self.assertEqual(asked["annotationQuery"], ["app_id=app-1"])


class Reading(unittest.TestCase):
    def test_clew_says_when_it_was_cut_short(self) -> None:
        self.assertEqual(dialects.read_clew(b'{"traces": [{}], "complete": false}'), (1, False))

    def test_jaeger_says_so_in_errors(self) -> None:
        self.assertEqual(dialects.read_jaeger(b'{"data": [{}, {}], "errors": null}'), (2, True))
        self.assertEqual(dialects.read_jaeger(b'{"data": null, "errors": [{}]}'), (0, False))
        self.assertEqual(
            dialects.spans_of_jaeger(b'{"data": [{"spans": [{}, {}, {}]}], "errors": null}'),
            (3, True))

    def test_the_sample_of_traces_that_the_generator_wrote(self) -> None:
        self.assertEqual(parse_sample("0a 5\n0b 1\n"), {"0a": 5, "0b": 1})


class Workload(unittest.TestCase):
    def test_apps_are_named_as_the_generator_names_them(self) -> None:
        self.assertEqual(app_id(0), "app-00000000")
        self.assertEqual(app_id(1), "app-1e3779b1")


if __name__ == "__main__":
    unittest.main()
