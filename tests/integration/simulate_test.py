"""`silhouette simulate home --scenario`: what it writes, and that the other commands read it."""

import csv
import hashlib
import json
import os
import tempfile
import unittest

import harness

SCENARIOS = {"quiet": {"benign"}, "host-scan": {"benign", "scan"}, "port-scan": {"benign", "scan"},
             "syn-flood": {"benign", "flood"}, "udp-flood": {"benign", "flood"},
             "guessing": {"benign", "brute_force"}, "beacon": {"benign", "c2"},
             "camera": {"idle", "motion"}}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def labels(path):
    with open(path, encoding="utf-8") as file:
        return {row["label"] for row in csv.DictReader(line for line in file if line[0] != "#")}


class SimulateHome(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-simulate-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def simulate(self, *options, name="home"):
        capture = os.path.join(self.folder, name + ".pcap")
        status, out, errors = harness.run_tool("simulate", "home", *options, "-o", capture,
                                               "--json")
        self.assertEqual((status, errors), (0, ""), options)
        return json.loads(out)

    def refusal(self, *options):
        capture = os.path.join(self.folder, "none.pcap")
        status, _, errors = harness.run_tool("simulate", "home", *options, "-o", capture)
        self.assertNotEqual(status, 0)
        self.assertFalse(os.path.exists(capture))
        return errors

    def test_every_scenario_is_read_by_packets_and_none_of_it_is_malformed(self):
        for scenario, expected in SCENARIOS.items():
            made = self.simulate("--scenario", scenario, "--seed", "3", name=scenario)
            self.assertLessEqual(labels(made["truth"]), expected)
            status, out, errors = harness.run_tool("packets", made["capture"], "--json")
            self.assertEqual((status, errors), (0, ""), scenario)
            packets = [json.loads(line) for line in out.splitlines()]
            self.assertEqual(len(packets), made["packets"])
            outcomes = {packet["outcome"] for packet in packets}
            self.assertLessEqual(outcomes, {"ok"}, scenario)
            self.assertTrue(any(made["device"] in (packet.get("source"), packet.get("destination"))
                                for packet in packets))

    def test_the_truth_names_the_command_that_makes_both_again(self):
        made = self.simulate("--scenario", "beacon", "--seed", "4", "--period", "2.5", "--jitter",
                             "0.1", "--duration", "60", "--device", "plug")
        with open(made["truth"], encoding="utf-8") as file:
            command = file.readline().removeprefix("# simulated: silhouette simulate home").split()
        again = self.simulate(*command, name="again")
        self.assertEqual(digest(made["capture"]), digest(again["capture"]))
        self.assertEqual(digest(made["truth"]), digest(again["truth"]))

    def test_the_device_of_the_truth_is_printed(self):
        capture = os.path.join(self.folder, "quiet.pcap")
        status, out, _ = harness.run_tool("simulate", "home", "--scenario", "quiet", "-o", capture)
        self.assertEqual(status, 0)
        self.assertRegex(out.splitlines()[1], r"^device 192\.168\.1\.\d+$")

    def test_without_a_scenario_it_is_the_call(self):
        plain = self.simulate("--seed", "2", "--duration", "10", name="plain")
        named = self.simulate("--scenario", "call", "--seed", "2", "--duration", "10", name="named")
        self.assertEqual(digest(plain["capture"]), digest(named["capture"]))
        self.assertLessEqual(labels(plain["truth"]), {"person", "background"})

    def test_refusals_name_the_option(self):
        self.assertIn("--rate", self.refusal("--rate", "5"))
        self.assertIn("--rate", self.refusal("--scenario", "quiet", "--rate", "5"))
        self.assertIn("--period", self.refusal("--scenario", "guessing", "--period", "5"))
        self.assertIn("--jitter", self.refusal("--scenario", "beacon", "--jitter", "2"))
        self.assertIn("--scenario", self.refusal("--scenario", "party"))


if __name__ == "__main__":
    unittest.main()
