"""`silhouette run` on the sample and on the real, rebuilt call."""

import csv
import os
import tempfile
import unittest

import harness


def run_json(*args):
    status, out, errors = harness.run_tool("run", *args, "--json")
    assert status == 0, errors
    verdicts = harness.json_lines(out, "verdict")
    (summary,) = harness.json_lines(out, "summary")
    return verdicts, summary


class RebuiltZoomCall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        pcap = harness.shared("presence", "zoom_call_rebuilt.pcap")
        truth = harness.shared("presence", "zoom_call_truth.csv")
        with open(harness.shared("presence", "zoom_call_windows.csv"), encoding="utf-8") as file:
            cls.table = list(csv.DictReader(file))
        cls.verdicts, cls.summary = run_json(pcap, "--truth", truth)

    def test_one_verdict_for_each_of_the_1205_windows(self):
        self.assertEqual(len(self.verdicts), 1205)
        self.assertEqual(self.summary["windows"], 1205)
        starts = [v["window_start_ns"] for v in self.verdicts]
        self.assertEqual(starts, [1650000000 * 10**9 + k * 5 * 10**8 for k in range(1205)])

    def test_all_140121_packets_are_accounted_for(self):
        packets = self.summary["packets"]
        self.assertEqual(packets["received"], 140121)
        self.assertEqual(packets["windowed"], 140121)
        for term in ("filtered", "malformed", "late", "shed", "pending"):
            self.assertEqual(packets[term], 0, term)

    def test_confusion_and_accuracy_agree_with_the_verdicts(self):
        right = sum((v["class"] == "person") == (row["person"] == "1")
                    for v, row in zip(self.verdicts, self.table))
        self.assertEqual(self.summary["accuracy"], right / 1205)
        confusion = self.summary["confusion"]
        self.assertEqual(sum(n for said in confusion.values() for n in said.values()), 1205)
        self.assertEqual(sum(confusion[c].get(c, 0) for c in confusion), right)
        self.assertFalse(self.summary["simulated"])
        self.assertGreater(self.summary["timeline_accuracy"], 0.85)


class Sample(unittest.TestCase):
    def test_the_sample_is_what_simulate_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "call.pcap")
            with open(harness.SAMPLE_TRUTH, encoding="utf-8") as truth:
                command = truth.readline().removeprefix("# simulated: silhouette ").split()
            self.assertEqual(harness.run_tool(*command, "-o", path)[0], 0)
            for made, kept in ((path, harness.SAMPLE),
                               (os.path.join(folder, "call.truth.csv"), harness.SAMPLE_TRUTH)):
                with open(made, "rb") as a, open(kept, "rb") as b:
                    self.assertEqual(a.read(), b.read(), kept)

    def test_its_score_is_called_simulated(self):
        _, summary = run_json(harness.SAMPLE, "--truth", harness.SAMPLE_TRUTH)
        self.assertTrue(summary["simulated"])
        self.assertGreater(summary["timeline_accuracy"], 0.8)
        _, text, _ = harness.run_tool("run", harness.SAMPLE, "--truth", harness.SAMPLE_TRUTH)
        self.assertIn("Simulated traffic: no measure of real calls", text)

    def test_aligned_to_the_first_packet_the_grid_starts_there(self):
        verdicts, _ = run_json(harness.SAMPLE, "--align=first")
        epoch, _ = run_json(harness.SAMPLE)
        first = verdicts[0]["window_start_ns"]
        self.assertNotEqual(first % (5 * 10**8), 0)
        self.assertTrue(epoch[0]["window_start_ns"] <= first < epoch[1]["window_start_ns"])

    def test_home_decides_the_direction(self):
        usual, _ = run_json(harness.SAMPLE)
        turned, _ = run_json(harness.SAMPLE, "--home", "203.0.113.0/24")
        self.assertEqual(turned[0]["subject"], "conversation:203.0.113.7-192.168.1.20/udp")
        self.assertEqual([v["features"]["inbound_packets"] for v in usual],
                         [v["features"]["outbound_packets"] for v in turned])

    def test_without_a_terminal_there_is_neither_colour_nor_progress(self):
        status, out, errors = harness.run_tool("run", harness.SAMPLE)
        self.assertEqual((status, errors), (0, ""))
        self.assertNotIn("\033", out)


class HomeNetwork(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = os.path.join(folder.name, "home.pcap")
        status, _, errors = harness.run_tool("simulate", "home", "--seed", "3", "-o", cls.path)
        assert status == 0, errors

    def test_the_call_is_picked_and_nothing_else(self):
        verdicts, summary = run_json(self.path)
        (subject,) = summary["subjects"]
        self.assertEqual(subject["subject"], "conversation:192.168.1.20-203.0.113.7/udp")
        self.assertIn("packets/s", subject["why"])
        self.assertGreater(summary["conversations"], 5)
        self.assertEqual({v["subject"] for v in verdicts}, {subject["subject"]})

    def test_all_shows_every_subject_in_order(self):
        verdicts, summary = run_json(self.path, "--all")
        self.assertEqual(len(summary["subjects"]), summary["conversations"])
        keys = [(v["window_start_ns"], v["subject"], v["model"]) for v in verdicts]
        self.assertEqual(keys, sorted(keys))

    def test_packets_of_other_protocols_are_filtered_with_a_reason(self):
        _, summary = run_json(self.path)
        packets = summary["packets"]
        reasons = packets["filtered_by_reason"]
        self.assertEqual(sum(reasons.values()), packets["filtered"])
        self.assertGreater(reasons["not_asked"], 0)
        self.assertGreater(reasons["not_ip"], 0)
        self.assertEqual(packets["received"], packets["windowed"] + packets["filtered"])


if __name__ == "__main__":
    unittest.main()
