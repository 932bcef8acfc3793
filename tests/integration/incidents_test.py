"""`silhouette incidents`: those there are, and those that come, over a restart of the gateway too."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import unittest
import urllib.request

import device_verdicts
import harness
from device_verdicts import START_NS, WINDOW_NS, push, verdict

PHONE, CAMERA = "192.168.1.20", "192.168.1.30"


class Follower:
    """A running `silhouette incidents --follow` and its lines."""

    def __init__(self, *args):
        self.lines = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [os.path.join(harness.BIN, "silhouette"), "incidents", "--follow", *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()

    def wait_for(self, count):
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.lines) >= count, harness.TIMEOUT_S):
                raise AssertionError("%d lines of %d" % (len(self.lines), count))

    def end(self):
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(harness.TIMEOUT_S)
        self._reader.join(harness.TIMEOUT_S)
        with self.process.stderr, self.process.stdout:
            return status, self.process.stderr.read()


class IncidentsCommand(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-incidents-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.gateway = self.start()
        self.address = self.gateway.address()

    def start(self, **listen):
        gateway = harness.Service("gateway", self.folder, "--store",
                                  os.path.join(self.folder, "verdicts.db"), **listen)
        self.addCleanup(gateway.kill_if_running)
        return gateway

    def incidents(self, *args):
        status, out, errors = harness.run_tool("incidents", "--gateway", self.address, "--json",
                                               *args)
        self.assertEqual((status, errors), (0, ""))
        return harness.json_lines(out, "incident")

    def test_lists_them_oldest_first_and_by_what_is_asked_for(self):
        push(self.gateway, "1", verdict(PHONE, 0, "scan"), verdict(PHONE, 1, "scan", peers=10),
             verdict(CAMERA, 5, "flood"), verdict(PHONE, 6, "benign"))
        push(self.gateway, "2", verdict(PHONE, 3, "flood"))
        found = self.incidents()
        self.assertEqual([(each["kind"], each["device"], each["run"]) for each in found],
                         [("scan", PHONE, "1"), ("flood", PHONE, "2"), ("flood", CAMERA, "1")])
        self.assertEqual({key: value for key, value in found[0].items() if key != "number"}, {
            "kind": "scan", "severity": "medium", "device": PHONE, "subject": "device:" + PHONE,
            "from_ns": START_NS, "to_ns": START_NS + 2 * WINDOW_NS,
            "evidence": "412 peers in 5 s", "windows": 2, "probability": 0.9, "model": "devices",
            "version": "1", "origin": device_verdicts.ORIGIN, "run": "1", "revision": 0})
        for flags, count in ((["--device", CAMERA], 1), (["--subject", "device:" + PHONE], 2),
                             (["--kind", "flood"], 2), (["--min-severity", "high"], 2),
                             (["--run", "2"], 1), (["--origin", "other"], 0),
                             (["--since", "1h"], 0), (["--since", "1000000h"], 3)):
            self.assertEqual(len(self.incidents(*flags)), count, flags)

    def test_is_a_table_for_people(self):
        self.assertEqual(harness.run_tool("incidents", "--gateway", self.address),
                         (0, "no incidents\n", ""))
        push(self.gateway, "1", verdict(PHONE, 0, "scan"))
        status, out, _ = harness.run_tool("incidents", "--gateway", self.address)
        self.assertEqual(status, 0)
        heading, line = out.splitlines()
        self.assertEqual(heading.split(), "from (UTC) to severity kind device what it had".split())
        self.assertEqual(line.split(maxsplit=7), [
            "2023-11-14", "22:13:20", "2023-11-14", "22:13:25", "medium", "scan", PHONE,
            "412 peers in 5 s"])

    def test_follows_them_and_goes_on_where_it_was_once_the_gateway_is_back(self):
        push(self.gateway, "1", verdict(PHONE, 0, "scan"))
        follower = Follower("--gateway", self.address, "--json")
        follower.wait_for(1)
        push(self.gateway, "1", verdict(PHONE, 1, "scan"))
        follower.wait_for(2)
        self.gateway.stop()
        self.gateway = self.start(listen=self.address)
        push(self.gateway, "1", verdict(CAMERA, 1, "flood"))
        follower.wait_for(3)
        status, said = follower.end()
        self.assertEqual(status, 0)
        self.assertIn("tries again", said)
        found = [json.loads(line)["incident"] for line in follower.lines]
        self.assertEqual([(each["number"], each["revision"]) for each in found],
                         [(1, 0), (1, 1), (2, 0)])

    def test_for_people_it_follows_what_is_found_and_not_each_change(self):
        follower = Follower("--gateway", self.address)
        follower.wait_for(1)  # the heading
        for window in range(3):
            push(self.gateway, "1", verdict(PHONE, window, "scan"))
        push(self.gateway, "1", verdict(CAMERA, 3, "flood"))
        follower.wait_for(3)
        self.assertEqual(follower.end()[0], 0)
        self.assertEqual([line.split()[5] for line in follower.lines[1:]], ["scan", "flood"])

    def test_what_is_wrong_is_said(self):
        status, _, errors = harness.run_tool("incidents", "--since", "soon", "--gateway",
                                             self.address)
        self.assertEqual(status, 2)
        self.assertIn('--since: "soon" is no duration', errors)
        status, _, errors = harness.run_tool("incidents", "--device", "camera", "--gateway",
                                             self.address)
        self.assertEqual(status, 2)
        self.assertIn('--device: "camera" is no address', errors)
        status, _, errors = harness.run_tool("incidents", "--gateway", "127.0.0.1:1")
        self.assertEqual(status, 1)
        self.assertIn("no gateway answers at 127.0.0.1:1", errors)

    def test_rest_has_them_too(self):
        push(self.gateway, "1", verdict(PHONE, 0, "scan"), verdict(CAMERA, 0, "flood"))
        url = "http://127.0.0.1:%d/v1/incidents?min_severity=SEVERITY_HIGH" % (
            self.gateway.ports["web"])
        with urllib.request.urlopen(url, timeout=harness.TIMEOUT_S) as answer:
            (found,) = json.load(answer)["incidents"]
        self.assertEqual((found["device"], found["severity"]), (CAMERA, "SEVERITY_HIGH"))

    def test_a_timeline_of_a_device_has_its_incidents(self):
        push(self.gateway, "1", verdict(PHONE, 0, "benign"), verdict(PHONE, 1, "scan"), ended=True)
        status, out, errors = harness.run_tool("timeline", "--gateway", self.address, "--json",
                                               "--subject", "device:" + PHONE)
        self.assertEqual(status, 0, errors)
        self.assertEqual(len(harness.json_lines(out, "incident")), 1)
        ((subject,),) = [each["subjects"] for each in harness.json_lines(out, "summary")]
        self.assertEqual([each["class"] for each in subject["segments"]], ["benign", "scan"])


if __name__ == "__main__":
    unittest.main()
