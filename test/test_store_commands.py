"""What operators do with a store's directory: `clew store verify`, repair, stat, export, …"""

from __future__ import annotations

import json
import pathlib
import struct
import subprocess
import threading

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew import BINARY, Clew
from otlp_requests import request

WRITERS = 3
SPANS = 10


def command(*args, status: int = 0, stdin: bytes | None = None) -> str:
    """What `clew store ARGS` prints; it must end with that status."""
    done = subprocess.run(
        [str(BINARY), "store", *map(str, args)], input=stdin, capture_output=True, check=False
    )
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == status, f"{args}: {done.returncode}\n{said}"
    return said


def store_on(data: pathlib.Path, directory: pathlib.Path) -> Clew:
    """A server on a directory that is there already."""
    store = Clew("store", directory)
    store.command[store.command.index("--data") + 1] = str(data)
    return store


def data_of(store: Clew) -> pathlib.Path:
    return store.log.parent / f"{store.role}-data"


def load(store: Clew, stop: threading.Event, acknowledged: list[str]) -> None:
    """Sends traces until told to stop; notes those that were acknowledged."""
    while not stop.is_set():
        body, trace_id = request(SPANS)
        try:
            response = store.otlp(body)
        except requests.RequestException:
            return
        if response.status_code == 200:
            acknowledged.append(trace_id)


class Load:
    """Several writers beside the test."""

    def __init__(self, store: Clew):
        self.acknowledged: list[str] = []
        self.stop = threading.Event()
        arguments = (store, self.stop, self.acknowledged)
        self.threads = [threading.Thread(target=load, args=arguments) for _ in range(WRITERS)]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def wait_for(self, traces: int) -> None:
        """Until so many more are acknowledged."""
        until = len(self.acknowledged) + traces
        while len(self.acknowledged) < until:
            assert any(thread.is_alive() for thread in self.threads), "the writers have stopped"
            self.stop.wait(0.01)


def requests_in(path: pathlib.Path) -> list[ExportTraceServiceRequest]:
    """The messages of a file of the Collector's `format: proto`."""
    content, at, messages = path.read_bytes(), 0, []
    while at < len(content):
        (size,) = struct.unpack_from(">I", content, at)
        at += 4
        messages.append(ExportTraceServiceRequest.FromString(content[at : at + size]))
        at += size
    return messages


def spans_in(path: pathlib.Path) -> dict[str, list[bytes]]:
    """By trace ID: its spans, with their resource."""
    spans: dict[str, list[bytes]] = {}
    for message in requests_in(path):
        for resource_spans in message.resource_spans:
            resource = resource_spans.resource.SerializeToString(deterministic=True)
            for scope_spans in resource_spans.scope_spans:
                for span in scope_spans.spans:
                    content = resource + span.SerializeToString(deterministic=True)
                    spans.setdefault(span.trace_id.hex(), []).append(content)
    return {trace_id: sorted(of_trace) for trace_id, of_trace in spans.items()}


def export(data: pathlib.Path, output: pathlib.Path, *args) -> dict[str, list[bytes]]:
    command("export", "--data", data, "-o", output, *args)
    return spans_in(output)


def make_store(directory: pathlib.Path, traces: int) -> tuple[pathlib.Path, list[str]]:
    """A store that has stopped, all of it in blocks, and the IDs of its traces."""
    ids = []
    directory.mkdir()
    messages = []
    for _ in range(traces):
        body, trace_id = request(SPANS)
        messages.append(struct.pack(">I", len(body)) + body)
        ids.append(trace_id)
    command("import", "--data", directory / "data", "-", stdin=b"".join(messages))
    return directory / "data", ids


def blocks_of(data: pathlib.Path) -> list[pathlib.Path]:
    return sorted((data / "blocks").glob("*/*.block"))


def flip(path: pathlib.Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x20
    path.write_bytes(content)


def test_a_snapshot_under_load_has_what_was_acknowledged_once(tmp_path):
    # A small head: blocks are written and merged all the time.
    with Clew("store", tmp_path, "--head-bytes", "128KiB") as store:
        with Load(store) as writers:
            writers.wait_for(300)
            for round_ in range(4):
                target = tmp_path / f"snapshot-{round_}"
                before = list(writers.acknowledged)
                command("snapshot", "--data", data_of(store), target)
                assert "all is whole" in command("verify", "--data", target)
                spans = export(target, tmp_path / "exported.pb")
                missing = [trace_id for trace_id in before if trace_id not in spans]
                assert not missing, f"{len(missing)} of {len(before)} traces are missing"
                assert {len(of_trace) for of_trace in spans.values()} == {SPANS}
                writers.wait_for(100)
            # All of these may look at a store that is being written to.
            assert "all is whole" in command("verify", "--data", data_of(store))
            assert "TENANT" in command("stat", "--data", data_of(store))
            refused = command("repair", "--data", data_of(store), status=1)
            assert "in use" in refused
            assert "in use" in command("import", "--data", data_of(store), "-", status=1)
        acknowledged = set(writers.acknowledged)
        assert set(export(data_of(store), tmp_path / "all.pb")) == acknowledged
    # The snapshot is a store: a server opens it and goes on.
    with store_on(tmp_path / "snapshot-0", tmp_path) as copy:
        assert len(copy.jaeger_trace(before[0])["spans"]) == SPANS
        body, trace_id = request(SPANS)
        assert copy.otlp(body).status_code == 200
        copy.wait_for_trace(trace_id, SPANS)


def test_a_snapshot_needs_a_directory_of_its_own(tmp_path):
    data, _ = make_store(tmp_path / "store", 3)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "file").touch()
    said = command("snapshot", "--data", data, tmp_path / "target", status=1)
    assert "not empty" in said
    assert "no store" in command("snapshot", "--data", tmp_path / "none", tmp_path / "x", status=1)


@pytest.mark.parametrize("form", ["otlp-proto", "otlp-json"])
def test_what_is_exported_can_be_imported(tmp_path, form):
    data, ids = make_store(tmp_path / "store", 200)
    file = tmp_path / "traces"
    command("export", "--data", data, "--format", form, "-o", file)
    copy = tmp_path / "copy"
    command("import", "--data", copy, file)
    exported = export(data, tmp_path / "a.pb")
    assert set(exported) == set(ids)
    assert export(copy, tmp_path / "b.pb") == exported
    # Again, and as another tenant.
    command("import", "--data", copy, file)
    command("import", "--data", copy, "--tenant", "other", file)
    assert export(copy, tmp_path / "b.pb") == exported
    assert export(copy, tmp_path / "b.pb", "--tenant", "other") == exported
    assert export(copy, tmp_path / "b.pb", "--tenant", "nobody") == {}


def test_an_export_has_whole_traces_of_what_matches(tmp_path):
    data, ids = make_store(tmp_path / "store", 20)
    body, wanted = request(SPANS, service="rare")
    frame = struct.pack(">I", len(body)) + body
    command("import", "--data", data, "-", stdin=frame)
    out = tmp_path / "out"
    assert set(export(data, out, "--service", "rare")) == {wanted}
    assert set(export(data, out, "--where", 'resource.service.name = "rare"')) == {wanted}
    assert set(export(data, out, "--operation", "step 3")) == {wanted, *ids}
    assert len(export(data, out, "--limit", "5")) == 5
    assert set(export(data, out, "--start", "1h")) == {wanted, *ids}
    assert export(data, out, "--end", "1h") == {}
    assert export(data, out, "--start", "2030-01-01T00:00:00Z") == {}
    said = command("export", "--data", data, "-o", out, "--start", "yesterday", status=1)
    assert "yesterday" in said


def test_an_import_names_the_place_of_an_error(tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_text('{"resourceSpans":[]}\n{"resourceSpans":[{"scopeSpans":7}]}\n')
    said = command("import", "--data", tmp_path / "data", file, status=1)
    assert f"{file}: line 2: " in said


def test_stat_accounts_for_the_bytes(tmp_path):
    data, _ = make_store(tmp_path / "store", 100)
    stat = json.loads(command("stat", "--data", data, "--json"))
    assert stat["spans"] == 100 * SPANS
    assert stat["bytes"] == sum(path.stat().st_size for path in blocks_of(data))
    assert sum(column["bytes"] for column in stat["columns"]) == stat["bytes"]
    assert sum(day["traces"] for day in stat["days"]) == stat["traces"] == 100
    assert stat["days"][0]["tenant"] == "anonymous"


@pytest.mark.parametrize("with_log", [True, False])
def test_damage_is_found_and_repaired(tmp_path, with_log):
    data, ids = make_store(tmp_path / "store", 1500)  # several row groups
    if not with_log:
        for segment in (data / "log").iterdir():
            segment.unlink()
    (block,) = blocks_of(data)
    flip(block, 100)  # in the first of them
    said = command("verify", "--data", data, status=1)
    assert f"block anonymous/{block.stem}: damaged: " in said

    said = command("repair", "--data", data)
    assert "lost: " in said and "unknown" not in said
    assert "all is whole" in command("verify", "--data", data)
    assert "nothing to repair" in command("repair", "--data", data)
    assert (data / "damaged" / "blocks" / "anonymous" / block.name).exists()
    left = export(data, tmp_path / "left.pb")
    if with_log:  # it still has what the block has lost
        assert set(left) == set(ids)
        assert {len(of_trace) for of_trace in left.values()} == {SPANS}
    else:
        assert 0 < len(left) < len(ids)
        assert set(left) < set(ids)
    with store_on(data, tmp_path) as store:
        assert len(store.jaeger_trace(next(iter(left)))["spans"]) == len(next(iter(left.values())))


def test_a_block_cut_short_is_set_aside(tmp_path):
    data, _ = make_store(tmp_path / "store", 30)
    (block,) = blocks_of(data)
    content = block.read_bytes()
    block.write_bytes(content[: len(content) // 2])
    command("verify", "--data", data, status=1)
    said = command("repair", "--data", data)
    assert "lost: unknown" in said
    assert "all is whole" in command("verify", "--data", data)
    assert blocks_of(data) == []


def test_the_data_directory_may_stand_before_the_command(tmp_path):
    data, _ = make_store(tmp_path / "store", 3)
    done = subprocess.run(
        [str(BINARY), "store", "--data", str(data), "verify"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "all is whole" in done.stdout


@pytest.mark.parametrize("name", ["verify", "repair", "stat", "export", "import", "snapshot"])
def test_every_command_explains_itself(name):
    said = command(name, "--help")
    assert "--data" in said
