"""`clew agent convert`, and that `clew config check` accepts what it writes."""

import subprocess

import pytest

from clew import BINARY, REPO

DATA = REPO / "test" / "data" / "convert"
GOLDEN = sorted(path for path in DATA.glob("*.yaml") if not path.name.endswith(".clew.yaml"))


def run(*args) -> subprocess.CompletedProcess:
    command = [str(BINARY), *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=DATA)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_writes_a_configuration_that_clew_accepts(path, tmp_path):
    converted = run("agent", "convert", path.name)
    left_out = path.with_suffix(".left_out")
    assert converted.stdout == path.with_suffix(".clew.yaml").read_text()
    assert converted.stderr == (left_out.read_text() if left_out.exists() else "")
    assert converted.returncode == (2 if left_out.exists() else 0)
    written = tmp_path / "agent.yaml"
    written.write_text(converted.stdout)
    checked = run("config", "check", "--role", "agent", written)
    assert checked.returncode == 0, checked.stderr


def test_says_what_it_cannot_read(tmp_path):
    missing = run("agent", "convert", tmp_path / "none.yaml")
    assert missing.returncode == 1
    assert "none.yaml: cannot read it: No such file or directory" in missing.stderr
    other = tmp_path / "other.yaml"
    other.write_text("http: off\n")
    refused = run("agent", "convert", other)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "neither a Grafana Agent's static configuration" in refused.stderr
