"""The lab's network against what it was told to be like, measured with real TCP and UDP. Nothing
arrives too early, ever; how late it may be depends on how busy the machine is."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import statistics
import subprocess
import sys
import threading
import time

import pytest
import requests

from clew import wait_until
from netlab.lab import Lab

LATE_MS = 100  # that a busy machine takes on top, of several tries at least once
SO_RCVBUFFORCE = 33  # Linux', Python has no name for it


@pytest.fixture(scope="module", autouse=True)
def lab_is_possible():
    if reason := Lab.why_not():
        pytest.skip(f"no lab of network sites here: {reason}")


@pytest.fixture
def lab():
    with Lab(["a", "b"], {("a", "b"): 20}) as one:
        yield one


def connect(lab: Lab, a: str, b: str, port: int, timeout: float = 10) -> socket.socket:
    with lab.inside(a):
        return socket.create_connection((lab.address(b), port), timeout=timeout)


def connect_ms(lab: Lab, a: str, b: str, port: int) -> float:
    """What a TCP connect takes: one round trip."""
    begin = time.monotonic()
    with connect(lab, a, b, port):
        return (time.monotonic() - begin) * 1000


@contextlib.contextmanager
def echo(lab: Lab, site: str):
    """The port of a TCP server that says what it hears."""

    def serve(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            while data := client.recv(65536):
                client.sendall(data)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=[server.accept()[0]], daemon=True).start()

    with lab.inside(site):
        server = socket.create_server(("0.0.0.0", 0), backlog=1000)
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


class Datagrams:
    """From one site to another, with the time that each has taken: both ends have one clock."""

    def __init__(self, lab: Lab, a: str, b: str):
        with lab.inside(b):
            self.to = socket.socket(type=socket.SOCK_DGRAM)
            self.to.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
            self.to.bind((lab.address(b), 0))
        with lab.inside(a):
            self.by = socket.socket(type=socket.SOCK_DGRAM)
            self.by.connect(self.to.getsockname())

    def __enter__(self) -> Datagrams:
        return self

    def __exit__(self, *_) -> None:
        self.by.close()
        self.to.close()

    def send(self, size: int = 100) -> None:
        self.by.send(b"%d".ljust(size) % time.monotonic_ns())

    def receive(self, timeout: float = 10) -> float | None:
        """Milliseconds that the next one took; None: there is none."""
        self.to.settimeout(timeout)
        with contextlib.suppress(TimeoutError):
            return (-int(self.to.recv(65536)) + time.monotonic_ns()) / 1e6
        return None

    def receive_all(self) -> list[float]:
        """Until there are no more."""
        return list(iter(lambda: self.receive(timeout=1), None))


def test_a_connect_takes_the_round_trip_of_the_matrix():
    delays = {("edge", "fra"): 5, ("edge", "was"): 45, ("home", "fra"): 12, ("was", "fra"): 40}
    with Lab(["edge", "fra", "was"], delays) as lab:
        for (a, b), delay in delays.items():
            with echo(lab, b) as port:
                took = [connect_ms(lab, a, b, port) for _ in range(10)]
            assert min(took) >= 2 * delay, (a, b, took)
            assert min(took) < 2 * delay + LATE_MS, (a, b, took)


def test_both_directions_have_delays_of_their_own():
    delays = {("a", "b"): 5, ("b", "a"): 60}
    with Lab(["a", "b"], delays) as lab:
        for (a, b), delay in delays.items():
            with Datagrams(lab, a, b) as datagrams:
                took = [datagrams.send() or datagrams.receive() for _ in range(5)]
            assert delay <= min(took) < delay + LATE_MS
        with echo(lab, "b") as port:
            assert connect_ms(lab, "a", "b", port) >= 65


def test_a_change_is_in_force_at_once_and_connections_live_on(lab):
    def round_trip_ms() -> float:
        begin = time.monotonic()
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        return (time.monotonic() - begin) * 1000

    with echo(lab, "b") as port, connect(lab, "a", "b", port) as client:
        assert round_trip_ms() >= 40
        lab.set_delay("a", "b", 200)
        assert round_trip_ms() >= 400
        lab.set_delay("a", "b", 1, both=False)
        assert 201 <= min(round_trip_ms() for _ in range(5)) < 400
        lab.set_delay("a", "b", 1)
        assert 2 <= min(round_trip_ms() for _ in range(5)) < 200


def test_what_is_on_its_way_arrives_when_it_would_have_and_first(lab):
    lab.set_delay("a", "b", 400)
    with Datagrams(lab, "a", "b") as datagrams:
        datagrams.send()
        time.sleep(0.05)
        lab.set_delay("a", "b", 0)
        datagrams.send()
        first, second = datagrams.receive(), datagrams.receive()
        assert first >= 400
        assert second > 200  # it has waited for the one before it
        assert min(datagrams.send() or datagrams.receive() for _ in range(5)) < 200


def test_jitter_has_bounds_and_keeps_the_order(lab):
    lab.set_delay("a", "b", 50, jitter=0.5)
    with Datagrams(lab, "a", "b") as datagrams:
        took = []
        for _ in range(60):  # one at a time: nothing waits for the one before it
            datagrams.send()
            took.append(datagrams.receive())
        assert 25 <= min(took) < 45, took
        assert statistics.median(took) < 75 + LATE_MS
        assert max(took) > 55

        for number in range(300):
            datagrams.by.send(b"%d" % number)
        datagrams.to.settimeout(10)
        assert [int(datagrams.to.recv(100)) for _ in range(300)] == list(range(300))


def test_loss_takes_its_share(lab):
    lab.set_delay("a", "b", 1, loss=0.2)
    with Datagrams(lab, "a", "b") as datagrams:
        for _ in range(2000):
            datagrams.send()
        arrived = len(datagrams.receive_all())
    assert 1500 <= arrived <= 1700  # 5.6 standard deviations
    counts = lab.counts()["a", "b"]
    assert (counts["packets"], counts["lost"]) == (arrived, 2000 - arrived)


def test_a_limit_on_bandwidth_makes_packets_wait_and_then_vanish(lab):
    lab.set_delay("a", "b", 1, mbit_per_s=8)  # 1,028 bytes with their headers take 1.028 ms
    with Datagrams(lab, "a", "b") as datagrams:
        begin = time.monotonic()
        for _ in range(100):
            datagrams.send(1000)
        assert None not in [datagrams.receive() for _ in range(100)]
        assert time.monotonic() - begin >= 0.1028
        for _ in range(2000):
            datagrams.send(1000)
        arrived = len(datagrams.receive_all())
    assert 480 <= arrived < 1900
    assert lab.counts()["a", "b"]["full"] == 2000 - arrived


def test_a_site_that_is_down_says_nothing_at_all(lab):
    with echo(lab, "b") as port, connect(lab, "a", "b", port) as client:
        lab.down("b")
        with pytest.raises(TimeoutError):
            connect(lab, "a", "b", port, timeout=0.5)
        client.sendall(b"anyone?")
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):  # not a reset
            client.recv(100)
        assert lab.counts()["a", "b"]["down"] >= 2
        lab.up("b")
        client.settimeout(60)
        assert client.recv(100) == b"anyone?"  # TCP has tried on
        connect(lab, "a", "b", port).close()


def test_one_way_can_be_cut_while_others_stay():
    with Lab(["a", "b", "c"]) as lab, echo(lab, "c") as port:
        lab.cut("a", "c")
        with pytest.raises(TimeoutError):
            connect(lab, "a", "c", port, timeout=0.5)
        connect(lab, "b", "c", port).close()
        lab.mend("a", "c")
        connect(lab, "a", "c", port).close()


def test_nothing_is_changed_on_the_way(lab):
    data = bytes(range(256)) * 4096
    with echo(lab, "b") as port, connect(lab, "a", "b", port) as client:
        sender = threading.Thread(target=client.sendall, args=[data])
        sender.start()
        digest, left = hashlib.sha256(), len(data)
        while left:
            digest.update(part := client.recv(65536))
            left -= len(part)
        sender.join()
    assert digest.digest() == hashlib.sha256(data).digest()


def test_processes_run_in_sites_that_have_many_addresses(lab, tmp_path):
    (tmp_path / "hello").write_text("from b")
    command = [sys.executable, "-m", "http.server", "80", "--directory", tmp_path]
    lab.run("b", command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def get(host: int) -> str | None:
        with contextlib.suppress(requests.ConnectionError):  # not listening yet
            return requests.get(f"http://{lab.address('b', host)}/hello", timeout=10).text

    wait_until(lambda: get(1))
    assert {get(host) for host in (1, 2, 254)} == {"from b"}


def test_memory_of_what_is_held_is_bounded(lab):
    lab.set_delay("a", "b", 60_000)
    with Datagrams(lab, "a", "b") as datagrams:

        def is_full() -> bool:
            for _ in range(1000):
                datagrams.send(1400)
            return lab.counts()["a", "b"]["full"] > 1000

        wait_until(is_full)
    with echo(lab, "a") as port:
        connect(lab, "home", "a", port).close()  # others have room


def test_a_matrix_that_is_wrong_is_refused_and_the_old_one_stays(lab):
    with pytest.raises(ValueError, match="loss: is no number from 0 to 1"):
        lab.set_way("a", "b", loss=1.5)
    assert lab.way("a", "b").loss == 0
    lab.set_delay("a", "b", 30)
    with echo(lab, "b") as port:
        assert connect_ms(lab, "a", "b", port) >= 60


def test_labs_stand_side_by_side(lab):
    with Lab(["a", "b"], {("home", "b"): 60}) as other:
        assert other.address("b") != lab.address("b")
        with echo(lab, "b") as port:
            connect(lab, "home", "b", port).close()
        with echo(other, "b") as port:
            assert connect_ms(other, "home", "b", port) >= 120


KILLED = """
import subprocess, time
from netlab.lab import Lab
with Lab(["a"]) as lab:
    command = ["sh", "-c", "echo is there; exec sleep 1000"]
    process = lab.run("a", command, stdout=subprocess.PIPE)
    process.stdout.readline()
    print(process.pid, lab.address("home"), lab._directory, flush=True)
    time.sleep(1000)
"""


def test_nothing_is_left_of_a_lab_whose_owner_is_killed():
    command = [sys.executable, "-c", KILLED]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=sys.path[0])
    process, address, directory = owner.stdout.readline().split()
    owner.stdout.close()
    assert _is_here(address)
    owner.kill()
    owner.wait()
    wait_until(lambda: not _is_here(address))
    wait_until(lambda: not _is_running(process) and not os.path.exists(directory))


def _is_here(address: str) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind((address, 0))
        return True
    return False


def _is_running(process: str) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_500_requests_a_second_cost_little(lab):
    seconds, clients = 4, 20

    def ask(port: int) -> None:
        with connect(lab, "a", "b", port) as client:
            due = time.monotonic()
            for _ in range(500 * seconds // clients):
                due += clients / 500
                client.sendall(b"x" * 500)
                left = 500
                while left:
                    left -= len(client.recv(500))
                time.sleep(max(0, due - time.monotonic()))

    with echo(lab, "b") as port:
        begin = time.monotonic()
        threads = [threading.Thread(target=ask, args=[port]) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begin
    packets = sum(lab.counts()[way]["packets"] for way in (("a", "b"), ("b", "a")))
    share = lab.cpu_seconds() / took
    print(f"{500 * seconds / took:.0f} requests/s, {packets / took:.0f} packets/s: "
          f"{share:.1%} of a core")  # fmt: skip
    assert packets >= 2 * 500 * seconds
