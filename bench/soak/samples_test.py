"""Whether memory is flat."""

from __future__ import annotations

import unittest

from samples import Sample, memory_of, slope, thinned


def run_of(*resident_mib: float) -> list[Sample]:
    """A sample each ten seconds."""
    return [Sample(10.0 * i, mib, 0.0, 0.0) for i, mib in enumerate(resident_mib)]


class Slopes(unittest.TestCase):
    def test_a_line_has_its_own(self) -> None:
        self.assertAlmostEqual(slope([(x, 3 + 2 * x) for x in range(10)]), 2)

    def test_of_too_little_there_is_none(self) -> None:
        self.assertEqual(slope([]), 0)
        self.assertEqual(slope([(1, 5)]), 0)
        self.assertEqual(slope([(1, 5), (1, 6)]), 0)


class Flatness(unittest.TestCase):
    def test_what_stays_is_flat_whatever_it_did_at_the_start(self) -> None:
        memory = memory_of(run_of(*[10.0 * i for i in range(10)], *[100.0] * 40))
        self.assertTrue(memory.is_flat)
        self.assertEqual((memory.first_mib, memory.peak_mib), (100, 100))

    def test_a_minute_of_a_short_run_is_the_start_but_never_more_than_half(self) -> None:
        self.assertTrue(memory_of(run_of(*[10.0 * i for i in range(6)], *[60.0] * 8)).is_flat)
        self.assertFalse(memory_of(run_of(*[10.0 * i for i in range(6)])).is_flat)

    def test_what_goes_up_and_down_is_flat(self) -> None:
        self.assertTrue(memory_of(run_of(*[80.0, 120.0] * 50)).is_flat)

    def test_what_grows_by_more_than_a_twentieth_is_not(self) -> None:
        self.assertTrue(memory_of(run_of(*[100 + 0.04 * i for i in range(100)])).is_flat)
        leak = memory_of(run_of(*[100 + 0.1 * i for i in range(100)]))
        self.assertFalse(leak.is_flat)
        self.assertAlmostEqual(leak.mib_per_hour, 36)

    def test_a_few_mib_are_the_allocators(self) -> None:
        self.assertTrue(memory_of(run_of(*[20 + 0.05 * i for i in range(100)])).is_flat)
        self.assertFalse(memory_of(run_of(*[20 + 0.06 * i for i in range(100)])).is_flat)


class Thinning(unittest.TestCase):
    def test_the_last_one_is_always_there(self) -> None:
        for count in (1, 9, 10, 11, 100, 105):
            samples = run_of(*[1.0] * count)
            self.assertIs(thinned(samples, 10)[-1], samples[-1])
            self.assertLessEqual(len(thinned(samples, 10)), 21)


if __name__ == "__main__":
    unittest.main()
