"""A naive parser of TraceQL, written from its documentation: what traceql_model.py evaluates.

It exists to judge the real one, so it is plain rather than fast. Rules and their sources:
test/data/traceql/README.md.
"""

from dataclasses import dataclass, field

from traceql_words import INTRINSICS, Lexer, QueryError

STATUSES = ("error", "ok", "unset")
KINDS = ("unspecified", "internal", "client", "server", "producer", "consumer")
NUMERIC = ("int", "float", "duration")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=", "=~", "!~")
ARITHMETIC = ("+", "-", "*", "/", "%", "^")
STRUCTURAL = ("> < >> << ~ !> !< !>> !<< !~ &> &< &>> &<< &~").split()


@dataclass
class Node:
    """`op` names the shape: literal, attribute, intrinsic, unary, binary, a pipeline's element."""

    op: str
    column: int
    value: object = None
    type: str = "attribute"
    text: str = ""
    args: list = field(default_factory=list)
    by: list = field(default_factory=list)  # of a metrics function: its labels,
    numbers: list = field(default_factory=list)  # its quantiles or compare's numbers,
    attribute: object = None  # and what it looks at


LEVELS = {
    "&&": 1,
    "||": 1,
    **{op: 2 for op in COMPARISONS},
    "+": 3,
    "-": 3,
    "*": 5,
    "/": 5,
    "%": 5,
    "^": 6,
}
FUNCTIONS = ("count", "min", "max", "avg", "sum")
METRICS = (
    "rate",
    "count_over_time",
    "min_over_time",
    "max_over_time",
    "avg_over_time",
    "sum_over_time",
    "quantile_over_time",
    "histogram_over_time",
    "compare",
)


def presence(op, column, node):
    """`= nil` and `!= nil`."""
    kind = "exists" if op == "!=" else "absent"
    return Node("unary", column, kind, "bool", args=[node])


class Parser:
    """Recursive descent. Refuses at the first token that no valid query could have there."""

    def __init__(self, text):
        self.text, self.at = text, 0
        self.tokens = Lexer(text).tokens

    @property
    def now(self):
        return self.tokens[self.at]

    def fail(self, what=None):
        if self.now.kind == "fault":
            raise self.now.value
        wanted = f", expected {what}" if what else ""
        raise QueryError(self.now.column, f"unexpected {self.now.value!r}{wanted}")

    def take(self):
        if self.now.kind == "fault":
            raise self.now.value
        self.at += 1
        return self.tokens[self.at - 1]

    def sees(self, *values, ahead=0):
        token = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        return token.kind in ("operator", "word") and token.value in values

    def expect(self, value):
        if not self.sees(value):
            self.fail(value)
        return self.take()

    # ---- inside braces

    def expression(self, least=1):
        left = self.operand()
        while self.now.kind == "operator" and LEVELS.get(self.now.value, 0) >= least:
            op = self.take().value
            if op in ("=", "!=") and self.sees("nil"):
                if not self.sees("=", "!=", ahead=1):
                    self.take()
                    left = presence(op, left.column, left)
                    continue
            level = LEVELS[op]
            right = self.expression(level if op == "^" else level + 1)
            left = Node("binary", left.column, op, "", args=[left, right])
        return left

    def operand(self):
        token = self.now
        if self.sees("(", "-", "!"):
            self.take()
            if token.value == "(":
                node = self.expression()
                self.expect(")")
                node.column = token.column
                return node
            inner = self.expression(5 if token.value == "!" else 4)
            return Node("unary", token.column, token.value, inner.type, args=[inner])
        if self.sees("nil"):
            self.take()
            if not self.sees("=", "!="):
                self.fail("= or !=")
            op = self.take().value
            if self.sees("nil"):
                self.take()
                return Node("literal", token.column, False, "bool")
            return presence(op, token.column, self.expression(3))
        return self.leaf()

    def leaf(self):
        token = self.now
        if token.kind in ("string", "int", "float", "duration"):
            self.take()
            return Node("literal", token.column, token.value, token.kind)
        if token.kind in ("attribute", "intrinsic") or (
            token.kind == "word" and token.value in INTRINSICS
        ):
            return self.attribute()
        if token.kind != "word":
            self.fail("an expression")
        self.take()
        word = token.value
        fixed = {
            "true": (True, "bool"),
            "false": (False, "bool"),
            "minInt": (-(2**63), "int"),
            "maxInt": (2**63 - 1, "int"),
        }
        if word in fixed:
            return Node("literal", token.column, *fixed[word])
        if word in STATUSES:
            return Node("literal", token.column, word, "status")
        if word in KINDS:
            return Node("literal", token.column, word, "kind")
        if word in FUNCTIONS + METRICS + (
            "by",
            "coalesce",
            "select",
            "topk",
            "bottomk",
            "with",
            "childCount",
        ):
            self.at -= 1
            self.fail("an expression")
        raise QueryError(token.column, f"unknown identifier {word}")

    def attribute(self):
        token = self.now
        if token.kind == "attribute":
            self.take()
            return Node("attribute", token.column, token.value, text=token.text)
        if token.kind == "intrinsic" or (token.kind == "word" and token.value in INTRINSICS):
            self.take()
            return Node("intrinsic", token.column, *INTRINSICS[token.value], text=token.value)
        return self.fail("an attribute")

    # ---- spansets and pipelines

    def root(self):
        node = self.combination() if self.is_combination() else self.pipeline(top=True)
        while self.sees("with"):
            self.hints(node)
        if self.now.kind != "end":
            self.fail()
        return node

    def is_combination(self):
        """Whether the query is made of pipelines, and not of plain spansets, in parentheses."""
        i = 0
        while i < len(self.tokens) and self.tokens[i].value == "(":
            i += 1
        if i == 0:
            return False
        depth = i
        while i < len(self.tokens) and depth > 0:
            token = self.tokens[i]
            if token.kind == "operator" and token.value in "({":
                depth += 1
            if token.kind == "operator" and token.value in ")}":
                depth -= 1
            if token.kind == "operator" and token.value == "|":
                return True
            if token.kind == "word" and token.value in ("by", "select", "count"):
                return True
            i += 1
        return False

    def combination(self, least=1):
        """Pipelines in parentheses, joined by spanset operators; metrics by arithmetic."""
        left = self.wrapped()
        while self.now.kind == "operator":
            op = self.now.value
            metric = left.op in ("metrics", "math")
            level = (
                {"+": 3, "-": 3, "*": 5, "/": 5}.get(op, 0) if metric else self.spanset_level(op)
            )
            if level < least or level == 0:
                break
            self.take()
            right = self.combination(level + 1)
            if (right.op in ("metrics", "math")) != metric:
                raise QueryError(right.column, "one side is metrics, the other is not")
            left = Node("math" if metric else "spansets", left.column, op, args=[left, right])
        if least == 1 and left.op in ("metrics", "math"):
            left = self.second_stage(left)
        return left

    def wrapped(self):
        column = self.now.column
        if not self.sees("("):
            self.fail("(")
        if self.sees("(", ahead=1) and self.nested():
            self.take()
            node = self.combination()
        else:
            self.take()
            node = self.pipeline(top=True, wrapped=True)
        self.expect(")")
        node.column = column
        return node

    def nested(self):
        """Whether the parenthesis behind this one holds a whole pipeline itself."""
        saved, self.at = self.at, self.at + 1
        depth, found = 0, False
        for token in self.tokens[self.at :]:
            depth += token.value in ("(", "{") and token.kind == "operator"
            depth -= token.value in (")", "}") and token.kind == "operator"
            found |= depth == 1 and token.kind == "operator" and token.value == "|"
            if depth == 0:
                break
        self.at = saved
        return found

    def spanset_level(self, op):
        return 1 if op in ("&&", "||") else 2 if op in STRUCTURAL else 0

    def pipeline(self, top=False, wrapped=False):
        first = self.now
        node = Node("pipeline", first.column, args=[self.element(first=True)])
        while self.sees("|"):
            self.take()
            if self.now.kind == "word" and self.now.value in METRICS:
                metric = self.metrics_function()
                return self.second_stage(Node("metrics", first.column, metric, args=[node]))
            node.args.append(self.element())
        return node

    def element(self, first=False):
        if self.sees("{") or (self.sees("(") and not self.scalar_ahead()):
            return self.spansets()
        if self.sees("by"):
            token = self.take()
            start = self.expect("(").column
            inner = self.expression()
            end = self.expect(")").column
            return Node("by", token.column, self.text[start : end - 1].strip(), args=[inner])
        if self.sees("coalesce") and not first:
            token = self.take()
            self.expect("(")
            self.expect(")")
            return Node("coalesce", token.column)
        if self.sees("select"):
            token = self.take()
            return Node("select", token.column, args=self.attribute_list())
        return self.scalar_filter()

    def scalar_ahead(self):
        i = self.at
        while self.tokens[i].value == "(":
            i += 1
        return (
            self.tokens[i].kind == "word"
            and self.tokens[i].value in FUNCTIONS
            or self.tokens[i].kind in NUMERIC
        )

    def spansets(self, least=1):
        if self.sees("("):
            column = self.take().column
            left = self.spansets()
            self.expect(")")
            left.column = column
        else:
            left = self.spanset_filter()
        while self.now.kind == "operator" and self.spanset_level(self.now.value) >= least:
            op = self.take().value
            right = self.spansets(self.spanset_level(op) + 1)
            left = Node("spansets", left.column, op, args=[left, right])
        return left

    def spanset_filter(self):
        token = self.expect("{")
        if self.sees("}"):
            self.take()
            return Node("filter", token.column, args=[Node("literal", token.column, True, "bool")])
        inner = self.expression()
        self.expect("}")
        return Node("filter", token.column, args=[inner])

    def scalar_filter(self):
        left = self.scalar()
        if not self.sees("=", "!=", "<", "<=", ">", ">="):
            self.fail("a comparison")
        op = self.take().value
        return Node("scalar", left.column, op, args=[left, self.scalar()])

    def scalar(self, least=3):
        token = self.now
        if self.sees("("):
            self.take()
            left = self.scalar()
            self.expect(")")
            left = (
                Node("scalars", token.column, "()", args=[left]) if left.op == "scalars" else left
            )
        elif self.sees("-"):
            self.take()
            if self.now.kind not in NUMERIC:
                self.fail("a number")
            number = self.take()
            left = Node("literal", token.column, -number.value, number.kind)
        elif token.kind in NUMERIC:
            self.take()
            left = Node("literal", token.column, token.value, token.kind)
        elif token.kind == "word" and token.value in FUNCTIONS:
            left = self.aggregate()
        else:
            self.fail("a pipeline's element")
        while (
            self.now.kind == "operator"
            and self.now.value in ARITHMETIC
            and LEVELS[self.now.value] >= least
        ):
            op = self.take().value
            left = Node("scalars", left.column, op, args=[left, self.scalar(LEVELS[op] + 1)])
        return left

    def aggregate(self):
        token = self.take()
        self.expect("(")
        args = [] if token.value == "count" else [self.expression()]
        self.expect(")")
        return Node("aggregate", token.column, token.value, args=args)

    # ---- metrics

    def attribute_list(self):
        self.expect("(")
        out = [self.attribute()]
        while self.sees(","):
            self.take()
            out.append(self.attribute())
        self.expect(")")
        return out

    def metrics_function(self):
        token = self.take()
        node = Node("function", token.column, token.value)
        self.expect("(")
        if token.value == "compare":
            node.args = [self.spanset_filter()]
            node.numbers = self.numbers(("int",), (0, 1, 3))
        elif token.value not in ("rate", "count_over_time"):
            node.attribute = self.attribute()
            if token.value == "quantile_over_time":
                if not self.sees(","):
                    self.fail(",")
                node.numbers = self.numbers(("int", "float"), None)
        self.expect(")")
        if self.sees("by") and token.value != "compare":
            self.take()
            node.by = self.attribute_list()
        return node

    def numbers(self, kinds, counts):
        out = []
        while self.sees(","):
            self.take()
            if self.now.kind not in kinds:
                self.fail("a number")
            out.append(self.take().value)
            if counts and len(out) == max(counts) and self.sees(","):
                self.fail(")")
        if counts and len(out) not in counts:
            self.fail(",")
        return out

    def second_stage(self, node):
        while True:
            if self.sees("|"):
                self.take()
                if not self.sees("topk", "bottomk"):
                    self.fail("topk or bottomk")
                token = self.take()
                self.expect("(")
                if self.now.kind != "int":
                    self.fail("an integer")
                k = self.take().value
                self.expect(")")
                node = Node(
                    "metrics", node.column, ("k", token.value, k, token.column), args=[node]
                )
            elif self.sees("=", "!=", "<", "<=", ">", ">="):
                op = self.take().value
                sign = -1 if self.sees("-") and self.take() else 1
                if self.now.kind not in NUMERIC:
                    self.fail("a number")
                number = self.take()
                scale = 1e9 if number.kind == "duration" else 1
                node = Node(
                    "metrics",
                    node.column,
                    ("threshold", op, sign * number.value / scale),
                    args=[node],
                )
            else:
                return node

    def hints(self, node):
        self.expect("with")
        self.expect("(")
        while True:
            keyword = self.now.value in INTRINSICS or self.now.value in FUNCTIONS + METRICS
            if self.now.kind != "word" or keyword:
                self.fail("a hint's name")
            self.take()
            self.expect("=")
            if self.leaf().op != "literal":
                self.at -= 1
                self.fail("a literal")
            if not self.sees(","):
                break
            self.take()
        self.expect(")")


def parse(text):
    """The tree of a query; raises QueryError where it is no query."""
    return Parser(text).root()
