"""Where spans are kept: a disk that fills up, and memory."""

import contextlib
import subprocess
import time

import pytest

from clew import Clew
from otlp_requests import request

SPANS = 20


@contextlib.contextmanager
def small_disk(path, mebibytes: int):
    """A file system of its own; skips the test where none may be mounted."""
    path.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(path)]
    mounted = subprocess.run(options, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a tmpfs: {mounted.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True)


def wait_for_ready(store: Clew, status: int) -> str:
    """What /ready says once it has that status."""
    deadline = time.monotonic() + 20
    while True:
        answer = store.session.get(store.url("/ready"), timeout=10)
        if answer.status_code == status:
            return answer.text
        assert time.monotonic() < deadline, f"/ready is still {answer.status_code}: {answer.text}"
        time.sleep(0.05)


def test_a_full_disk_makes_the_store_read_only_until_space_is_back(tmp_path):
    with small_disk(tmp_path / "disk", 64) as disk:
        with Clew("store", disk) as store:
            body, trace_id = request(SPANS)
            assert store.otlp(body).status_code == 200

            # Not full: what is left is less than a tenth.
            filler = disk / "filler"
            filler.write_bytes(bytes(60 << 20))
            assert "nearly full" in wait_for_ready(store, 503)
            assert store.session.get(store.url("/health"), timeout=10).status_code == 200
            refused = store.otlp(request(SPANS)[0])
            assert refused.status_code == 503
            assert "Retry-After" in refused.headers
            assert store.metric("clew_store_read_only") == 1
            assert store.metric("clew_store_refused_batches_total") == 1
            assert len(store.jaeger_trace(trace_id)["spans"]) == SPANS

            filler.unlink()
            wait_for_ready(store, 200)
            body, trace_id = request(SPANS)
            assert store.otlp(body).status_code == 200
            assert len(store.jaeger_trace(trace_id)["spans"]) == SPANS


def test_a_store_in_memory_keeps_the_newest_and_leaves_no_files(tmp_path):
    args = ["--storage", "memory", "--memory-max-spans", "2000"]
    with Clew("store", tmp_path, *args) as store:
        trace_ids = []
        for _ in range(500):
            body, trace_id = request(SPANS)
            assert store.otlp(body).status_code == 200
            trace_ids.append(trace_id)
        assert len(store.jaeger_trace(trace_ids[-1])["spans"]) == SPANS
        oldest = store.session.get(store.url(f"/api/traces/{trace_ids[0]}"), timeout=10)
        assert oldest.status_code == 404
        assert not (tmp_path / "store-data").exists()
    with store:
        answer = store.session.get(store.url(f"/api/traces/{trace_ids[-1]}"), timeout=10)
        assert answer.status_code == 404
    assert "nothing survives a restart" in store.log.read_text()


def test_an_archived_trace_is_pinned(tmp_path):
    with Clew("store", tmp_path) as store:
        body, trace_id = request(SPANS)
        assert store.otlp(body).status_code == 200
        answer = store.session.post(store.url(f"/api/archive/{trace_id}"), timeout=10)
        assert answer.status_code == 200, answer.text
        assert store.get("/api/clew/v1/pins")["traceIds"] == [trace_id]
    with store:
        assert store.get("/api/clew/v1/pins")["traceIds"] == [trace_id]
        assert len(store.jaeger_trace(trace_id)["spans"]) == SPANS


def test_a_tenants_retention_can_be_set_on_the_command_line(tmp_path):
    store = Clew("store", tmp_path, "--tenant-retention", "shop=24h/10GiB,ads=10m")
    with pytest.raises(AssertionError, match="--tenant-retention: max_age must be at least 1h"):
        store.start()
