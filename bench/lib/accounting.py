"""What the system says about a process and its files: CPU time, memory, disk, page cache."""

from __future__ import annotations

import os
import pathlib
import time

TICKS = os.sysconf("SC_CLK_TCK")
POLL_S = 0.5
IDLE_SHARE = 0.02  # of a core


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far, all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _status_mib(pid: int, key: str) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {key}")


def peak_mib(pid: int) -> float:
    """Peak resident memory."""
    return _status_mib(pid, "VmHWM")


def resident_mib(pid: int) -> float:
    """Resident memory now."""
    return _status_mib(pid, "VmRSS")


def udp_drops(port: int) -> int:
    """Packets to sockets on that port, of either IP version, that the system could not deliver:
    their buffers were full."""
    drops = 0
    for table in ("udp", "udp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[1].rsplit(":", 1)[1], 16) == port:
                drops += int(fields[-1])
    return drops


def disk_bytes(directory: pathlib.Path) -> int:
    """What the files below occupy, holes not counted; a file that goes meanwhile counts nothing."""
    total = 0
    for file in directory.rglob("*"):
        try:
            if file.is_file():
                total += file.stat().st_blocks * 512
        except FileNotFoundError:
            continue
    return total


def wait_until_idle(pid: int, quiet_s: float, timeout_s: float = 900) -> tuple[float, bool]:
    """Waits until the process used less than 2 % of a core for `quiet_s`. When it was last busy
    (time.monotonic()), and whether it did become idle in time."""
    samples = [(time.monotonic(), cpu_seconds(pid))]
    gives_up = samples[0][0] + timeout_s
    while samples[-1][0] < gives_up:
        time.sleep(POLL_S)
        samples.append((time.monotonic(), cpu_seconds(pid)))
        while len(samples) > 2 and samples[-1][0] - samples[1][0] >= quiet_s:
            samples.pop(0)
        span_s = samples[-1][0] - samples[0][0]
        used = samples[-1][1] - samples[0][1]
        if span_s >= quiet_s and used < IDLE_SHARE * span_s:
            return samples[0][0], True
    return samples[-1][0], False


def drop_page_cache() -> bool:
    """Writes dirty pages back and empties the page cache; False where that is not allowed."""
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True
