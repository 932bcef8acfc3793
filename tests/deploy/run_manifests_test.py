"""The services run by the built manifests' own commands, and give what `silhouette run` gives. loopback.py tells what
is put in the place of what."""

import functools
import json
import os
import re
import shutil
import subprocess
import threading
import time
import unittest

import manifests
from kubectl import harness
from loopback import Loopback
from manifests import SERVICES, gibibytes
from four_processes_test import identity, verdict_lines


@functools.cache
def alone():
    status, out, errors = harness.run_tool("run", harness.SAMPLE, "--all", "--json")
    assert status == 0, errors
    return out


def wait_for_probes(pods):
    """All probes succeed, in the time that they give."""
    for name in SERVICES:
        container = pods.running[name]
        probe = container.pod.container["startupProbe"]
        seconds = probe["periodSeconds"] * probe["failureThreshold"]
        if harness.IS_SANITIZED:
            seconds = harness.TIMEOUT_S
        container.wait_for("listens on ports")
        harness.wait_until(lambda: container.is_healthy("startupProbe"), name + " starts", seconds)
        harness.wait_until(lambda: container.is_healthy("readinessProbe"), name + " is ready")
        assert container.is_healthy("livenessProbe"), name


def stored(pods, *which):
    """(verdict lines, summary) of the conversations of the gateway's newest run, or of another."""
    out = pods.tool("timeline", "--all", "--json", *which)
    (summary,) = harness.json_lines(out, "summary")
    summary["subjects"] = [subject for subject in summary["subjects"]
                           if subject["model"] == "presence"]
    return verdict_lines(out), summary


def delete_all(pods):
    """As when everything is deleted at once: in each pod preStop, then SIGTERM. Returns {name: (status, seconds)}."""
    ended = {}
    begin = time.monotonic()

    def end(name, container):
        hook = container.pod.container.get("lifecycle", {}).get("preStop")
        if hook:
            subprocess.run(hook["exec"]["command"], check=True, timeout=harness.TIMEOUT_S)
        ended[name] = container.stop(), time.monotonic() - begin
    threads = [threading.Thread(target=end, args=each) for each in pods.running.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


class Cluster:
    """One cluster of manifests.CLUSTERS, whose name is `cluster`."""

    @classmethod
    def setUpClass(cls):
        cls.pods = Loopback(cls.cluster)
        cls.addClassCleanup(cls.pods.__exit__)
        # In the order of the worst case: nobody finds the next one at first.
        for name in SERVICES:
            cls.pods.start(name)
        wait_for_probes(cls.pods)
        cls.pods.running["capture-svc"].wait_for("ended, ")

    def test_verdicts_are_those_of_one_process_byte_for_byte(self):
        verdicts, summary = stored(self.pods, "--origin", "file:call.pcap")
        self.assertEqual(len(verdicts), 240)
        self.assertEqual(verdicts, verdict_lines(alone()))
        (expected,) = harness.json_lines(alone(), "summary")
        self.assertEqual(summary["subjects"], expected["subjects"])
        self.assertEqual(summary["packets"], expected["packets"])

    def test_the_gateway_finds_all_services_by_their_names(self):
        (status,) = map(json.loads, self.pods.tool("status", "--json").splitlines())
        self.assertEqual(
            [(each["service"], each["address"], each["serving"]) for each in status["services"]],
            [(name, "" if name == "gateway" else self.pods.running[name].address(), True)
             for name in SERVICES])

    def test_metrics_are_where_prometheus_is_sent(self):
        for name in SERVICES:
            received, went = identity(self.pods.running[name].metrics(), name.removesuffix("-svc"))
            self.assertGreaterEqual(received, 28751, name)
            self.assertEqual(went, received, name)

    def test_the_sample_fits_into_the_memory_that_is_requested(self):
        if harness.IS_SANITIZED:
            self.skipTest("a sanitizer takes memory of its own")
        for name in SERVICES:
            container = self.pods.running[name]
            with open("/proc/%d/status" % container.process.pid, encoding="utf-8") as file:
                (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", file.read())
            requested = container.pod.container["resources"]["requests"]["memory"]
            self.assertLess(int(peak) / 2**20, gibibytes(requested), name)

    def test_pods_of_the_indexed_job_hand_in_their_share_once(self):
        folder = self.pods.volume(self.pods.manifests.pod("submit"), "captures")
        for number in range(1, 7):
            shutil.copy(harness.SAMPLE, os.path.join(folder, "day %d.pcap" % number))
        with open(os.path.join(folder, "day 7.pcap"), "w", encoding="utf-8") as file:
            file.write("not a capture")
        os.mkdir(os.path.join(folder, "older"))
        for index in (0, 1, 0):  # one is started again
            status, said = self.pods.run_job("submit", index)
            self.assertEqual(status, 0, said)
        # A bad one among good ones is told of, and fails no pod.
        status, said = self.pods.run_job("submit", 2)
        self.assertEqual(status, 0, said)
        self.assertIn("1 of 2 failed: day 7.pcap", said)
        jobs = [json.loads(line) for line in self.pods.tool("jobs", "--json").splitlines()]
        # Of 4 shares: the 1st and the 5th file, the 2nd and the 6th, the 3rd; the 7th is the bad one.
        self.assertEqual(sorted((job["name"], job["state"]) for job in jobs),
                         [("day %d.pcap" % number, "JOB_STATE_DONE") for number in (1, 2, 3, 5, 6)])
        for job in jobs:
            verdicts, _ = stored(self.pods, "--origin", job["origin"])
            self.assertEqual(
                [json.loads(line)["verdict"]["probability"] for line in verdicts],
                [json.loads(line)["verdict"]["probability"] for line in verdict_lines(alone())])


class Dev(Cluster, unittest.TestCase):
    cluster = "dev"


class Prod(Cluster, unittest.TestCase):
    cluster = "prod"

    def test_without_a_certificate_nobody_is_served(self):
        status, _, errors = harness.run_tool(
            "timeline", "--gateway", self.pods.running["gateway"].address())
        self.assertEqual(status, 1)
        self.assertIn("TLS", errors)


class Deletion(unittest.TestCase):
    def test_when_everything_ends_at_once_nothing_that_was_read_is_lost(self):
        with Loopback("dev") as pods:
            for name in SERVICES:
                pods.start(name)
            wait_for_probes(pods)
            received = "silhouette_gateway_received_packets_total"
            harness.wait_until(lambda: pods.running["gateway"].metrics().get(received, 0) > 5000,
                               "packets come through")
            ended = delete_all(pods)
            for name, (status, seconds) in ended.items():
                # A replay that is stopped in its middle says so by its status; an interface has no end.
                self.assertEqual(status, 1 if name == "capture-svc" else 0, name)
                allowed_s = pods.manifests.pod(name).spec["terminationGracePeriodSeconds"]
                self.assertLess(seconds, allowed_s, name)
            log = pods.running["capture-svc"].log
            (read,) = re.findall(r"ended, (\d+) packets received", "\n".join(log))
            self.assertIn("stopped behind packet " + read, log[-1])
            pods.start("gateway").wait_for("listens on ports")
            verdicts, summary = stored(pods)
        self.assertLess(int(read), 28751)  # it was in the middle
        self.assertEqual([summary["packets"][term] for term in ("received", "windowed")],
                         [int(read)] * 2)
        # The last window is cut where the capture ended.
        self.assertGreater(len(verdicts), 20)
        self.assertEqual(verdicts[:-1], verdict_lines(alone())[:len(verdicts) - 1])


if __name__ == "__main__":
    unittest.main()
