"""The naive TraceQL evaluator answers as the golden suite in test/data/traceql says."""

import json

import pytest

from clew import REPO
from traceql_metrics import metrics_answer
from traceql_model import answer, load

DATA = REPO / "test" / "data" / "traceql"


def cases(name):
    """(query, lines of the answer) of each case in a file of the suite."""
    for block in (DATA / name).read_text().split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith("#")]
        query = "\n".join(line[2:] for line in lines if line.startswith("> "))
        if query:
            yield query, [line for line in lines if not line.startswith("> ")]


def column_only(lines):
    """`error 3 ~ word` as `error 3`: the words are for the real one's messages."""
    return [line.split(" ~ ")[0] if line.startswith("error") else line for line in lines]


@pytest.fixture(scope="module")
def traces():
    return load(json.loads((DATA / "fixture.json").read_text()))


def test_searches(traces):
    wrong = [(q, want) for q, want in cases("cases.txt") if answer(q, traces) != column_only(want)]
    assert not wrong


def test_metrics(traces):
    wrong = []
    for query, (question, *want) in cases("metrics.txt"):
        only = want.pop(0).split()[1:] if want[0].startswith("only ") else []
        if metrics_answer(query, question, traces, only) != column_only(want):
            wrong.append((query, question, want))
    assert not wrong


def test_there_is_enough_to_ask():
    assert len(list(cases("cases.txt"))) >= 300
    assert sum(want[0].startswith("error") for _, want in cases("cases.txt")) >= 60
    assert len(list(cases("metrics.txt"))) >= 60
