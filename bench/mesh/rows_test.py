"""What is made of what the simulated Envoys report."""

from __future__ import annotations

import unittest

import bars
import judging
import rows
from rows import Seen

NOTHING = {"responses": 0, "resources": 0, "removed": 0, "bytes": 0, "proxies": 0}
BY_NAME = {row.name: row for row in rows.ROWS}


def report(**types: dict) -> dict:
    kinds = (*rows.CONFIGURATION, "secret")
    return {"proxies": 2, "stalls": 0,
            "types": {kind: NOTHING | types.get(kind, {}) for kind in kinds}}


class Changes(unittest.TestCase):
    def test_a_change_lasts_until_the_last_has_answered(self) -> None:
        seen = Seen()
        seen.add(BY_NAME["timeout"], report(), {"sidecar": [3.0, 9.0], "gateway-edge": [4.0]})
        seen.add(BY_NAME["timeout"], report(), {"sidecar": [5.0]})
        self.assertEqual(seen.until_all_ms, [9.0, 5.0])
        self.assertEqual(sorted(seen.ms), [3.0, 4.0, 5.0, 9.0])

    def test_of_a_toggle_only_edges_count(self) -> None:
        seen = Seen()
        seen.add(BY_NAME["toggle"], report(), {"sidecar": [90.0], "gateway-edge": [4.0, 6.0]})
        self.assertEqual((seen.ms, seen.until_all_ms), ([4.0, 6.0], [6.0]))

    def test_what_is_no_endpoint_is_stray_where_an_endpoint_moves(self) -> None:
        seen = Seen()
        sent = report(endpoint={"resources": 2, "bytes": 800}, listener={"removed": 1},
                      cluster={"resources": 3})
        seen.add(BY_NAME["endpoint"], sent, {"sidecar": [1.0]})
        self.assertEqual((seen.resources, seen.stray, seen.bytes), (5, 4, 800))


class Restarts(unittest.TestCase):
    def test_new_secrets_are_not_sent_again(self) -> None:
        sent = report(secret={"resources": 7}, route={"resources": 2})
        self.assertEqual(rows.sent_again(sent), 2)
        self.assertEqual(rows.sent(sent)["resources"], 9)


class Bars(unittest.TestCase):
    def test_a_row_that_failed_has_no_figure(self) -> None:
        failed = {"row": "endpoint", "server": "clew mesh", "failed": "never"}
        verdicts = judging.judge_all(bars.of(["endpoint"]), {"changes": [failed], "events": []})
        self.assertEqual([one["met"] for one in verdicts if "endpoint change" in one["bar"]],
                         [False, False])

    def test_there_are_bars_for_every_row(self) -> None:
        self.assertGreater(len(bars.of(rows.NAMES)), len(bars.of([])))


if __name__ == "__main__":
    unittest.main()
