"""The README's examples of the gateway, line by line, by curl and by a generic gRPC client."""

import json
import os
import re
import subprocess
import tempfile
import threading
import unittest

import harness
from up_harness import Up

MARK = "<!-- tests/integration/readme_test.py runs %s -->\n```%s\n"
SUBJECT = "conversation:192.168.1.20-203.0.113.7/udp"


def example(what, language):
    """The block of the README behind such a mark."""
    with open(os.path.join(harness.ROOT, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    mark = MARK % (what, language)
    block = readme[readme.index(mark) + len(mark):]
    return block[:block.index("```")]


def examples():
    return example("these lines", "sh").splitlines()


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.up = Up()
        cls.addClassCleanup(cls.up.__exit__)
        folder = tempfile.TemporaryDirectory(prefix="silhouette-readme-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        os.symlink(os.path.join(harness.ROOT, "samples"), os.path.join(cls.folder, "samples"))
        tools = os.path.join(cls.folder, "tools")
        os.mkdir(tools)
        # What is not Debian's, by one that is as generic.
        os.symlink(os.path.join(harness.ROOT, "tests", "integration", "grpc_client.py"),
                   os.path.join(tools, "grpcurl"))
        cls.path = os.pathsep.join([harness.BIN, tools, "/usr/bin", "/bin"])

    def run_line(self, line):
        web = re.match(r"http://([^/]*)/", self.up.page).group(1)
        line = line.replace("localhost:7180", web).replace("localhost:7100", self.up.gateway)
        if line.startswith("silhouette "):
            words = line.split(" #")[0].rstrip()
            line = words + " --gateway " + self.up.gateway
        done = subprocess.run(["bash", "-c", line], cwd=self.folder, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=harness.TIMEOUT_S,
                              env={**os.environ, "PATH": self.path})
        self.assertEqual(done.returncode, 0, "%s\n%s%s" % (line, done.stdout, done.stderr))
        return done.stdout

    def test_every_line_does_what_it_says(self):
        lines = examples()
        self.assertGreater(len(lines), 12)
        said = {}
        for line in lines:
            said[line.split(" #")[0].rstrip()] = self.run_line(line)
        find = lambda part: next(out for line, out in said.items() if part in line)
        self.assertEqual(sorted(os.listdir(os.path.join(self.folder, "results"))),
                         ["call.segments.csv", "call.verdicts.csv", "call.verdicts.jsonl"])
        self.assertIn("call.pcap", find("silhouette jobs"))
        self.assertIn("person", find("silhouette timeline"))
        self.assertEqual(find("silhouette status").count(" serving "), 4)
        self.assertEqual(json.loads(find("--data-binary"))["job"]["id"], "mine")
        self.assertIn('"JOB_STATE_DONE"', find("jobs:watch"))
        self.assertEqual(len(find("results?format=segments").splitlines()), 4)
        (subject,) = json.loads(find("/v1/subjects"))["subjects"]
        self.assertEqual((subject["subject"], subject["windows"]), (SUBJECT, "240"))
        self.assertEqual(len(json.loads(find("/v1/timeline"))["segments"]), 3)
        rows = json.loads(find("/v1/summary"))["rows"]
        self.assertEqual(sum(int(row["windows"]) for row in rows), 480)  # of both jobs
        self.assertTrue(json.loads(find("openapi"))["openapi"].startswith("3."))
        self.assertIn("silhouette.v1.GatewayService", find("7100 list"))
        self.assertIn("job:mine", find("ListRuns"))
        self.assertEqual(len(json.loads(find("ListVerdicts"))["verdicts"]), 2)

    def test_the_client_tells_what_a_service_refuses(self):
        client = os.path.join(harness.ROOT, "tests", "integration", "grpc_client.py")
        done = subprocess.run(
            ["/usr/bin/python3", client, "-plaintext", "-d", '{"job":"nobody"}', self.up.gateway,
             "silhouette.v1.GatewayService/GetJob"], capture_output=True, text=True,
            timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn("NOT_FOUND", done.stderr)


class Program(unittest.TestCase):
    """The README's client in Python, with messages made as it says."""

    def setUp(self):
        self.suite = harness.Suite()
        self.addCleanup(self.suite.close)
        self.folder = self.suite.folder
        os.symlink(os.path.join(harness.ROOT, "proto"), os.path.join(self.folder, "proto"))
        subprocess.run(["bash", "-c", example("this line", "sh")], cwd=self.folder, check=True,
                       timeout=harness.TIMEOUT_S)

    def capture(self, run):
        capture = harness.Service("capture-svc", self.folder, "--feature-address",
                                  self.suite.feature.address(), "--file", harness.SAMPLE, "--run",
                                  run, "--once")
        self.addCleanup(capture.kill_if_running)
        self.assertEqual(capture.process.wait(harness.TIMEOUT_S), 0)

    def watchers(self, gateway):
        return gateway.metrics()["silhouette_gateway_watchers"]

    def check(self, lines):
        self.assertEqual({subject for _, subject, _, _ in lines}, {SUBJECT})
        self.assertEqual({said for _, _, said, _ in lines}, {"person", "background"})
        starts = [int(start) for start, _, _, _ in lines]
        self.assertEqual(starts, sorted(set(starts)))

    def test_it_prints_each_verdict_as_it_is_stored_over_a_restart_of_the_gateway_too(self):
        gateway = self.suite.gateway
        address = gateway.address()
        program = example("this program", "python").replace("localhost:7100", address)
        process = subprocess.Popen(["/usr/bin/python3", "-u", "-c", program], cwd=self.folder,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, harness.TIMEOUT_S)
        self.addCleanup(process.kill)
        watchdog = threading.Timer(harness.TIMEOUT_S, process.kill)  # so that lines end
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        read = lambda: [process.stdout.readline().split() for _ in range(240)]
        harness.wait_until(lambda: self.watchers(gateway) == 1, "a watcher")
        self.capture("1")
        self.check(read())
        gateway.stop()
        again = harness.Service("gateway", self.folder, "--store",
                                os.path.join(self.folder, "verdicts.db"), listen=address)
        self.addCleanup(again.kill_if_running)
        self.capture("2")
        self.check(read())


if __name__ == "__main__":
    unittest.main()
