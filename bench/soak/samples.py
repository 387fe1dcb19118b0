"""What a process took over time, and whether it grew."""

from __future__ import annotations

from dataclasses import dataclass

# Caches fill, series appear: this part of the time does not count, at least a minute of it, at most
# half of it.
WARM_UP, WARM_UP_S, MOST_WARM_UP = 0.25, 60.0, 0.5
LEAST_GROWTH_MIB = 4.0  # what an allocator may do within any time
MOST_GROWTH = 0.05  # of the memory it has


@dataclass
class Sample:
    seconds: float  # since the start
    resident_mib: float
    cpu_s: float
    queued_mib: float


def slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line nearest to the points; 0 of fewer than two."""
    count = len(points)
    if count < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


@dataclass
class Memory:
    mib_per_hour: float
    grown_mib: float  # along that line, after the warm-up
    mean_mib: float
    first_mib: float  # after the warm-up
    peak_mib: float

    @property
    def is_flat(self) -> bool:
        return self.grown_mib <= max(LEAST_GROWTH_MIB, MOST_GROWTH * self.mean_mib)


def memory_of(samples: list[Sample]) -> Memory:
    """Of at least one sample."""
    last = samples[-1].seconds
    begins = min(max(WARM_UP * last, WARM_UP_S), MOST_WARM_UP * last)
    warm = [one for one in samples if one.seconds >= begins]
    per_s = slope([(one.seconds, one.resident_mib) for one in warm])
    resident = [one.resident_mib for one in warm]
    return Memory(per_s * 3600, per_s * (last - warm[0].seconds), sum(resident) / len(resident),
                  resident[0], max(one.resident_mib for one in samples))


def thinned(samples: list[Sample], most: int) -> list[Sample]:
    """About that many of them, evenly, with the last one."""
    step = max(len(samples) // most, 1)
    return samples[::step] + ([] if (len(samples) - 1) % step == 0 else samples[-1:])
