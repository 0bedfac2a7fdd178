"""The judges of the fault matrix must see what they are there for: each is shown a breach."""

import unittest

from observe import Row, Sampler, acked_by_deposed, longest_gap, slowest

HOSTS = {"a": "10.0.0.1", "b": "10.0.0.2"}


def write(number, outcome, sent, answered, host="10.0.0.1"):
    return Row(f"{number}\t{outcome}\t{int(sent * 1e6)}\t{int(answered * 1e6)}\t{host}\n")


def looked(node, at, timeline=1, is_open=True):
    return {"node": node, "at": at, "timeline": timeline, "open": is_open}


def sampler(*samples):
    result = Sampler(None)
    result.samples = list(samples)
    return result


class Judges(unittest.TestCase):
    def test_a_row_that_a_deposed_primary_acknowledges_is_seen(self):
        openings = sampler(looked("a", 1.0, 1), looked("b", 5.0, 2)).openings()
        self.assertEqual(openings, [(1.0, "a", 1), (5.0, "b", 2)])
        # Sent before the other one opened, it may have been on its way back all the time.
        self.assertEqual(acked_by_deposed([write(1, "ack", 4.9, 5.5)], openings, HOSTS), [])
        self.assertEqual(acked_by_deposed([write(2, "unknown", 5.1, 5.5)], openings, HOSTS), [])
        self.assertEqual(acked_by_deposed([write(3, "ack", 5.1, 5.2, HOSTS["b"])], openings, HOSTS), [])
        self.assertEqual(acked_by_deposed([write(4, "ack", 5.1, 5.2)], openings, HOSTS), [(4, HOSTS["a"], "b")])

    def test_a_node_that_is_primary_a_second_time_is_not_deposed(self):
        openings = sampler(looked("a", 1.0, 1), looked("b", 5.0, 2), looked("a", 9.0, 3)).openings()
        self.assertEqual(acked_by_deposed([write(1, "ack", 9.1, 9.2)], openings, HOSTS), [])

    def test_a_primary_may_serve_before_the_sampler_sees_it_open(self):
        openings = sampler(looked("a", 1.0, 1), looked("b", 5.0, 2)).openings()
        self.assertEqual(acked_by_deposed([write(1, "ack", 4.7, 4.8, HOSTS["b"])], openings, HOSTS), [])
        self.assertEqual(acked_by_deposed([write(2, "ack", 4.3, 4.4, HOSTS["b"])], openings, HOSTS),
                         [(2, HOSTS["b"], "a")])

    def test_two_that_are_open_at_once_are_seen(self):
        both, who = sampler(looked("a", 1.0), looked("a", 1.1), looked("a", 1.2), looked("a", 1.3, is_open=False),
                            looked("b", 1.1, 2), looked("b", 1.4, 2)).open_together()
        self.assertAlmostEqual(both, 0.1, places=3)
        self.assertIn("a (timeline 1) and b (timeline 2)", who)

    def test_one_after_the_other_is_no_breach(self):
        self.assertEqual(sampler(looked("a", 1.0), looked("a", 1.1), looked("b", 1.2, 2)).open_together(), (0.0, None))

    def test_a_machine_that_stood_still_was_not_open_meanwhile(self):
        samples = [looked("a", 1.0), looked("a", 9.0), looked("b", 2.0, 2), *(looked("b", 2 + i / 10, 2) for i in range(90))]
        self.assertEqual(sampler(*samples).open_together(), (0.0, None))
        both, _ = sampler(*samples, looked("a", 9.2)).open_together()
        self.assertAlmostEqual(both, 0.2, places=3)

    def test_the_gap_is_the_longest_that_the_fault_touches(self):
        acks = [write(i, "ack", at, at) for i, at in enumerate((1.0, 4.0, 4.1, 6.1, 6.2))]
        self.assertAlmostEqual(longest_gap(acks, begin=4.05, end=6.2), 2.0, places=3)
        self.assertAlmostEqual(longest_gap(acks, begin=3.0, end=6.2), 3.0, places=3)
        self.assertAlmostEqual(longest_gap(acks, begin=6.15, end=9.2), 3.0, places=3)

    def test_the_share_of_slow_writes_is_found(self):
        rows = [write(i, "ack", i, i + (2.0 if i >= 90 else 0.1)) for i in range(100)]
        self.assertAlmostEqual(slowest(rows, 0, 0.5), 0.1, places=3)
        self.assertAlmostEqual(slowest(rows, 0, 0.99), 2.0, places=3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
