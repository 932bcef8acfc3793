"""`silhouette features` and `silhouette schema`: a capture in, windows of features out."""

import concurrent.futures
import csv
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import numpy

import harness
from four_processes_test import check_health
from robustness_test import files

SERVING = 1


def accounts(errors):
    """The terms of the line of accounts on stderr."""
    (line,) = [line for line in errors.splitlines() if line.startswith("accounts: ")]
    return {term: int(number) for term, number in re.findall(r"(\w+) (\d+)", line)}


def balance(path):
    """What is wrong with the accounts of one file, or nothing."""
    status, _, errors = harness.run_tool("features", path, "-o", "/dev/null", "--format", "jsonl",
                                         "--spec", "subject=device,window=5s,schema=traffic.v1",
                                         "--spec", "subject=flow,window=1s,schema=presence.v1")
    if "accounts: " not in errors:
        return None if status == 1 and path in errors else f"{path}: status {status}, {errors}"
    terms = accounts(errors)
    received = terms.pop("received")
    if received != sum(terms.values()) or terms["pending"] != 0:
        return f"{path}: {received} is not the sum of {terms}"
    return None


class Features(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, *args):
        path = os.path.join(self.folder, name)
        status, out, errors = harness.run_tool("features", harness.SAMPLE, "-o", path, *args)
        self.assertEqual((status, out), (0, ""), errors)
        with open(path, encoding="utf-8") as file:
            return file.read()

    def test_windows_are_those_that_the_models_see(self):
        status, out, _ = harness.run_tool("run", harness.SAMPLE, "--all", "--json")
        self.assertEqual(status, 0)
        seen = [(v["window_start_ns"], v["subject"], v["features"])
                for v in harness.json_lines(out, "verdict")]
        lines = self.write("windows.jsonl", "--protocol", "udp").splitlines()
        windows = [json.loads(line)["window"] for line in lines]
        # The store keeps features as 32-bit numbers.
        for _, _, features in seen:
            for name, value in features.items():
                features[name] = numpy.float32(value)
        self.assertEqual([(w["start_ns"], w["subject"],
                           {name: numpy.float32(v) for name, v in w["features"].items()})
                          for w in windows], seen)

    def test_every_format_tells_the_same_windows(self):
        rows = list(csv.DictReader(self.write("w.csv").splitlines()))
        windows = [json.loads(line)["window"] for line in self.write("w.jsonl").splitlines()]
        sparse = self.write("w.libsvm").splitlines()
        self.assertEqual(len(rows), len(windows))
        self.assertEqual(len(rows), len(sparse))
        for row, window, line in zip(rows, windows, sparse):
            names = list(window["features"])
            self.assertEqual([float(row[name]) for name in names],
                             list(window["features"].values()))
            told = {int(k): float(v) for k, v in re.findall(r"(\d+):(\S+)", line.split("#")[0])}
            self.assertEqual([told.get(i + 1, 0) for i in range(len(names))],
                             list(window["features"].values()))

    def test_the_schema_lies_beside_the_windows(self):
        header = self.write("w.csv", "--schema", "traffic.v1").splitlines()[0].split(",")
        with open(os.path.join(self.folder, "w.csv.schema.json"), encoding="utf-8") as file:
            (written,) = json.load(file)
        self.assertEqual(written["spec"], "subject=device,window=5s,schema=traffic.v1")
        self.assertEqual([f["name"] for f in written["schema"]["features"]], header[3:])
        status, out, _ = harness.run_tool("schema", "traffic.v1", "--json")
        self.assertEqual(status, 0)
        self.assertEqual(json.loads(out), written["schema"])

    def test_several_specs_share_one_pass_and_one_file_of_json_lines(self):
        texts = ["subject=device,window=5s,schema=traffic.v1",
                 "subject=device,window=5s,schema=traffic.v1,protocol=tcp",
                 "subject=conversation,window=500ms,schema=presence.v1"]
        specs = [word for text in texts for word in ("--spec", text)]
        windows = [json.loads(line)["window"] for line in self.write("w.jsonl", *specs).splitlines()]
        self.assertEqual({w["spec"] for w in windows}, {texts[0], texts[2]}, "no TCP is there")
        self.assertEqual({w["schema"] for w in windows}, {"traffic.v1", "presence.v1"})
        self.assertEqual({w["end_ns"] - w["start_ns"] for w in windows}, {5 * 10**9, 5 * 10**8})
        status, _, errors = harness.run_tool("features", harness.SAMPLE, *specs)
        self.assertEqual(status, 2)
        self.assertIn("several need --format jsonl", errors)

    def test_limits_mark_windows_and_shed_packets_and_say_so(self):
        text = self.write("w.csv", "--max-window-samples", "10")
        self.assertIn(",1,", text)
        status, _, errors = harness.run_tool("features", harness.SAMPLE, "-o", "/dev/null",
                                             "--max-samples", "50")
        self.assertEqual(status, 0)
        self.assertRegex(errors, r"windows, \d+ of them partial")
        terms = accounts(errors)
        self.assertGreater(terms["shed"], 0)
        self.assertEqual(terms.pop("received"), sum(terms.values()))

    def test_wrong_flags_are_named(self):
        spec = ["--spec", "subject=device,window=5s,schema=traffic.v1"]
        for args, words in ((["--schema", "none.v1"], "--schema: no feature schema"),
                            (["--subject", "host"], "--subject: "),
                            (["--window", "1ms"], "--window: window length of 1ms"),
                            (["--window", "5"], "--window: "),
                            (["--hop", "300ms"], "--hop: hop of 300ms for a length of 500ms"),
                            (["--protocol", "udp+"], "--protocol: "),
                            ([*spec, *spec], "traffic.v1 is given twice"),
                            (["-o", ""], "--out: names no file"),
                            (["--format", "xml"], "csv, jsonl and libsvm"),
                            (["--spec", "window=5s", "--schema", "traffic.v1"], "excludes")):
            status, out, errors = harness.run_tool("features", harness.SAMPLE, *args)
            self.assertEqual((status, out), (2, ""), errors)
            self.assertIn(words, errors)

    def test_a_place_that_cannot_be_written_is_named(self):
        status, _, errors = harness.run_tool("features", harness.SAMPLE, "-o", "/nowhere/w.csv")
        self.assertEqual(status, 1)
        self.assertIn("/nowhere/w.csv: cannot be written", errors)

    def test_a_capture_is_not_written_over(self):
        path = os.path.join(self.folder, "call.pcap")
        shutil.copy(harness.SAMPLE, path)
        status, _, errors = harness.run_tool("features", path, "-o",
                                             os.path.join(self.folder, ".", "call.pcap"))
        self.assertEqual(status, 2)
        self.assertIn("is the capture itself", errors)
        self.assertEqual(os.path.getsize(path), os.path.getsize(harness.SAMPLE))

    def test_accounts_of_captures_of_every_kind_balance(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual([problem for problem in pool.map(balance, files()) if problem], [])


class Schema(unittest.TestCase):
    def test_the_page_of_features_is_current(self):
        status, out, _ = harness.run_tool("schema", "--markdown")
        self.assertEqual(status, 0)
        with open(os.path.join(harness.ROOT, "docs", "features.md"), encoding="utf-8") as file:
            self.assertEqual(file.read(), out, "run: silhouette schema --markdown > docs/features.md")

    def test_a_place_that_takes_no_more_is_a_failure(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([os.path.join(harness.BIN, "silhouette"), "schema"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output cannot be written", done.stderr)

    def test_an_unknown_one_is_named_with_those_there_are(self):
        status, _, errors = harness.run_tool("schema", "none.v1")
        self.assertEqual(status, 1)
        self.assertIn("presence.v1, presence.v2, presence.v2.ratio, traffic.v1, traffic.v2", errors)


class FixedSpecs(unittest.TestCase):
    def test_feature_svc_serves_without_models_when_it_is_told_what_to_compute(self):
        with tempfile.TemporaryDirectory() as folder:
            service = harness.Service("feature-svc", folder, "--spec",
                                      "subject=device,window=5s,schema=traffic.v1")
            self.addCleanup(service.kill_if_running)
            service.wait_for("computes 1 specs")
            health = check_health(service.address("health"), "silhouette.v1.FeatureService")
            self.assertEqual(health, SERVING)
            self.assertEqual(service.metrics()["silhouette_feature_subjects"], 0)
            self.assertEqual(service.stop(), 0)


if __name__ == "__main__":
    unittest.main()
