"""Whatever is killed, stopped, cut, slowed or full: once all is back, the store holds what it holds
after an undisturbed run. `./dev bench faults` does the same more often."""

import collections
import contextlib
import copy
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import fault_run
import fault_series
import small_disk
import store_contents
from fault_player import FaultPlayer
from fault_schedule import SERVICES, Fault
from fault_suite import FaultSuite, harness

# A sanitizer makes everything slower.
SEEDS = range(1, 5) if harness.IS_SANITIZED else range(1, 21)
ENOUGH = 3  # failed schedules tell what there is to tell

NO_DISK = ""


def setUpModule():
    """Before there are threads."""
    global NO_DISK
    NO_DISK = small_disk.enter_own_mounts()
    if NO_DISK:
        print("no full disks: " + NO_DISK, file=sys.stderr)


def has_ended(pid):
    """Or only waits for somebody to ask for its status."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def children():
    """Of this process."""
    found = []
    for task in os.listdir("/proc/self/task"):
        with open("/proc/self/task/%s/children" % task, encoding="ascii") as file:
            found += map(int, file.read().split())
    return found


class Schedules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.series = fault_series.FaultSeries(has_small_disk=not NO_DISK)
        cls.addClassCleanup(cls.series.close)

    def test_every_schedule_gives_what_the_undisturbed_run_gives(self):
        failed, hits = [], collections.Counter()
        with contextlib.closing(self.series.run(SEEDS)) as runs:
            for schedule, outcome in runs:
                hits += outcome.hits
                if outcome.problems:
                    failed.append(fault_series.report(schedule, outcome))
                if len(failed) == ENOUGH:
                    break
        if failed:
            self.fail("%d schedules or more:\n\n%s" % (len(failed), "\n\n".join(failed)))
        self.assertGreaterEqual(hits["kill"], 3 * len(SEEDS))

    def test_slow_links_and_stopped_processes_change_nothing(self):
        faults = [Fault("slow", "classify-gateway", "capture-feature", 0.1, 0.5),
                  Fault("slow", "feature-classify", "capture-feature", 0.5, 0.5)]
        for number, name in enumerate(("capture-svc", "feature-svc", "classify-svc", "gateway")):
            faults.append(Fault("stop", name, "classify-gateway", 0.1 + 0.2 * number, 0.5))
        outcome = fault_run.run_disturbed(faults, self.series.undisturbed["file"])
        self.assertEqual(outcome.problems, [], outcome.logs)
        self.assertEqual(outcome.hits, {"slow": 2, "stop": 4})


    def test_a_killed_capture_that_reads_its_files_again_under_the_same_name_adds_what_is_missing(self):
        undisturbed = self.series.undisturbed["file"]
        rates = {name: link.bytes_per_s for name, link in undisturbed.links.items()}
        stored = undisturbed.links["classify-gateway"].carried_bytes
        with FaultSuite((*undisturbed.capture_args, "--run", "mine"), rates, False) as suite:
            for share in (0.2, 0.6):
                harness.wait_until(
                    lambda: suite.carried_bytes()["classify-gateway"] > share * stored, "progress")
                self.assertTrue(suite.is_capturing())
                suite.kill("capture-svc")
                suite.start("capture-svc")
            self.assertEqual(suite.services["capture-svc"].process.wait(harness.TIMEOUT_S), 0)
            for name in SERVICES:
                suite.kill(name)
            contents = store_contents.read(suite.store)
        self.assertEqual(store_contents.differences(undisturbed.contents, contents), [])
        self.assertEqual(store_contents.broken_accounts(contents), [])


class WhatIsNoticed(unittest.TestCase):
    """A run that goes wrong is told as one that went wrong, soon."""

    @classmethod
    def setUpClass(cls):
        cls.undisturbed = fault_run.run_undisturbed(("--file", harness.SAMPLE),
                                                    fault_series.UNLIMITED)

    def test_a_store_that_is_not_the_same(self):
        expected = copy.deepcopy(self.undisturbed)
        rows = next(iter(expected.contents.verdicts.values()))
        rows[0] = (*rows[0][:-1], "00")
        outcome = fault_run.run_disturbed((), expected)
        self.assertEqual(len(outcome.problems), 1)
        self.assertRegex(outcome.problems[0], "^verdict different: .* instead of 00$")

    def test_a_capture_that_fails(self):
        wrong = fault_run.Undisturbed(("--file", "missing.pcap"), self.undisturbed.links,
                                      self.undisturbed.contents)
        outcome = fault_run.run_disturbed((), wrong)
        self.assertEqual(outcome.problems[0], "capture-svc ended with status 1")
        self.assertIn("missing.pcap", outcome.logs)

    def test_a_service_that_ends_by_itself(self):
        with FaultSuite(("--file", harness.SAMPLE), fault_series.UNLIMITED, False) as suite:
            player = FaultPlayer(suite, (), {})
            player.step()
            suite.services["gateway"].process.kill()
            suite.services["gateway"].process.wait(harness.TIMEOUT_S)
            with self.assertRaisesRegex(AssertionError, "gateway ended by itself with status -9"):
                player.step()

    def test_a_kill_that_never_came(self):
        late = Fault("kill", "gateway", "capture-feature", 1000, 0.1)
        outcome = fault_run.run_disturbed([late], self.undisturbed)
        self.assertEqual(outcome.problems,
                         ["no test: the run ended before the kills of gateway"])


class NothingOutlives(unittest.TestCase):
    def test_an_interrupted_run(self):
        before = children()
        stopping = threading.Event()
        stopping.set()
        undisturbed = fault_run.Undisturbed(("--file", harness.SAMPLE), {
            name: fault_run.Link(1000, 1000) for name in fault_series.UNLIMITED}, None)
        with self.assertRaises(fault_run.Interrupted):
            fault_run.run_disturbed([Fault("stop", "gateway", "capture-feature", 0, 60)],
                                    undisturbed, stopping=stopping)
        self.assertEqual(children(), before)

    def test_a_killed_harness(self):
        source = ("import fault_series as f\n"
                  "from fault_suite import FaultSuite\n"
                  "with FaultSuite(('--file', f.harness.SAMPLE), f.UNLIMITED, False) as suite:\n"
                  "    print(*(s.process.pid for s in suite.services.values()), flush=True)\n"
                  "    input()\n")
        folder = tempfile.TemporaryDirectory()  # for what nobody is left to remove
        self.addCleanup(folder.cleanup)
        process = subprocess.Popen([sys.executable, "-c", source], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True,
                                   cwd=os.path.dirname(os.path.abspath(__file__)),
                                   env={**os.environ, "TMPDIR": folder.name})
        with process:
            services = list(map(int, process.stdout.readline().split()))
            self.assertEqual(len(services), 4)
            process.send_signal(signal.SIGKILL)
        harness.wait_until(lambda: all(map(has_ended, services)), "the services' end")


if __name__ == "__main__":
    unittest.main()
