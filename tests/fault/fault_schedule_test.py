"""Schedules are what their seed says, and cover what can go wrong."""

import collections
import unittest

from fault_schedule import KINDS, LINKS, SERVICES, Fault, make_schedule

SEEDS = range(200)


class Schedules(unittest.TestCase):
    def test_the_same_seed_gives_the_same_schedule_and_another_seed_another(self):
        self.assertEqual([make_schedule(seed) for seed in SEEDS],
                         [make_schedule(seed) for seed in SEEDS])
        self.assertEqual(len({make_schedule(seed).faults for seed in SEEDS}), len(SEEDS))

    def test_each_kills_each_service_while_there_is_much_to_do(self):
        for seed in SEEDS:
            early = {fault.target for fault in make_schedule(seed).faults
                     if fault.kind == "kill" and fault.share < 0.8}
            self.assertEqual(early, set(SERVICES), seed)

    def test_together_they_do_everything_to_everything_at_all_times(self):
        faults = [fault for seed in SEEDS for fault in make_schedule(seed).faults]
        for kind, (targets, _, _, _) in KINDS.items():
            hit = collections.Counter(fault.target for fault in faults if fault.kind == kind)
            self.assertEqual(set(hit), set(targets), kind)
        self.assertEqual({fault.link for fault in faults}, set(LINKS))
        self.assertEqual({int(10 * fault.share) for fault in faults}, set(range(10)))
        self.assertEqual({make_schedule(seed).source for seed in SEEDS}, {"file", "replay"})

    def test_some_kill_two_services_at_once(self):
        def has_pair(schedule):
            moments = [(fault.link, fault.share) for fault in schedule.faults]
            return len(set(moments)) < len(moments)
        self.assertGreater(sum(has_pair(make_schedule(seed)) for seed in SEEDS), 20)

    def test_without_a_small_disk_only_the_fills_are_missing(self):
        for seed in SEEDS:
            self.assertEqual(make_schedule(seed, has_small_disk=False).faults,
                             tuple(fault for fault in make_schedule(seed).faults
                                   if fault.kind != "fill"))

    def test_a_fault_says_what_it_does(self):
        self.assertEqual(str(Fault("kill", "gateway", "capture-feature", 0.25, 0.5)),
                         "kill gateway at 25.0 % of capture-feature, started again after 0.50 s")


if __name__ == "__main__":
    unittest.main()
