"""The metrics half of the naive TraceQL evaluator: series of points from the spans selected.

The rules, with their sources, stand at the top of test/data/traceql/metrics.txt.
"""

import math

from traceql_model import (
    Spanset,
    compiled,
    holds,
    run,
    shortest,
    values,
    written,
)
from traceql_parse import NUMERIC, Node
from traceql_words import QueryError, duration_of

SECOND = 10**9


class Clock:
    """The intervals of a question, (start, start+step] …, each known by its right end."""

    def __init__(self, start, end, step=None):
        self.start, self.end = start * SECOND, end * SECOND
        self.step = step or self.end - self.start
        if step:
            self.start = self.start // step * step - step  # one interval is added in front
            self.end = -(-self.end // step) * step
        self.count = (self.end - self.start) // self.step

    def interval(self, time):
        """The number of the interval that a time falls in, or None."""
        inside = self.start < time <= self.end
        return (time - self.start - 1) // self.step if inside else None

    def point(self, i):
        return (self.start + (i + 1) * self.step) / SECOND


def number_of(attribute, span):
    """What an over-time function sees: seconds of a duration, else a number; None where none is."""
    found = [v for v in values(attribute, span) if v[0] in NUMERIC]
    if not found:
        return None
    kind, value = found[0]
    return value / SECOND if kind == "duration" else value


def bucket_of(attribute, span):
    """The upper end of the power-of-two bucket of a value, or None where it counts in none."""
    found = [v for v in values(attribute, span) if v[0] in ("int", "duration")]
    if not found or found[0][1] < 2:
        return None
    kind, value = found[0]
    end = 1 << (value - 1).bit_length()
    return end / SECOND if kind == "duration" else float(end)


def label_name(attribute):
    return attribute.value if attribute.op == "intrinsic" else attribute.text


def group_labels(by, span):
    labels = {label_name(a): v[0] for a in by if (v := values(a, span))}
    if by and not labels:
        labels = {label_name(by[0]): ("nil", None)}
    return tuple(sorted((name, written(value)) for name, value in labels.items()))


def observed(node, traces, clock):
    """(interval, span) of every span that the pipeline under a metrics function lets through."""
    for number in sorted(traces):
        for spanset in run(node.args[0], [Spanset(list(traces[number]))]):
            for span in spanset.spans:
                if (i := clock.interval(span.start)) is not None:
                    yield i, span


def collect(function, spans, clock, with_bucket):
    """{labels: [values of each interval]}; with_bucket puts __bucket into the labels."""
    series = {}
    for i, span in spans:
        labels = group_labels(function.by, span)
        seen = None
        if with_bucket:
            seen = bucket_of(function.attribute, span)
            if seen is None:
                continue
            labels += (("__bucket", seen),)
        elif function.attribute:
            seen = number_of(function.attribute, span)
        if not function.by and not with_bucket:
            labels = (("__name__", function.value),)
        series.setdefault(labels, [[] for _ in range(clock.count)])[i].append(seen)
    return series


def first_stage(node, traces, clock):
    function = node.value
    if function.value == "compare":
        return compare_series(function, observed(node, traces, clock), clock)
    histogram = function.value in ("histogram_over_time", "quantile_over_time")
    series = collect(function, observed(node, traces, clock), clock, histogram)
    if function.value == "quantile_over_time":
        return quantiles(function.numbers, series, clock)
    reduce = {
        "rate": lambda v: len(v) / (clock.step / SECOND),
        "count_over_time": len,
        "histogram_over_time": len,
        "min_over_time": lambda v: min(v, default=None),
        "max_over_time": lambda v: max(v, default=None),
        "sum_over_time": lambda v: sum(v) if v else None,
        "avg_over_time": lambda v: sum(v) / len(v) if v else None,
    }[function.value]
    if function.attribute and not histogram:
        series = {k: [[x for x in v if x is not None] for v in vs] for k, vs in series.items()}
    out = {}
    for labels, points in series.items():
        if histogram:
            labels = tuple((k, shortest(v) if k == "__bucket" else v) for k, v in labels)
        out[tuple(sorted(labels))] = [reduce(v) for v in points]
    return out


def log2_quantile(q, buckets):
    """Of [(upper end, count)…] in order: a quantile between powers of two, as Tempo reckons it."""
    total = sum(count for _, count in buckets)
    want, taken = max(1, math.ceil(q * total)), 0
    for i, (end, count) in enumerate(buckets):
        if taken + count > want:
            break
        taken += count
        if taken == want:
            return end
    high = math.log2(end)
    low = math.log2(buckets[i - 1][0]) if i else high - 1
    return 2 ** (low + (high - low) * (want - taken) / count)


def quantiles(numbers, series, clock):
    grouped = {}
    for labels, points in series.items():
        bucket = dict(labels)["__bucket"]
        rest = tuple(label for label in labels if label[0] != "__bucket")
        for i, seen in enumerate(points):
            if seen:
                histogram = grouped.setdefault(rest, [{} for _ in range(clock.count)])[i]
                histogram[bucket] = histogram.get(bucket, 0) + len(seen)
    return {
        tuple(sorted(rest + (("p", shortest(q)),))): [
            log2_quantile(q, sorted(h.items())) if h else 0.0 for h in histograms
        ]
        for rest, histograms in grouped.items()
        for q in numbers
    }


def every_attribute(span):
    for scope in ("resource", "span"):
        for key, value in span.scopes[scope].items():
            yield f"{scope}.{key}", written(value)
    for name in ("name", "kind", "status"):
        yield name, written(values(Node("intrinsic", 0, name), span)[0])


def compare_series(function, spans, clock):
    times = function.numbers[1:] or [-math.inf, math.inf]
    series = {}
    for i, span in spans:
        chosen = times[0] <= span.start < times[1] and holds(function.args[0].args[0], span)
        side = "selection" if chosen else "baseline"
        for name, value in every_attribute(span):
            for meta, text in ((side, value), (side + "_total", "nil")):
                key = tuple(sorted((("__meta_type", meta), (name, text))))
                series.setdefault(key, [0] * clock.count)[i] += 1
    shown = frequent_values(series, int(function.numbers[0]) if function.numbers else 10)
    return {
        key: counts
        for key, counts in series.items()
        if dict(key)["__meta_type"].endswith("_total") or value_of(key) in shown
    }


def value_of(key):
    """The attribute and its value that a series of compare() is of."""
    return next(label for label in key if label[0] != "__meta_type")


def frequent_values(series, most):
    """Those that are among the `most` frequent of either side."""
    by_attribute = {}
    for key, counts in series.items():
        side, (name, value) = dict(key)["__meta_type"], value_of(key)
        if not side.endswith("_total"):
            by_attribute.setdefault((side, name), []).append((-sum(counts), value))
    return {
        (name, value)
        for (_, name), values in by_attribute.items()
        for _, value in sorted(values, key=lambda each: (each[0], str(each[1])))[:most]
    }


def threshold(op, limit, series):
    good = {
        "=": lambda v: v == limit,
        "!=": lambda v: v != limit,
        "<": lambda v: v < limit,
        "<=": lambda v: v <= limit,
        ">": lambda v: v > limit,
        ">=": lambda v: v >= limit,
    }[op]
    return {k: [v if v is not None and good(v) else None for v in vs] for k, vs in series.items()}


def top(which, k, series, clock):
    if len(series) <= k:
        return series
    out = {}
    for i in range(clock.count):
        present = [(labels, vs[i]) for labels, vs in series.items() if vs[i] is not None]
        sign = -1 if which == "topk" else 1
        present.sort(key=lambda item: (sign * item[1], [value for _, value in item[0]]))
        for labels, value in present[:k]:
            out.setdefault(labels, [None] * clock.count)[i] = value
    return out


def arithmetic(op, left, right):
    def one(a, b):
        a, b = a or 0, b or 0
        if op == "/":
            return a / b if b else None
        return {"+": a + b, "-": a - b, "*": a * b}[op]

    def bare(series):
        return {
            tuple(x for x in k if x[0] != "__name__"): (dict(k).get("__name__"), v)
            for k, v in series.items()
        }

    out, left, right = {}, bare(left), bare(right)
    for labels in left.keys() & right.keys():
        (name, points), (other, others) = left[labels], right[labels]
        if name and other:
            labels += (("__name__", f"({name} {op} {other})"),)
        out[labels] = [one(a, b) for a, b in zip(points, others)]
    return out


def evaluate(node, traces, clock):
    if node.op == "math":
        return arithmetic(node.value, *(evaluate(arg, traces, clock) for arg in node.args))
    if node.op != "metrics":
        raise QueryError(node.column, "not a metrics query")
    if not isinstance(node.value, tuple):
        return first_stage(node, traces, clock)
    series = evaluate(node.args[0], traces, clock)
    if node.value[0] == "k":
        return top(node.value[1], node.value[2], series, clock)
    return threshold(node.value[1], node.value[2], series)


def clock_of(question):
    kind, start, end, *step = question.split()
    return Clock(int(start), int(end), duration_of(step[0]) if kind == "range" else None)


def metrics_answer(query, question, traces, only=()):
    """The lines that metrics.txt writes for `range START END STEP` or `instant START END`."""
    try:
        clock = clock_of(question)
        series = evaluate(compiled(query), traces, clock)
    except QueryError as error:
        return [f"error {error.column}"]
    lines = []
    for labels, points in series.items():
        if only and not any(name in only for name, _ in labels):
            continue
        told = [
            f"{shortest(clock.point(i))}:{shortest(v)}"
            for i, v in enumerate(points)
            if v is not None
        ]
        quoted = ", ".join(f'{name}="{value}"' for name, value in labels)
        if told:
            lines.append(f"{{{quoted}}} {' '.join(told)}")
    return sorted(lines) or ["none"]
