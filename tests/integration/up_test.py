"""`silhouette up`: all four services on one machine."""

import os
import shutil
import signal
import tempfile
import unittest
import urllib.request

import harness
from up_harness import Up


def runs(up):
    request = harness.messages("gateway_service")
    return harness.call(up.gateway, "GatewayService", "ListRuns", request.ListRunsRequest(),
                        request.ListRunsResponse).runs


def kill_and_await_another(up, service):
    before = up.children()[service]
    os.kill(before, signal.SIGKILL)
    harness.wait_until(lambda: up.children().get(service, before) != before,
                       "%s is back" % service)


class UpCommand(unittest.TestCase):
    def test_it_serves_the_page_and_ends_in_order(self):
        with Up() as up:
            children = up.children()
            self.assertEqual(sorted(children),
                             ["capture-svc", "classify-svc", "feature-svc", "gateway"])
            with urllib.request.urlopen(up.page, timeout=harness.TIMEOUT_S) as page:
                self.assertIn(b"<html", page.read())
            status, out, errors = harness.run_tool("status", "--gateway", up.gateway)
            self.assertEqual((status, errors), (0, ""), out)
            self.assertEqual(up.end(), 0, up.said)
            for pid in children.values():
                self.assertFalse(os.path.exists("/proc/%d" % pid))

    def test_a_file_becomes_verdicts(self):
        with Up("--file", harness.SAMPLE) as up:
            harness.wait_until(lambda: any(run.ended for run in runs(up)), "the sample is stored")
            status, out, _ = harness.run_tool("timeline", "--gateway", up.gateway)
            self.assertEqual(status, 0)
            self.assertIn("person", out)

    def test_what_comes_into_a_watched_folder_is_read(self):
        folder = tempfile.mkdtemp(prefix="silhouette-watched-")
        self.addCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        with Up("--watch", folder, "--origin", "router") as up:
            shutil.copy(harness.SAMPLE, os.path.join(folder, "one.pcap"))
            harness.wait_until(lambda: any(run.origin == "router" and run.watermark_ns > 0
                                           for run in runs(up)), "the capture is read")

    def test_a_service_that_ends_is_started_again(self):
        with Up() as up:
            kill_and_await_another(up, "feature-svc")
            harness.wait_until(lambda: harness.run_tool("status", "--gateway", up.gateway)[0] == 0,
                               "all serve again")
            status, _, errors = harness.run_tool("submit", harness.SAMPLE, "--gateway", up.gateway,
                                                 "--wait")
            self.assertEqual(status, 0, errors)

    def test_one_that_keeps_ending_is_given_up(self):
        with Up() as up:
            for _ in range(3):
                kill_and_await_another(up, "feature-svc")
            os.kill(up.children()["feature-svc"], signal.SIGKILL)
            self.assertEqual(up.process.wait(harness.TIMEOUT_S), 1)
            up.end()
            self.assertIn("feature-svc: keeps ending", "".join(up.said))

    def test_what_cannot_start_is_named(self):
        status, out, errors = harness.run_tool(
            "up", "--any-ports", "--web-listen", "127.0.0.1:0", "--store", "/nowhere/verdicts.db")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("/nowhere/verdicts.db", errors)
        self.assertIn("silhouette up: gateway: ended", errors)
        self.assertEqual(harness.run_tool("up", "--duration", "soon")[0], 2)


if __name__ == "__main__":
    unittest.main()
