"""TraceQL's words, for the naive parser in traceql_parse.py. Rules: test/data/traceql/README.md."""

import re
from dataclasses import dataclass

SCOPES = ("span", "resource", "event", "link", "instrumentation", "parent")
# Bare word or scope:word -> (the intrinsic, its type).
INTRINSICS = {
    "name": ("name", "string"),
    "duration": ("duration", "duration"),
    "status": ("status", "status"),
    "statusMessage": ("statusMessage", "string"),
    "kind": ("kind", "kind"),
    "parent": ("parent", "nil"),
    "rootName": ("rootName", "string"),
    "rootServiceName": ("rootServiceName", "string"),
    "traceDuration": ("traceDuration", "duration"),
    "nestedSetLeft": ("nestedSetLeft", "int"),
    "nestedSetRight": ("nestedSetRight", "int"),
    "nestedSetParent": ("nestedSetParent", "int"),
    "trace:duration": ("traceDuration", "duration"),
    "trace:rootName": ("rootName", "string"),
    "trace:rootService": ("rootServiceName", "string"),
    "trace:id": ("trace:id", "string"),
    "span:duration": ("duration", "duration"),
    "span:name": ("name", "string"),
    "span:kind": ("kind", "kind"),
    "span:status": ("status", "status"),
    "span:statusMessage": ("statusMessage", "string"),
    "span:id": ("span:id", "string"),
    "span:parentID": ("span:parentID", "string"),
    "span:childCount": ("childCount", "int"),
    "event:name": ("event:name", "string"),
    "event:timeSinceStart": ("event:timeSinceStart", "duration"),
    "link:traceID": ("link:traceID", "string"),
    "link:spanID": ("link:spanID", "string"),
    "instrumentation:name": ("instrumentation:name", "string"),
    "instrumentation:version": ("instrumentation:version", "string"),
}
OPERATORS = sorted(
    (
        "{ } ( ) , = != =~ !~ > >= < <= + - / % * ^ && || ! | "
        ">> << ~ !> !< !>> !<< &~ &> &< &>> &<<"
    ).split(),
    key=len,
    reverse=True,
)
UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
UNITS |= {"d": 24 * UNITS["h"], "w": 168 * UNITS["h"], "y": 8760 * UNITS["h"]}


class QueryError(Exception):
    """A query to refuse: `column` counts from 1, `kind` is "parse", "type" or "unsupported"."""

    def __init__(self, column, message, kind="parse"):
        super().__init__(f"column {column}: {message}")
        self.column, self.kind = column, kind


@dataclass
class Token:
    kind: str  # operator, word, string, int, float, duration, attribute, intrinsic, end, fault
    value: object
    column: int
    text: str = ""  # of an attribute, as it is written


def quoted_name(text, i, column):
    """The part of an attribute's name between the quotes at text[i]: its text and where it ends."""
    out, i = "", i + 1
    while True:
        if i >= len(text):
            raise QueryError(column, 'a quoted name without its closing "')
        if text[i] == '"':
            return out, i + 1
        if text[i] == "\\":
            i += 1
            if text[i : i + 1] not in ('"', "\\"):
                raise QueryError(column, "invalid escape in a quoted name")
        out += text[i]
        i += 1


def attribute_name(text, i, column):
    """The attribute name at text[i]: the name and where it ends."""
    name, start = "", i
    while i < len(text):
        if text[i] == '"':
            part, i = quoted_name(text, i, i + 1)
            name += part
        elif text[i].isspace() or text[i] in "{}()=~!<>&|^,":
            break
        else:
            name += text[i]
            i += 1
    if i == start:
        raise QueryError(column, "an attribute without a name")
    return name, i


DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h|d|w|y)")


def duration_of(text):
    """Nanoseconds of `1h30m`, `1.5s`, `2d`; None where text is no duration."""
    if not text or DURATION.sub("", text):
        return None
    parts = DURATION.findall(text)
    return sum(
        round(float(number) * UNITS[unit]) if "." in number else int(number) * UNITS[unit]
        for number, unit in parts
    )


class Lexer:
    """The tokens of a query. Where its words end in a fault, the last token is that fault, which
    counts only once the parser gets there: a fault of grammar before it comes first."""

    def __init__(self, text):
        self.text, self.tokens, i = text, [], 0
        try:
            while (i := self.skip_space(i)) < len(text):
                i = self.token(i)
            self.tokens.append(Token("end", None, len(text) + 1))
        except QueryError as error:
            self.tokens.append(Token("fault", error, error.column))

    def skip_space(self, i):
        while match := re.compile(r"\s+|//[^\n]*|/\*.*?\*/", re.S).match(self.text, i):
            i = match.end()
        return i

    def add(self, kind, value, i):
        self.tokens.append(Token(kind, value, i + 1))

    def token(self, i):
        text = self.text
        if text[i] in '"`':
            return self.string(i)
        if re.match(r"\d|\.\d", text[i : i + 2]):
            return self.number(i)
        if text[i] == ".":
            return self.attribute("", i, i + 1)
        if match := re.compile(r"[^\W\d]\w*").match(text, i):
            return self.word(i, match.group())
        for op in OPERATORS:
            if text.startswith(op, i):
                self.add("operator", op, i)
                return i + len(op)
        raise QueryError(i + 1, f"unexpected {text[i]!r}")

    def attribute(self, scope, i, start):
        name, end = attribute_name(self.text, start, i + 1)
        self.tokens.append(Token("attribute", (scope, name), i + 1, self.text[i:end]))
        return end

    def string(self, i):
        quote, text = self.text[i], self.text
        if quote == "`":
            end = text.find("`", i + 1)
            if end < 0:
                raise QueryError(i + 1, "a text without its end")
            self.add("string", text[i + 1 : end], i)
            return end + 1
        match = re.compile(r'"((?:[^"\\\n]|\\.)*)"').match(text, i)
        if not match:
            raise QueryError(i + 1, "a text without its end")
        body = match.group(1)
        if re.search(r"(?<!\\)(?:\\\\)*\\(?![abfnrtv\\\"0-7xuU])", body):
            raise QueryError(i + 1, "an unknown escape in a text")
        escape = r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)"
        self.add("string", re.sub(escape, self.unescape, body), i)
        return match.end()

    @staticmethod
    def unescape(match):
        code = match.group(1)
        if code[0] in "xuU":
            return chr(int(code[1:], 16))
        if code[0] in "01234567":
            return chr(int(code, 8))
        return dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"'))[code]

    def number(self, i):
        text = self.text
        match = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?").match(text, i)
        more = re.compile(r"[0-9nsumhµdwy.]*").match(text, match.end()).end()
        if (ns := duration_of(text[i:more])) is not None:
            self.add("duration", ns, i)
            return more
        if re.fullmatch(r"\d+", match.group()):
            value = int(match.group())
            if value > 2**63 - 1:
                raise QueryError(i + 1, "an integer out of range")
            self.add("int", value, i)
        else:
            self.add("float", float(match.group()), i)
        return match.end()

    def word(self, i, word):
        text, end = self.text, i + len(word)
        following = text[end : end + 1]
        if following == "." and word in SCOPES:
            scope, start = word, end + 1
            if word == "parent":
                for inner in ("span", "resource"):
                    if text.startswith(inner + ".", start):
                        scope, start = "parent." + inner, start + len(inner) + 1
            return self.attribute(scope, i, start)
        if following == ":" and word in ("span", "trace", "event", "link", "instrumentation"):
            match = re.compile(r"\w*").match(text, end + 1)
            full = f"{word}:{match.group()}"
            if full not in INTRINSICS:
                raise QueryError(end + 2, f"no intrinsic {full}")
            self.add("intrinsic", full, i)
            return match.end()
        self.add("word", word, i)
        return end
