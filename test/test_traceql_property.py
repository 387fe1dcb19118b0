"""Random TraceQL over random traces: the server answers what the naive evaluator answers."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import time

import pytest
import requests

from clew import BINARY, Clew
from traceql_model import answer, load

SEED = 20_261_127
QUERIES = 5000 if os.environ.get("CLEW_THOROUGH") else 400
START = int(time.time() - 3600) * 10**9  # within retention
MILLI = 10**6


def random_value(dice: random.Random) -> dict:
    """One of a few values of each type, so that comparisons are often true."""
    return dice.choice(
        [
            {"intValue": str(dice.randint(-1, 3))},
            {"doubleValue": dice.choice([0.5, 1.0, 2.5])},
            {"stringValue": dice.choice(["x", "y", "xy", "1"])},
            {"boolValue": dice.random() < 0.5},
            {"arrayValue": {"values": [{"intValue": str(dice.randint(0, 3))} for _ in range(2)]}},
            {"arrayValue": {"values": [{"stringValue": dice.choice("xyz")} for _ in range(2)]}},
        ]
    )


def random_attributes(dice: random.Random) -> list[dict]:
    keys = [key for key in "abc" if dice.random() < 0.5]
    return [{"key": key, "value": random_value(dice)} for key in keys]


def random_trace(dice: random.Random, number: int) -> list[dict]:
    """Spans of one root, or with one whose parent never came."""
    groups = []
    names = []
    for i in range(dice.randint(1, 9)):
        name = f"{'abcdefghijklmno'[number - 1]}{i}"
        start = START + dice.randint(0, 50) * MILLI
        span = {
            "traceId": f"{number:032x}",
            "spanId": f"{number * 256 + i + 1:016x}",
            "name": name,
            "kind": dice.randint(0, 5),
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(start + dice.choice([0, 1, 5, 100]) * MILLI),
            "attributes": random_attributes(dice),
            "status": {"code": dice.randint(0, 2)},
        }
        if i > 0:
            lost = dice.random() < 0.1
            parent = 200 if lost else dice.randint(1, i)
            span["parentSpanId"] = f"{number * 256 + parent:016x}"
        service = {"key": "service.name", "value": {"stringValue": dice.choice(["p", "q"])}}
        resource = {"attributes": [service, *random_attributes(dice)]}
        groups.append({"resource": resource, "scopeSpans": [{"spans": [span]}]})
        names.append(name)
    return groups


def random_operand(dice: random.Random) -> str:
    fields = [f"{scope}.{key}" for scope in ("span", "resource") for key in "abc"]
    fields += [".a", ".b", "resource.service.name", "name", "duration", "span:childCount"]
    fields += ["trace:duration", "kind", "status"]
    constants = ["0", "1", "2", "-1", "0.5", "2.5", '"x"', '"y"', '"1"', '"p"', "5ms", "true"]
    constants += ["false", "error", "ok", "server", "client"]
    return dice.choice(fields if dice.random() < 0.6 else constants)


ORDER = "= != < <= > >="
PLAUSIBLE = [
    ("span.a", ORDER, '0 1 2 0.5 "x" "y"'),
    ("resource.b", ORDER, '0 1 2.5 "xy"'),
    (".c", ORDER, '1 2 "x" "1"'),
    ("span.b", "= !=", "true false nil"),
    ("name", "= != =~ !~", '"a1" "b." ".*2"'),
    ("kind", "= !=", "server client internal"),
    ("status", "= !=", "error ok unset"),
    ("duration", ORDER, "0s 1ms 5ms 100ms 5000000"),
    ("resource.service.name", "= != =~", '"p" "q"'),
    ("span:childCount", ORDER, "0 1 2"),
]


def random_comparison(dice: random.Random) -> str:
    if dice.random() < 0.05:
        return "nestedSetParent < 0"  # of others the model knows the sign only
    if dice.random() < 0.6:
        left, op, right = dice.choice(PLAUSIBLE)
        return f"{left} {dice.choice(op.split())} {dice.choice(right.split())}"
    left = random_operand(dice)
    if dice.random() < 0.1:
        return f"{left} {dice.choice(['=', '!='])} nil"
    if dice.random() < 0.15:
        return f'{left} {dice.choice(["=~", "!~"])} "{dice.choice(["x", "x.*", "[xy]", ".+"])}"'
    if dice.random() < 0.15:
        left = f"{left} {dice.choice('+-*')} {dice.choice(['1', '2', '0.5', 'span.a'])}"
    return f"{left} {dice.choice(['=', '!=', '<', '<=', '>', '>='])} {random_operand(dice)}"


def random_condition(dice: random.Random, depth: int = 2) -> str:
    if depth == 0 or dice.random() < 0.4:
        return random_comparison(dice)
    if dice.random() < 0.15:
        return f"!({random_condition(dice, depth - 1)})"
    left, right = random_condition(dice, depth - 1), random_condition(dice, depth - 1)
    both = f"{left} {dice.choice(['&&', '||'])} {right}"
    return f"({both})" if dice.random() < 0.3 else both


RELATIONS = ["&&", "||", ">", ">>", "<", "<<", "~"]
RELATIONS += ["!>", "!>>", "!<", "!<<", "!~", "&>", "&>>", "&<", "&<<", "&~"]


def random_spanset(dice: random.Random, depth: int = 2) -> str:
    if depth == 0 or dice.random() < 0.5:
        return "{ }" if dice.random() < 0.1 else f"{{ {random_condition(dice)} }}"
    left, right = random_spanset(dice, depth - 1), random_spanset(dice, depth - 1)
    both = f"{left} {dice.choice(RELATIONS)} {right}"
    return f"({both})" if dice.random() < 0.3 else both


def random_query(dice: random.Random) -> str:
    stages = [random_spanset(dice)]
    while dice.random() < 0.35:
        compared = f"{dice.choice(['=', '!=', '<', '>'])} {dice.choice(['1', '2', '3', '5ms'])}"
        argument = dice.choice(["duration", "span.a", ".b", "span.a + 1"])
        stages.append(
            dice.choice(
                [
                    f"count() {compared}",
                    f"{dice.choice(['min', 'max', 'avg', 'sum'])}({argument}) {compared}",
                    f"by({dice.choice(['kind', 'status', 'resource.service.name'])})",
                    "coalesce()",
                    random_spanset(dice, 1),
                ]
            )
        )
    return " | ".join(stages)


def bare(lines: list[str]) -> list[str]:
    """Without the names of groups, which the server has as attributes, and the columns of errors:
    those are the golden suite's."""
    if lines[0].startswith("error"):
        return ["error"]
    return sorted(re.sub(r" \[.*\]:", ":", line) for line in lines)


def asked(server: Clew, query: str, starts: dict[str, tuple]) -> list[str]:
    """The server's answer as the model writes it."""
    params = {"q": query, "spss": 0, "limit": 100}
    answer = server.session.get(server.url("/tempo/api/search"), params=params, timeout=30)
    if answer.status_code == 400:
        assert "column " in answer.text, answer.text
        return ["error"]
    assert answer.status_code == 200, f"{query}: {answer.text}"
    lines = []
    for trace in answer.json()["traces"]:
        for spanset in trace["spanSets"]:
            names = sorted((span["name"] for span in spanset["spans"]), key=starts.__getitem__)
            lines.append(f"t{int(trace['traceID'], 16)}: {' '.join(names)}")
    return sorted(lines) or ["none"]


def fill(server: Clew, request: dict) -> None:
    url = f"http://127.0.0.1:{server.otlp_http}/v1/traces"
    sent = requests.post(url, json=request, timeout=30)
    assert sent.status_code == 200, sent.text


@pytest.mark.parametrize("kept", ["in memory", "in blocks"])
def test_the_server_answers_as_the_model(tmp_path, kept):
    dice = random.Random(SEED)
    request = {"resourceSpans": [g for n in range(1, 10) for g in random_trace(dice, n)]}
    traces = load(request)
    starts = {s.name: (s.start, s.name) for spans in traces.values() for s in spans}
    if kept == "in blocks":
        line = json.dumps(request).encode()
        importing = [BINARY, "store", "import", "--data", tmp_path / "all-in-one-data", "-"]
        subprocess.run(importing, input=line + b"\n", check=True, timeout=60)
    found = 0
    with Clew("all-in-one", tmp_path) as server:
        if kept == "in memory":
            fill(server, request)
        server.wait_for_trace(f"{9:032x}", len(traces[9]))
        for _ in range(QUERIES):
            query = random_query(dice)
            want = bare(answer(query, traces))
            assert asked(server, query, starts) == want, query
            found += want[0].startswith("t")
    assert found > QUERIES / 4, "the queries ask for too little to tell anything"
