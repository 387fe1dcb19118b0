"""What happens to the mesh, one after the other, and what clients see of it."""

from __future__ import annotations

import collections
import dataclasses
import time
from collections.abc import Callable, Iterable

from lab_mesh import DELAYS, EDGES, HOT, HOT_CAPACITY, MeshLab, Size, by_nearness
from netlab.load import Record

SLOW_MS = 1000  # an answer that takes longer is not "back to normal"


@dataclasses.dataclass
class Scene:
    world: MeshLab
    size: Size
    records: list[Record]  # of all loads so far

    @property
    def services(self) -> list[str]:
        return [name for name in self.world.services if name != HOT]

    def run(self, rate: float, seconds: float, services: list[str], **where) -> list[Record]:
        """Records of a steady load."""
        with self.world.load(rate, services, **where) as load:
            time.sleep(seconds)
        return self.keep(load.records())

    def keep(self, records: list[Record]) -> list[Record]:
        self.records += records
        return records


def steady(scene: Scene, seconds: float) -> dict:
    """Nothing happens."""
    records = scene.run(scene.size.rate, seconds, scene.services)
    row = _row("steady", "nothing happens", records)
    row["nearest"] = _share(records, lambda one: one.core == by_nearness(one.edge)[0])
    return row


def outage(scene: Scene, seconds: float, core: str = "fra") -> list[dict]:
    """A core location vanishes, as if the power were gone, and comes back."""
    concerned = [edge for edge in EDGES if by_nearness(edge)[0] == core]
    with scene.world.load(scene.size.rate, scene.services) as load:
        time.sleep(5)
        down = time.monotonic()
        scene.world.lab.down(core)
        time.sleep(seconds)
        up = time.monotonic()
        scene.world.lab.up(core)
        # Ten seconds of answers, eight of steps, and some more.
        time.sleep(25)
    records = scene.keep(load.records())
    window = [one for one in records if down - 1 <= one.begin < up]
    row = _row("outage", f"{core} is gone", window)
    late = [one.begin - down for one in window if one.begin >= down and _is_bad(one)]
    row["normal_s"] = max(late, default=0.0)
    row["failover_to_next"] = _share(
        [one for one in window if one.begin > down + 2 and one.edge in concerned],
        lambda one: one.core == by_nearness(one.edge)[1])
    back = [one for one in records if one.begin >= up]
    recovery = _row("recovery", f"{core} is back", back)
    home = [one for one in back if one.core == core]
    normal = scene.size.rate * len(concerned) / len(EDGES)
    recovery["most_of_normal"] = _most_per_second(home) / normal
    recovery["back_s"] = _until_steady(back, concerned, core, up)
    return [row, recovery]


def spill(scene: Scene, seconds: float, edge: str = "nyc") -> dict:
    """One edge has twice as many requests for a service as its nearest core location can take."""
    rate = 2 * HOT_CAPACITY
    scene.run(rate, 15, [HOT], edges=[edge])  # until it is known how many there are
    records = scene.run(rate, seconds, [HOT], edges=[edge])
    row = _row("spill", f"{HOT} at twice what {by_nearness(edge)[0]} can take", records)
    nearest, second = by_nearness(edge)[:2]
    row["spilled"] = _share(records, lambda one: one.core == second)
    row["off_optimum"] = abs(row["spilled"] - (1 - HOT_CAPACITY / rate))
    row["elsewhere"] = _share(records, lambda one: one.core not in (nearest, second))
    return row


def longer_way(scene: Scene, seconds: float, edge: str = "sin", core: str = "tyo") -> dict:
    """The way to the nearest core location gets 50 ms longer, for good."""
    delay = DELAYS[edge, core]
    with scene.world.load(scene.size.rate, scene.services) as load:
        time.sleep(5)
        longer = time.monotonic()
        scene.world.lab.set_delay(edge, core, delay + 25)  # of each way
        time.sleep(15)
        moved = time.monotonic()
        time.sleep(seconds)
    records = load.records()
    scene.world.lab.set_delay(edge, core, delay)
    row = _row("way", f"{edge} → {core}: 50 ms more", records)
    next_best = by_nearness(edge)[1]
    there = [one.begin - longer for one in records if one.edge == edge and one.core == next_best]
    row["moved_s"] = min((at for at in there if at > 0), default=None)
    row["flaps"] = sum(_changes(one for one in records if one.begin > moved and one.edge == each)
                       for each in EDGES)
    return row


def explained(scene: Scene, expected: Callable[[Record], set[str]]) -> dict:
    """Whether the spans of edges name the core location that answered, and the right reason."""
    records = {one.trace: one for one in scene.records if one.status == 200}
    choices = collections.defaultdict(list)
    for choice in scene.world.choices():
        choices[choice.trace].append(choice)
    right = wrong = 0
    examples = []
    for trace, made in choices.items():
        record = records.get(trace)
        if record is None:
            continue
        last = max(made, key=lambda choice: choice.begin_ns)
        fine = last.core == record.core and last.reason in expected(record)
        right, wrong = right + fine, wrong + (not fine)
        if not fine and len(examples) < 3:
            examples.append(f"{record.edge}: {last.core} {last.reason}, was {record.core}")
    return {"row": "tag", "what": "tags of the edges' spans", "server": "clew mesh", "failed": "",
            "spans": right + wrong, "right": right / (right + wrong) if right + wrong else None,
            "examples": examples}


def _row(name: str, what: str, records: list[Record]) -> dict:
    failed = [one for one in records if one.status != 200]
    times = sorted(one.ms for one in records)
    return {"row": name, "what": what, "server": "clew mesh", "failed": "",
            "requests": len(records), "errors": len(failed),
            "error_ratio": len(failed) / max(len(records), 1),
            "kinds": dict(collections.Counter(one.error or one.status for one in failed)),
            "p50_ms": times[len(times) // 2] if times else None,
            "max_ms": times[-1] if times else None}


def _is_bad(record: Record) -> bool:
    return record.status != 200 or record.ms > SLOW_MS


def _share(records: list[Record], what: Callable[[Record], bool]) -> float:
    return sum(map(what, records)) / max(len(records), 1)


def _per_second(records: Iterable[Record]) -> dict[int, list[Record]]:
    seconds = collections.defaultdict(list)
    for one in records:
        seconds[int(one.begin)].append(one)
    return seconds


def _most_per_second(records: list[Record]) -> int:
    return max((len(one) for one in _per_second(records).values()), default=0)


def _until_steady(records: list[Record], edges: list[str], core: str, begin: float) -> float | None:
    """Seconds until the edges have all of a second's requests answered by the core location."""
    for second, those in sorted(_per_second(one for one in records if one.edge in edges).items()):
        if all(one.core == core for one in those):
            return second - begin
    return None


def _changes(records: Iterable[Record]) -> int:
    """How often most of a second's requests are answered elsewhere than in the second before."""
    most = [collections.Counter(one.core for one in those).most_common(1)[0][0]
            for _, those in sorted(_per_second(records).items())]
    return sum(a != b for a, b in zip(most, most[1:]))


