"""Zipkin's own storage tests (io.zipkin.zipkin2:zipkin-tests) hold, read and written over HTTP."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree

import pytest

from clew import REPO, Clew

KIT = REPO / "test" / "compat" / "zipkin"
JARS = REPO / ".deps" / "zipkin-kit"
# Classes of the kit, and how many tests each has: none may be lost on the way.
CLASSES = {
    "SpanStore": 28,
    "SpanStoreHeavy": 2,
    "Traces": 6,
    "ServiceAndSpanNames": 13,
    "Dependencies": 24,
    "DependenciesHeavy": 1,
    "AutocompleteTags": 2,
    "StrictTraceIdFalse": 5,
}


def run_kit(directory, usual: Clew, lenient: Clew) -> None:
    """Compiles the adapter and runs every class of Kit.java; the report goes to the directory."""
    classes = directory / "classes"
    compiler = ["javac", "-nowarn", "-d", classes, "-cp", f"{JARS}/*", *KIT.glob("*.java")]
    subprocess.run(compiler, check=True, capture_output=True, text=True, timeout=120)
    launcher = [
        "java",
        f"-Dclew.usual=http://127.0.0.1:{usual.zipkin}",
        f"-Dclew.lenient=http://127.0.0.1:{lenient.zipkin}",
        *("-cp", f"{classes}:{JARS}/*", "org.junit.platform.console.ConsoleLauncher", "execute"),
        *("--scan-classpath", classes, "--include-classname", ".*", "--reports-dir", directory),
    ]
    # Its status is not 0 if a test failed: the report says which.
    subprocess.run(launcher, check=False, capture_output=True, timeout=300)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, dict[str, str]]:
    """By class and test what went wrong; an empty text is a test that passed."""
    directory = tmp_path_factory.mktemp("kit")
    settings = ["--zipkin-strict-trace-id=false", "--zipkin-autocomplete-keys=http.host"]
    with (
        Clew("store", tmp_path_factory.mktemp("usual")) as usual,
        Clew("store", tmp_path_factory.mktemp("lenient"), *settings) as lenient,
    ):
        run_kit(directory, usual, lenient)
    results: dict[str, dict[str, str]] = {name: {} for name in CLASSES}
    report = xml.etree.ElementTree.parse(directory / "TEST-junit-jupiter.xml")
    for case in report.iter("testcase"):
        problems = [part for part in case if part.tag in ("failure", "error", "skipped")]
        text = "; ".join(f"{part.tag}: {part.get('message') or part.text}" for part in problems)
        results[case.get("classname").split("$")[1]][case.get("name")] = text
    return results


@pytest.mark.parametrize("name", CLASSES)
def test_kit(results, name):
    failed = {test: problem for test, problem in results[name].items() if problem}
    assert failed == {}
    assert len(results[name]) == CLASSES[name]
