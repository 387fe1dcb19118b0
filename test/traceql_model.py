"""A naive evaluator of TraceQL over OTLP JSON: what a query answers, with no thought for speed.

It is the model that cases and property tests compare the real one with. Reading queries is in
traceql_parse.py, metrics are in traceql_metrics.py. Rules and their sources:
test/data/traceql/README.md.
"""

import math
import re
from dataclasses import dataclass, field

from traceql_parse import ARITHMETIC, NUMERIC, parse
from traceql_words import QueryError

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")


@dataclass
class Span:
    trace: int
    name: str
    start: int
    end: int
    id: str
    parent: str
    json: dict
    scopes: dict  # "span", "resource", "instrumentation": key -> value
    instrumentation: dict
    all: list = None  # the trace's spans

    def kin(self, other):
        return (
            self is not other
            and self.parent == other.parent
            and self.parent in {s.id for s in self.all}
        )

    def child_of(self, other):
        return self.parent == other.id

    def under(self, other):
        up = {s.id: s for s in self.all}
        at = self
        while at := up.get(at.parent):
            if at is other:
                return True
        return False


@dataclass
class Spanset:
    spans: list
    groups: list = field(default_factory=list)


def value_of(any_value):
    """(type, value) of an AnyValue; arrays are ("array", [(type, value)…])."""
    kind, value = next(iter(any_value.items()))
    if kind == "intValue":
        return ("int", int(value))
    if kind == "arrayValue":
        return ("array", [value_of(v) for v in value.get("values", [])])
    return (
        {"stringValue": "string", "doubleValue": "float", "boolValue": "bool"}.get(kind, "other"),
        value,
    )


def values_of(attributes):
    return {a["key"]: value_of(a["value"]) for a in attributes or []}


def load(request):
    """{trace number: [Span…]} in order of start, then name."""
    traces = {}
    for resource in request["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            instrumentation = scope.get("scope", {})
            for span in scope["spans"]:
                item = Span(
                    int(span["traceId"][-1], 16),
                    span["name"],
                    int(span["startTimeUnixNano"]),
                    int(span["endTimeUnixNano"]),
                    span["spanId"],
                    span.get("parentSpanId", ""),
                    span,
                    {
                        "span": values_of(span.get("attributes")),
                        "resource": values_of(resource["resource"]["attributes"]),
                        "instrumentation": values_of(instrumentation.get("attributes")),
                    },
                    instrumentation,
                )
                traces.setdefault(item.trace, []).append(item)
    for spans in traces.values():
        spans.sort(key=lambda s: (s.start, s.name))
        for span in spans:
            span.all = spans
    return traces


# ---- refusing what can be known to be wrong

COMPARE_TYPES = {
    "string": ("=", "!=", "<", "<=", ">", ">=", "=~", "!~"),
    "bool": ("=", "!=", "&&", "||"),
    "status": ("=", "!="),
    "kind": ("=", "!="),
    **{t: ("=", "!=", "<", "<=", ">", ">=") + ARITHMETIC for t in NUMERIC},
}
UNSUPPORTED = "not yet supported"


def alike(a, b):
    return "attribute" in (a, b) or a == b or (a in NUMERIC and b in NUMERIC)


def check(node):
    """The type of an expression; raises QueryError where it is at fault."""
    if node.op in ("attribute", "intrinsic"):
        if node.value == "parent" or (
            node.op == "attribute" and node.value[0].startswith("parent")
        ):
            raise QueryError(node.column, f"parent is {UNSUPPORTED}", "unsupported")
        return node.type
    if node.op == "literal":
        return node.type
    types = [check(arg) for arg in node.args]
    if node.op == "unary":
        return check_unary(node, types[0])
    op, (left, right) = node.value, types
    if not alike(left, right):
        raise QueryError(node.column, "both sides must be of the same type", "type")
    for side in types:
        if side != "attribute" and op not in COMPARE_TYPES[side]:
            raise QueryError(node.column, f"illegal operation {op} for {side}", "type")
    if op in ("=~", "!~"):
        check_regex(node)
    if op in ARITHMETIC:
        return left if left != "attribute" else right
    return "bool"


def check_regex(node):
    pattern = node.args[1]
    if pattern.op != "literal":
        raise QueryError(node.column, "invalid type: a regular expression must be a text", "type")
    try:
        re.compile(pattern.value)
    except re.error:
        raise QueryError(node.column, "invalid regex", "type") from None


def check_unary(node, inner):
    if node.value == "absent":
        never_absent = ("resource", "service.name")
        if node.args[0].op == "intrinsic" or node.args[0].value == never_absent:
            raise QueryError(node.column, "not valid, it cannot be nil", "type")
    if node.value in ("exists", "absent"):
        return "bool"
    good = inner in NUMERIC if node.value == "-" else inner == "bool"
    if inner != "attribute" and not good:
        raise QueryError(node.column, f"illegal operation {node.value} for {inner}", "type")
    return inner


def names_the_span(node):
    return node.op in ("attribute", "intrinsic") or any(names_the_span(arg) for arg in node.args)


def validate(node):
    if node.op == "filter":
        if check(node.args[0]) not in ("bool", "attribute"):
            raise QueryError(node.args[0].column, "a filter must come to a boolean", "type")
    elif node.op == "by":
        if not names_the_span(node.args[0]):
            raise QueryError(node.column, "by must reference the span", "type")
        check(node.args[0])
    elif node.op == "aggregate":
        if node.args:
            if check(node.args[0]) not in NUMERIC + ("attribute",):
                raise QueryError(node.column, "an aggregate wants a number", "type")
            if not names_the_span(node.args[0]):
                raise QueryError(node.column, "an aggregate must reference the span", "type")
    elif node.op == "scalar":
        for arg in node.args:
            validate(arg)
        if node.args[0].op != "aggregate" or node.args[1].op != "literal":
            raise QueryError(node.column, f"this scalar filter is {UNSUPPORTED}", "unsupported")
    elif node.op in ("select",):
        for arg in node.args:
            check(arg)
    elif node.op not in ("literal",):
        if node.op == "metrics":
            validate_metrics(node)
        for arg in node.args:
            validate(arg)


def validate_metrics(node):
    function = node.value
    if isinstance(function, tuple):
        if function[0] == "k" and function[2] <= 0:
            raise QueryError(function[3], "limit must be greater than 0", "type")
        below = node.args[0].value
        if not isinstance(below, tuple) and not isinstance(below, str) and below.value == "compare":
            raise QueryError(below.column, "compare stands alone", "type")
        return
    most = (
        4 if function.value in ("quantile_over_time", "histogram_over_time", "avg_over_time") else 5
    )
    if len(function.by) > most:
        raise QueryError(
            function.column, f"grouping by so many values is {UNSUPPORTED}", "unsupported"
        )
    for attribute in function.by + ([function.attribute] if function.attribute else []):
        check(attribute)
    if function.value == "quantile_over_time" and any(not 0 <= q <= 1 for q in function.numbers):
        raise QueryError(function.column, "a quantile must be between 0 and 1", "type")
    if function.value == "compare":
        validate(function.args[0])
        top, start, end = (function.numbers + [0, 0])[:3] if function.numbers else (10, 0, 0)
        if top <= 0 or (start or end) and not 0 < start < end:
            raise QueryError(function.column, "compare: bad numbers", "type")


# ---- what a span answers


def intrinsic(span, name):
    """The values of an intrinsic on a span: several for events and links."""
    json = span.json
    if ":" in name:
        scope, what = name.split(":")
        if scope == "event":
            key = {"name": lambda e: ("string", e["name"])}.get(
                what, lambda e: ("duration", int(e["timeUnixNano"]) - span.start)
            )
            return [key(e) for e in json.get("events", [])]
        if scope == "link":
            return [
                ("string", link["traceId" if what == "traceID" else "spanId"])
                for link in json.get("links", [])
            ]
        if scope == "instrumentation":
            return [("string", span.instrumentation[what])] if what in span.instrumentation else []
    roots = [s for s in span.all if not s.parent]
    root = roots[0] if roots else None
    simple = {
        "name": lambda: ("string", span.name),
        "duration": lambda: ("duration", span.end - span.start),
        "status": lambda: ("status", STATUSES[json.get("status", {}).get("code", 0)]),
        "statusMessage": lambda: ("string", json.get("status", {}).get("message", "")),
        "kind": lambda: ("kind", KINDS[json.get("kind", 0)]),
        "rootName": lambda: ("string", root.name),
        "rootServiceName": lambda: root.scopes["resource"]["service.name"],
        "traceDuration": lambda: (
            "duration",
            max(s.end for s in span.all) - min(s.start for s in span.all),
        ),
        "trace:id": lambda: ("string", json["traceId"]),
        "span:id": lambda: ("string", span.id),
        "span:parentID": lambda: ("string", span.parent),
        "childCount": lambda: ("int", sum(s.parent == span.id for s in span.all)),
        "nestedSetParent": lambda: ("int", nested_parent(span)),
    }
    return [simple[name]()]


def nested_parent(span):
    """Only its sign is told: -1 for a root, 0 where the parent is unknown, else 1."""
    return -1 if not span.parent else int(any(s.id == span.parent for s in span.all))


def attribute(span, scope, key):
    if scope in ("event", "link"):
        found = [values_of(e.get("attributes")).get(key) for e in span.json.get(scope + "s", [])]
        return [v for v in found if v]
    scopes = [scope] if scope else ["span", "resource"]
    return [span.scopes[s][key] for s in scopes if key in span.scopes[s]][:1]


def go_regex(pattern, text):
    return re.fullmatch(pattern, text, re.S) is not None


def compare(op, left, right):
    """One scalar comparison of two (type, value)."""
    if not alike(left[0], right[0]):
        return False
    if op not in COMPARE_TYPES.get(left[0], ()) or op not in COMPARE_TYPES.get(right[0], ()):
        return False
    a, b = left[1], right[1]
    if left[0] == "string" and op not in ("=~", "!~"):
        a, b = a.encode(), b.encode()
    return {
        "=": lambda: a == b,
        "!=": lambda: a != b,
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
        "=~": lambda: go_regex(b, a),
        "!~": lambda: not go_regex(b, a),
    }[op]()


def compare_any(op, left, right):
    """With arrays: any element for a positive operator, none for a negative one."""
    if left[0] == "array" and right[0] == "array":
        return False
    if left[0] != "array" and right[0] != "array":
        return compare(op, left, right)
    array, other = (left, right) if left[0] == "array" else (right, left)
    if not array[1] or not alike(array[1][0][0], other[0]):
        return False
    results = [compare(op, e, other) if array is left else compare(op, other, e) for e in array[1]]
    return all(results) if op in ("!=", "!~") else any(results)


def arithmetic(op, left, right):
    if left is None or right is None or left[0] not in NUMERIC or right[0] not in NUMERIC:
        return None
    a, b = left[1], right[1]
    if left[0] == right[0] == "int":
        if op in "/%":
            quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
            return ("int", quotient if op == "/" else a - b * quotient)
        return ("int", {"+": a + b, "-": a - b, "*": a * b, "^": a**b if op == "^" else 0}[op])
    a, b = float(a), float(b)
    if op == "/" and b == 0:
        return ("float", math.nan if a == 0 else math.copysign(math.inf, a))
    return (
        "float",
        {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}.get(
            op, (lambda: math.fmod(a, b)) if op == "%" else lambda: a**b
        )(),
    )


def values(node, span):
    """All values of an expression on a span: several for events and links, none if absent."""
    if node.op == "literal":
        return [(node.type, node.value)]
    if node.op == "intrinsic":
        return intrinsic(span, node.value)
    if node.op == "attribute":
        return attribute(span, *node.value)
    if node.op == "unary" and node.value in ("exists", "absent"):
        return [("bool", bool(values(node.args[0], span)) == (node.value == "exists"))]
    sides = [values(arg, span) for arg in node.args]
    if node.op == "unary":
        return [(t, not v if node.value == "!" else -v) for t, v in sides[0]]
    op = node.value
    if op in ("&&", "||"):
        a, b = (any(v == ("bool", True) for v in side) for side in sides)
        return [("bool", a and b if op == "&&" else a or b)]
    pairs = [(a, b) for a in sides[0] for b in sides[1]]
    if op in ARITHMETIC:
        return [v for a, b in pairs if (v := arithmetic(op, a, b))]
    if "trace:id" in (node.args[0].value, node.args[1].value) and op in ("=", "!="):
        pairs = [(("string", a[1].lstrip("0")), ("string", b[1].lstrip("0"))) for a, b in pairs]
    return [("bool", any(compare_any(op, a, b) for a, b in pairs))]


def holds(node, span):
    return any(v == ("bool", True) for v in values(node, span))


# ---- pipelines


def related(op, left, right):
    """Whether span `right` stands to span `left` as the structural operator says."""
    return {
        ">": lambda: right.child_of(left),
        ">>": lambda: right.under(left),
        "<": lambda: left.child_of(right),
        "<<": lambda: left.under(right),
        "~": lambda: left.kin(right),
    }[op]()


def join(op, left, right):
    if op == "&&":
        return left + right if left and right else []
    if op == "||":
        return left + right
    base = op.lstrip("!&")
    if op[0] == "!":
        return [r for r in right if not any(related(base, x, r) for x in left)]
    out = [r for r in right if any(related(base, x, r) for x in left)]
    if op[0] == "&":
        out += [x for x in left if any(related(base, x, r) for r in right)]
    return out


def ordered(spans):
    return sorted({id(s): s for s in spans}.values(), key=lambda s: (s.start, s.name))


def run(node, spansets):
    """The spansets that come out of a pipeline's element."""
    if node.op == "pipeline":
        for element in node.args:
            spansets = [s for s in run(element, spansets) if s.spans]
        return spansets
    if node.op == "filter":
        return [
            Spanset([s for s in ss.spans if holds(node.args[0], s)], ss.groups) for ss in spansets
        ]
    if node.op == "spansets":
        out = []
        for ss in spansets:
            left, right = ([s for x in run(arg, [ss]) for s in x.spans] for arg in node.args)
            out.append(Spanset(ordered(join(node.value, left, right)), ss.groups))
        return out
    if node.op == "by":
        return [group for ss in spansets for group in grouped(node, ss)]
    if node.op == "coalesce":
        return [Spanset(ordered([s for ss in spansets for s in ss.spans]))]
    if node.op == "select":
        return spansets
    return [ss for ss in spansets if scalar_holds(node, ss)]


def grouped(node, spanset):
    groups = {}
    for span in spanset.spans:
        key = (values(node.args[0], span) or [("nil", None)])[0]
        groups.setdefault(key, []).append(span)
    return [Spanset(spans, spanset.groups + [(node.value, key)]) for key, spans in groups.items()]


def scalar_holds(node, spanset):
    function, literal = node.args
    if function.value == "count":
        return compare(node.value, ("int", len(spanset.spans)), (literal.type, literal.value))
    found = [v[0] for s in spanset.spans if (v := values(function.args[0], s))]
    found = [v for v in found if v[0] in NUMERIC]
    if not found:
        return False
    kind, numbers = found[0][0], [v for _, v in found]
    result = {"min": min, "max": max, "sum": sum, "avg": lambda n: sum(n) / len(n)}[function.value](
        numbers
    )
    if function.value == "avg" and kind == "duration":
        result = sum(numbers) // len(numbers)
    return compare(
        node.value,
        ("float" if function.value == "avg" and kind == "int" else kind, result),
        (literal.type, literal.value),
    )


def compiled(query):
    node = parse(query)
    validate(node)
    return node


def search(query, traces):
    """[(trace number, Spanset)…] of a search query; raises QueryError where it must be refused."""
    node = compiled(query)
    out = []
    for number in sorted(traces):
        out += [(number, ss) for ss in run(node, [Spanset(list(traces[number]))]) if ss.spans]
    return out


# ---- how answers are written


def go_duration(ns):
    if ns == 0:
        return "0s"
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    for unit, size in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
        if ns < size * 1000:
            return sign + shortest(ns / size) + unit
    hours, rest = divmod(ns, 3600 * 10**9)
    minutes, rest = divmod(rest, 60 * 10**9)
    text = f"{hours}h" if hours else ""
    return sign + text + (f"{minutes}m" if hours or minutes else "") + shortest(rest / 10**9) + "s"


def shortest(number):
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(float(number))


def written(value):
    kind, v = value
    if kind == "duration":
        return go_duration(v)
    if kind == "float":
        return shortest(v)
    if kind == "array":
        return "[" + ", ".join(written(e) for e in v) + "]"
    return {"bool": str(v).lower(), "nil": "nil"}.get(kind, str(v))


def selected(node):
    return [attr for element in node.args if element.op == "select" for attr in element.args]


def answer(query, traces):
    """The lines that cases.txt writes for a search query."""
    try:
        found = search(query, traces)
        node = compiled(query)
    except QueryError as error:
        return [f"error {error.column}"]
    columns = selected(node) if node.op == "pipeline" else []
    lines = []
    for number, spanset in found:
        head = f"t{number}" + "".join(
            f" [by({text})={written(value)}]" for text, value in spanset.groups
        )
        names = []
        for span in spanset.spans:
            told = [f"{c.text}={written(v[0])}" for c in columns if (v := values(c, span))]
            names.append(span.name + ("{" + ",".join(told) + "}" if columns else ""))
        lines.append((number, f"{head}: {' '.join(names)}"))
    return [line for _, line in sorted(lines)] or ["none"]
