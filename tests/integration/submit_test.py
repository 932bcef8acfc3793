"""`silhouette submit` and `silhouette jobs`: captures handed in, and what they found."""

import csv
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

import numpy

import harness
from up_harness import Up


def free_address():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % listener.getsockname()[1]


class Submit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.up = Up()
        cls.addClassCleanup(cls.up.__exit__)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-submit-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_tool(self, command, *args):
        return harness.run_tool(command, *args, "--gateway", self.up.gateway)

    def jobs(self):
        status, out, errors = self.run_tool("jobs", "--json")
        self.assertEqual((status, errors), (0, ""))
        return {job["id"]: job for job in map(json.loads, out.splitlines())}

    def submit(self, *args):
        status, out, errors = self.run_tool("submit", *args)
        self.assertEqual(status, 0, errors)
        return out.splitlines()

    def test_results_are_those_of_run(self):
        paths = self.submit(harness.SAMPLE, "--out", self.folder)
        self.assertEqual([os.path.basename(path) for path in paths],
                         ["call.verdicts.jsonl", "call.verdicts.csv", "call.segments.csv"])
        status, out, _ = harness.run_tool("run", harness.SAMPLE, "--all", "--json")
        self.assertEqual(status, 0)
        expected = harness.json_lines(out, "verdict")
        with open(paths[0], encoding="utf-8") as file:
            verdicts = [json.loads(line) for line in file]
        with open(paths[1], encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(expected), 240)
        as_floats = lambda values: [float(numpy.float32(value)) for value in values]
        self.assertEqual(
            [(v["subject"], int(v["windowStartNs"]), v["class"], as_floats(v["features"]))
             for v in verdicts],
            [(v["subject"], v["window_start_ns"], v["class"], as_floats(v["features"].values()))
             for v in expected])
        self.assertEqual([(row["subject"], int(row["start_ns"]), row["class"],
                           float(row["probability"])) for row in rows],
                         [(v["subject"], v["window_start_ns"], v["class"], v["probability"])
                          for v in expected])
        (summary,) = harness.json_lines(out, "summary")
        with open(paths[2], encoding="utf-8") as file:
            segments = [(s["subject"], s["class"], int(s["from_ns"]), int(s["to_ns"]),
                         int(s["windows"])) for s in csv.DictReader(file)]
        self.assertEqual(segments, [
            (subject["subject"], s["class"], s["from_ns"], s["to_ns"], s["windows"])
            for subject in summary["subjects"] for s in subject["segments"]])

    def test_many_files_at_once_each_under_its_own_name(self):
        packed = os.path.join(self.folder, "call.pcap.gz")
        with open(harness.SAMPLE, "rb") as plain, gzip.open(packed, "wb") as file:
            shutil.copyfileobj(plain, file)
        out = os.path.join(self.folder, "out")
        self.submit(harness.SAMPLE, packed, "--out", out)
        names = sorted(os.listdir(out))
        self.assertEqual(len(names), 6)
        self.assertIn("call-2.segments.csv", names)

        def read(name):
            with open(os.path.join(out, name), encoding="utf-8") as file:
                return file.read()
        self.assertEqual(read("call.segments.csv"), read("call-2.segments.csv"))

    def test_one_that_is_no_capture_does_not_stop_the_others(self):
        bad = os.path.join(self.folder, "notes.txt")
        with open(bad, "w", encoding="utf-8") as file:
            file.write("not a capture, and longer than the header of one")
        cut = os.path.join(self.folder, "cut.pcap")
        with open(harness.SAMPLE, "rb") as whole, open(cut, "wb") as file:
            file.write(whole.read(100_001))
        before = len(self.jobs())
        status, out, errors = self.run_tool("submit", bad, "/nowhere.pcap", cut, harness.SAMPLE,
                                            "--wait", "--json")
        self.assertEqual(status, 1)
        self.assertIn("notes.txt: not a capture", errors)
        self.assertIn("/nowhere.pcap", errors)
        self.assertRegex(errors, r"cut\.pcap: .*cut|cut\.pcap: .*ends")
        jobs = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(job["name"], job["state"]) for job in jobs],
                         [("cut.pcap", "JOB_STATE_DONE"), ("call.pcap", "JOB_STATE_DONE")])
        self.assertEqual(len(self.jobs()), before + 2)

    def test_standard_input_is_a_capture_too(self):
        with open(harness.SAMPLE, "rb") as file:
            done = subprocess.run(
                [os.path.join(harness.BIN, "silhouette"), "submit", "-", "--json", "--wait",
                 "--gateway", self.up.gateway],
                stdin=file, capture_output=True, text=True, timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["windows"], "240")

    def test_a_capture_handed_in_again_under_its_jobs_name_is_that_job(self):
        before = len(self.jobs())
        for _ in range(2):
            self.assertEqual(self.submit(harness.SAMPLE, "--job", "mine-1"), ["mine-1"])
        first = harness.wait_until(
            lambda: [job for job in [self.jobs()["mine-1"]] if job["state"] == "JOB_STATE_DONE"],
            "it is done")[0]
        (line,) = self.submit(harness.SAMPLE, "--job", "mine-1", "--wait", "--json")
        self.assertEqual(json.loads(line), first)
        self.assertEqual(len(self.jobs()), before + 1)

    def test_jobs_are_listed_and_deleted_with_what_they_found(self):
        (job,) = self.submit(harness.SAMPLE, "--truth", harness.SAMPLE_TRUTH)
        harness.wait_until(lambda: self.jobs()[job]["state"] == "JOB_STATE_DONE", "it is done")
        self.assertTrue(self.jobs()[job]["hasTruth"])
        request = harness.messages("gateway_service")
        known = harness.call(self.up.gateway, "GatewayService", "GetJob",
                             request.GetJobRequest(job=job), request.GetJobResponse)
        self.assertIn("person", known.job.truth_csv)
        status, out, _ = self.run_tool("jobs")
        self.assertEqual(status, 0)
        self.assertRegex(out, job + r"\s+call\.pcap\s+.*done, 28,751 packets, 240 windows")
        status, out, _ = self.run_tool("jobs", "--results", job, "--format", "segments")
        self.assertEqual(status, 0)
        self.assertEqual(len(out.splitlines()), 4)
        status, _, errors = self.run_tool("jobs", "--cancel", job)
        self.assertEqual(status, 1)
        self.assertIn("has ended", errors)
        self.assertEqual(self.run_tool("jobs", "--delete", job)[0], 0)
        self.assertNotIn(job, self.jobs())
        status, _, errors = self.run_tool("jobs", "--results", job)
        self.assertEqual(status, 1)
        self.assertIn(job, errors)

    def test_wrong_usage_is_said(self):
        self.assertEqual(self.run_tool("submit")[0], 2)
        status, _, errors = self.run_tool("submit", harness.SAMPLE, harness.SAMPLE, "--truth",
                                          harness.SAMPLE_TRUTH)
        self.assertEqual(status, 2)
        self.assertIn("--truth", errors)
        status, _, errors = self.run_tool("submit", harness.SAMPLE, harness.SAMPLE, "--job", "a")
        self.assertEqual(status, 2)
        self.assertIn("--job", errors)
        status, _, errors = self.run_tool("submit", harness.SAMPLE, "--job", "a/b")
        self.assertEqual(status, 1)
        self.assertIn("job: an id is 1 to 64 letters", errors)
        status, _, errors = harness.run_tool("submit", harness.SAMPLE, "--gateway",
                                             free_address())
        self.assertEqual(status, 3)
        self.assertEqual(harness.run_tool("jobs", "--gateway", free_address())[0], 1)


class Breaks(unittest.TestCase):
    """Jobs while services go away."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-submit-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.services = {}
        self.addresses = {name: free_address() for name in
                          ("gateway", "classify-svc", "feature-svc", "capture-svc")}
        for name in self.addresses:
            self.start(name)

    def start(self, name):
        other = lambda flag, service: ("--%s-address" % flag, self.addresses[service])
        args = {"gateway": ("--store", os.path.join(self.folder, "verdicts.db"), "--web-listen", "",
                            *other("capture", "capture-svc")),
                "classify-svc": ("--models", harness.CALL_MODELS,
                                 *other("gateway", "gateway")),
                "feature-svc": other("classify", "classify-svc"),
                "capture-svc": other("feature", "feature-svc")}[name]
        service = harness.Service(name, self.folder, *args, listen=self.addresses[name])
        self.addCleanup(service.kill_if_running)
        self.services[name] = service

    def submit(self):
        process = subprocess.Popen(
            [os.path.join(harness.BIN, "silhouette"), "submit", harness.SAMPLE, "--wait", "--json",
             "--gateway", self.addresses["gateway"]], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        return process

    def check_done(self, process):
        out, errors = process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual(process.returncode, 0, errors)
        job = json.loads(out)
        self.assertEqual((job["state"], job["windows"], job["accounting"]["windowed"]),
                         ("JOB_STATE_DONE", "240", "28751"))

    def hold(self, name):
        """Makes a service stand still until the returned function is called."""
        process = self.services[name].process
        process.send_signal(signal.SIGSTOP)
        go_on = lambda: process.poll() is None and process.send_signal(signal.SIGCONT)
        self.addCleanup(go_on)
        return go_on

    def test_a_job_outlives_its_capture_svc(self):
        go_on = self.hold("classify-svc")
        process = self.submit()
        self.services["gateway"].wait_for("begins")
        self.services["capture-svc"].wait_for("handed in")
        self.services["capture-svc"].kill_if_running()
        self.services["gateway"].wait_for("begins again")
        self.start("capture-svc")
        go_on()
        self.check_done(process)

    def test_a_job_outlives_the_gateway(self):
        go_on = self.hold("classify-svc")
        process = self.submit()
        self.services["gateway"].wait_for("begins")
        self.services["gateway"].kill_if_running()
        self.start("gateway")
        go_on()
        self.check_done(process)


if __name__ == "__main__":
    unittest.main()
