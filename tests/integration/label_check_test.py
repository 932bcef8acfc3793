"""`silhouette label --check`: how a truth fits its capture."""

import json
import os
import re
import struct
import subprocess
import tempfile
import unittest

import harness
import label_harness
from label_harness import HEADER, TOOL


class Check(label_harness.InFolder):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-label-")
        cls.addClassCleanup(folder.cleanup)
        cls.capture = os.path.join(folder.name, "call.pcap")
        cls.relative = os.path.join(folder.name, "call.truth.csv")
        status, _, errors = harness.run_tool("simulate", "call", "--duration", "60", "-o",
                                             cls.capture)
        assert status == 0, errors
        status, out, errors = harness.run_tool("label", "--check", cls.relative, cls.capture,
                                               "--json")
        assert (status, errors) == (0, ""), errors
        cls.fit = json.loads(out)

    def check(self, truth, *args):
        return harness.run_tool("label", "--check", truth, args[0] if args else self.capture,
                                *args[1:])

    def absolute(self, shift_ns=0, scale=1):
        """The simulated truth with absolute times, shifted."""
        zero_ns = self.fit["truth"]["zero_ns"] + shift_ns
        with open(self.relative, encoding="utf-8") as file:
            rows = [line.split(",") for line in file if line[0].isdigit()]
        lines = ["%d,%d,%s" % ((zero_ns + int(float(start) * 1e9)) // scale,
                               (zero_ns + int(float(end) * 1e9)) // scale, label)
                 for start, end, label in rows]
        return self.write("absolute.csv", "\n".join([HEADER, *lines]))

    def test_a_simulated_call_fits_its_truth(self):
        fit = self.fit
        self.assertEqual((fit["fits"], fit["warnings"]), (True, []))
        self.assertEqual((fit["truth"]["absolute"], fit["truth"]["simulated"]), (False, True))
        length_ns = fit["capture"]["to_ns"] - fit["capture"]["from_ns"]
        self.assertEqual(sum(fit["labelled_ns"].values()) + fit["unlabelled_ns"], length_ns)
        self.assertLess(abs(length_ns - 60e9), 1e9)
        self.assertEqual(set(fit["labelled_ns"]), {"background", "person"})
        _, out, _ = harness.run_tool("packets", self.capture, "--json")
        times = [json.loads(line)["time_ns"] for line in out.splitlines()]
        self.assertEqual(fit["capture"]["packets"], len(times))
        self.assertEqual((fit["capture"]["from_ns"], fit["capture"]["to_ns"] - 1),
                         (min(times), max(times)))
        status, text, errors = self.check(self.relative)
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("times count from ", text)
        self.assertIn(", simulated", text)
        self.assertNotIn("Warning", text)

    def test_absolute_and_relative_times_fit_alike_and_as_run_scores_them(self):
        truth = self.absolute()
        status, out, errors = self.check(truth, self.capture, "--json")
        self.assertEqual((status, errors), (0, ""))
        fit = json.loads(out)
        self.assertTrue(fit["truth"]["absolute"])
        self.assertEqual(fit["labelled_ns"], self.fit["labelled_ns"])
        summaries = []
        for path in (truth, self.relative):
            _, out, _ = harness.run_tool("run", self.capture, "--truth", path, "--json")
            (summary,) = harness.json_lines(out, "summary")
            self.assertEqual(summary["zero_ns"], self.fit["truth"]["zero_ns"])
            summaries.append((summary["scored_windows"], summary["confusion"]))
        self.assertEqual(*summaries)

    def test_a_partial_fit_is_warned_of(self):
        status, out, errors = self.check(self.absolute(30 * 10**9))
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("Warning: 50.", out)
        self.assertIn("of the capture has no truth", out)
        self.assertIn("lies outside of the capture", out)

    def test_no_overlap_names_both_spans_and_the_hours_between(self):
        for shift_s, words in ((7203, ["2 h after", "0:03.0", "editcap -t 7200"]),
                               (-19800, ["5.5 h before", "editcap -t -19800"]),
                               (1000, ["check that they belong together"])):
            status, out, errors = self.check(self.absolute(shift_s * 10**9), self.capture,
                                             "--json")
            self.assertEqual(status, 1)
            self.assertFalse(json.loads(out)["fits"])
            self.assertEqual(errors.count("\n"), 1)
            self.assertEqual(len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d to .*? UTC",
                                            errors)), 2)
            for word in ["absolute.csv", "call.pcap", *words]:
                self.assertIn(word, errors)

    def test_times_in_seconds_are_recognized(self):
        status, _, errors = self.check(self.absolute(scale=10**9))
        self.assertEqual(status, 1)
        self.assertIn("look like seconds since the Unix epoch", errors)

    def test_broken_files_are_named_with_line_and_remedy(self):
        bad = self.write("bad.csv", HEADER + "\n5,3,person\n")
        status, out, errors = self.check(bad)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("bad.csv:2: column end_ns: the interval is reversed", errors)
        status, _, errors = self.check(os.path.join(self.folder, "no.csv"))
        self.assertEqual(status, 1)
        self.assertIn("no.csv: no such file", errors)
        status, _, errors = self.check(self.relative, bad)
        self.assertEqual(status, 1)
        self.assertIn("bad.csv: not a capture", errors)

    def test_a_cut_capture_is_checked_up_to_the_cut_and_fails(self):
        cut = os.path.join(self.folder, "cut.pcap")
        with open(self.capture, "rb") as whole, open(cut, "wb") as file:
            file.write(whole.read()[:-5])
        status, out, errors = self.check(self.relative, cut, "--json")
        self.assertEqual(status, 1)
        fit = json.loads(out)
        self.assertTrue(fit["fits"])
        self.assertEqual(fit["capture"]["packets"], self.fit["capture"]["packets"] - 1)
        self.assertIn("cut.pcap", errors)
        self.assertIn("cut", fit["capture"])

    def test_a_capture_without_packets_is_refused(self):
        empty = os.path.join(self.folder, "empty.pcap")
        with open(empty, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        status, out, errors = self.check(self.relative, empty)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("empty.pcap: holds no packets", errors)

    def test_a_capture_from_standard_input(self):
        with open(self.capture, "rb") as capture:
            done = subprocess.run([TOOL, "label", "--check", self.relative, "-", "--json"],
                                  stdin=capture, capture_output=True, timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["labelled_ns"], self.fit["labelled_ns"])

    def test_a_full_standard_output_fails(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([TOOL, "label", "--check", self.relative, self.capture],
                                  stdout=full, stderr=subprocess.PIPE, timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output cannot be written", done.stderr)


if __name__ == "__main__":
    unittest.main()
