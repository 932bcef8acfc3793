"""`silhouette watch`: verdicts as they are stored, over a restart of the gateway too."""

import json
import os
import signal
import subprocess
import threading
import unittest

import harness


class Watch:
    """A running `silhouette watch --json` and what it has said."""

    def __init__(self, *args):
        self.verdicts = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [os.path.join(harness.BIN, "silhouette"), "watch", "--json", *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.verdicts.append(json.loads(line)["verdict"])
                self._changed.notify_all()

    def wait_for(self, count):
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.verdicts) >= count, harness.TIMEOUT_S):
                raise AssertionError("%d verdicts of %d" % (len(self.verdicts), count))

    def end(self, signal_number=signal.SIGINT):
        """The exit status and what it said on stderr."""
        self.process.send_signal(signal_number)
        status = self.process.wait(harness.TIMEOUT_S)
        self._reader.join(harness.TIMEOUT_S)
        with self.process.stderr, self.process.stdout:
            return status, self.process.stderr.read()


class WatchCommand(unittest.TestCase):
    def test_every_verdict_comes_once_and_as_it_is_stored(self):
        with harness.Suite() as suite:
            gateway = suite.gateway.address()
            watch = self.watch(suite.gateway)
            self.capture(suite)
            watch.wait_for(240)
            status, said = watch.end()
            self.assertEqual((status, said), (0, ""))
            status, out, _ = harness.run_tool("timeline", "--gateway", gateway, "--all", "--json")
            self.assertEqual(status, 0)
            stored = harness.json_lines(out, "verdict")
            for verdict in watch.verdicts:
                self.assertTrue(verdict.pop("origin").endswith("call.pcap"))
                self.assertEqual(verdict.pop("run"), "watched")
            key = lambda v: (v["window_start_ns"], v["subject"], v["model"])
            self.assertEqual(sorted(watch.verdicts, key=key), sorted(stored, key=key))

    def test_it_goes_on_where_it_was_once_the_gateway_is_back(self):
        with harness.Suite() as suite:
            address = suite.gateway.address()
            watch = self.watch(suite.gateway)
            suite.gateway.stop()
            suite.gateway = harness.Service(
                "gateway", suite.folder, "--store", os.path.join(suite.folder, "verdicts.db"),
                listen=address)
            suite.services.append(suite.gateway)
            self.capture(suite)
            watch.wait_for(240)
            status, said = watch.end(signal.SIGTERM)
            self.assertEqual(status, 0)
            self.assertIn("tries again", said)
            self.assertEqual(len({(v["window_start_ns"], v["subject"], v["model"])
                                  for v in watch.verdicts}), 240)

    def watch(self, gateway):
        """One that the gateway knows of."""
        watch = Watch("--gateway", gateway.address())
        harness.wait_until(lambda: gateway.metrics()["silhouette_gateway_watchers"] == 1,
                           "it watches")
        return watch

    def capture(self, suite):
        status, _, errors = harness.run_binary(
            "capture-svc", "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0",
            "--metrics-listen", "127.0.0.1:0", "--feature-address", suite.feature.address(),
            "--file", harness.SAMPLE, "--run", "watched", "--once")
        self.assertEqual(status, 0, errors)

    def test_without_a_gateway_it_says_what_to_do(self):
        status, out, errors = harness.run_tool("watch", "--gateway", "127.0.0.1:1")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("no gateway answers at 127.0.0.1:1", errors)
        self.assertIn("--gateway", errors)


if __name__ == "__main__":
    unittest.main()
