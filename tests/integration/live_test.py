"""Live capture in the real binaries.

Packets are simulated and pass between two network namespaces (veth_link.py). What was captured is
checked against the file that the capture itself wrote: live or read back, the verdicts are the same
to the last bit.
"""

import json
import os
import signal
import time
import unittest

import grpc

import harness
import veth_link
from capture_harness import OnTheLink, received_packets, run_file, set_up_link, stored
from four_processes_test import identity, verdict_lines

HORIZON_S, LATENESS_S = 5, 1


def setUpModule():
    set_up_link()


def list_verdicts(gateway):
    """Those of the newest run so far, while it goes on."""
    messages = harness.messages("gateway_service")
    request = messages.ListVerdictsRequest(page_size=10000)
    try:
        return harness.call(gateway.address(), "GatewayService", "ListVerdicts", request,
                            messages.ListVerdictsResponse).verdicts
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:  # no run yet
            raise
        return []


class LiveEqualsFile(OnTheLink):
    """`silhouette run --interface` against `silhouette run` on the file that it wrote meanwhile."""

    def check(self, packets, seconds, silence_s):
        path = os.path.join(self.make_folder(), "live.pcapng")
        capture = self.listen_with(os.path.join(harness.BIN, "silhouette"), "run", "--interface",
                                   veth_link.INTERFACE, "--write", path, "--all", "--json")
        passed = self.link.send(packets, seconds)
        passed_ns = time.time_ns()
        time.sleep(silence_s)  # what is captured is that nothing comes
        status, out, said = capture.end()
        self.assertEqual(status, 0, said)
        self.assertIn("%d packets captured, 0 packets dropped by kernel, 0 by the interface\n" %
                      passed, said)
        verdicts, summary = run_file(path)
        self.assertEqual(verdict_lines(out), verdicts)
        (live_summary,) = harness.json_lines(out, "summary")
        self.assertEqual(live_summary.pop("source"), veth_link.INTERFACE)
        self.assertEqual(summary.pop("source"), path)
        self.assertEqual(live_summary, summary)
        self.assertEqual(summary["packets"]["received"], passed)
        self.assertEqual(summary["packets"]["windowed"], passed)
        self.assertEqual(summary["conversations"], len(veth_link.SENDERS))
        return verdicts, passed_ns

    def test_ended_right_behind_the_last_packet(self):
        verdicts, _ = self.check(packets=2000, seconds=2, silence_s=0)
        self.assertGreaterEqual(len(verdicts), 4 * len(veth_link.SENDERS))

    def test_ended_after_a_silence_whose_windows_are_in_the_file_too(self):
        verdicts, passed_ns = self.check(packets=1000, seconds=1, silence_s=3)
        last_end_ns = max(json.loads(line)["verdict"]["window_end_ns"] for line in verdicts)
        self.assertGreater(last_end_ns, passed_ns + 2 * 10**9)


class LiveFeatures(OnTheLink):
    """`silhouette features --interface` against `silhouette features` on the file it wrote."""

    def test_windows_are_those_of_the_file(self):
        folder = self.make_folder()
        captured, live = os.path.join(folder, "live.pcapng"), os.path.join(folder, "live.csv")
        read = os.path.join(folder, "read.csv")
        capture = self.listen_with(os.path.join(harness.BIN, "silhouette"), "features",
                                   "--interface", veth_link.INTERFACE, "--write", captured,
                                   "--schema", "traffic.v1", "--window", "500ms", "-o", live)
        passed = self.link.send(1000, 1)
        status, _, said = capture.end()
        self.assertEqual(status, 0, said)
        self.assertIn("accounts: received %d = windowed %d + " % (passed, passed), said)
        status, _, errors = harness.run_tool("features", captured, "--schema", "traffic.v1",
                                             "--window", "500ms", "-o", read)
        self.assertEqual(status, 0, errors)
        with open(live, encoding="utf-8") as file, open(read, encoding="utf-8") as again:
            rows = file.readlines()
            self.assertEqual(rows, again.readlines())
        self.assertGreater(len(rows), 2 * len(veth_link.SENDERS))


class FourProcesses(OnTheLink):
    def test_sigterm_right_behind_the_last_packet_loses_nothing(self):
        path = os.path.join(self.make_folder(), "live.pcapng")
        suite = self.start_suite("--interface", veth_link.INTERFACE, "--write", path)
        sending = self.link.start_sending(2000, 2)
        harness.wait_until(lambda: received_packets(suite) > 2000, "half of the packets")
        for service in suite.services:
            received, went = identity(service.metrics(), service.name.removesuffix("-svc"))
            self.assertEqual(received, went, service.name)
        # What comes from here on, it has not read yet when it is told to end.
        suite.capture.process.send_signal(signal.SIGSTOP)
        passed = sending.wait()
        suite.capture.process.send_signal(signal.SIGTERM)
        suite.capture.process.send_signal(signal.SIGCONT)
        self.assertEqual(suite.capture.stop(), 0, suite.capture.log)
        for service in (suite.gateway, suite.classify, suite.feature):
            short = service.name.removesuffix("-svc")
            metrics = service.metrics()
            self.assertEqual(identity(metrics, short), (passed, passed), service.name)
            self.assertEqual(metrics["silhouette_%s_windowed_packets_total" % short], passed)
        verdicts, summary = run_file(path)
        stored_verdicts, stored_summary = stored(suite.gateway)
        self.assertEqual(stored_verdicts, verdicts)
        self.assertGreaterEqual(len(verdicts), 4 * len(veth_link.SENDERS))
        self.assertEqual(stored_summary["packets"], summary["packets"])
        self.assertEqual(summary["packets"]["received"], passed)
        self.assertNotIn("cut", stored_summary)

    def test_a_silent_link_still_closes_windows(self):
        suite = self.start_suite("--interface", veth_link.INTERFACE)
        passed = self.link.send(300, 1)
        passed_ns = time.time_ns()
        wanted_ns = passed_ns + (HORIZON_S - 1) * 10**9
        harness.wait_until(lambda: any(verdict.window_end_ns >= wanted_ns
                                       for verdict in list_verdicts(suite.gateway)),
                           "windows behind the last packet, nearly as far as the horizon",
                           HORIZON_S + LATENESS_S + 10)
        self.assertIsNone(suite.capture.process.poll(), "the capture goes on")
        self.assertEqual(identity(suite.gateway.metrics(), "gateway"), (passed, passed))
        self.assertEqual(suite.gateway.metrics()["silhouette_gateway_pending_packets"], 0)

    def add_interface(self, name):
        """One that can go away."""
        veth_link.ip("-n", self.link.receiver, "link", "add", name, "type", "dummy")
        veth_link.ip("-n", self.link.receiver, "link", "set", name, "up")

    def delete_interface(self, name):
        veth_link.ip("-n", self.link.receiver, "link", "delete", name)

    def test_when_its_last_interface_goes_away_it_ends_to_be_started_again(self):
        self.add_interface("gone0")
        self.add_interface("gone1")
        suite = self.start_suite("--interface", "gone0", "--interface", "gone1")
        suite.capture.wait_for("listening on gone1")
        self.delete_interface("gone0")
        suite.capture.wait_for("gone0: ended")
        self.assertIsNone(suite.capture.process.poll(), "gone1 is still there")
        self.delete_interface("gone1")
        self.assertEqual(suite.capture.process.wait(harness.TIMEOUT_S), 1, suite.capture.log)
        suite.capture.wait_for("no interface is left")


if __name__ == "__main__":
    unittest.main()
