"""Files, folders and pipes that take their time, in the real binaries."""

import os
import shutil
import tempfile
import time
import unittest

import harness
import veth_link
from capture_harness import OnTheLink, received_packets, run_file, set_up_link, stored


def setUpModule():
    set_up_link()


def split_pcap(data):
    """(file header, whole packet records) of a little-endian pcap."""
    header, records, at = data[:24], [], 24
    while at + 16 <= len(data):
        size = 16 + int.from_bytes(data[at + 8:at + 12], "little")
        if at + size > len(data):
            break
        records.append(data[at:at + size])
        at += size
    return header, records


def packets_in_files(folder):
    total = 0
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            total += len(split_pcap(file.read())[1])
    return total


class RotatingTcpdump(OnTheLink):
    def test_its_files_are_one_origin_and_no_packet_is_missed(self):
        if not shutil.which("tcpdump"):
            self.skipTest("tcpdump is not installed")
        folder = self.make_folder()
        suite = self.start_suite("--watch", folder, "--origin", "router")
        tcpdump = self.listen_with("tcpdump", "-Z", "root", "-n", "-U", "-i", veth_link.INTERFACE,
                                   "-G", "1", "-w", os.path.join(folder, "call-%s.pcap"))
        passed = self.link.send(2000, 3.5)
        # tcpdump itself loses what it has not read when it is told to end.
        harness.wait_until(lambda: packets_in_files(folder) == passed, "tcpdump's last packet")
        harness.wait_until(lambda: received_packets(suite) > 0.9 * passed, "reading goes on")
        tcpdump.end()
        self.assertGreaterEqual(len(os.listdir(folder)), 3)
        self.assertEqual(suite.capture.stop(), 0, suite.capture.log)
        messages = harness.messages("gateway_service")
        (run,) = harness.call(suite.gateway.address(), "GatewayService", "ListRuns",
                              messages.ListRunsRequest(), messages.ListRunsResponse).runs
        self.assertEqual((run.origin, run.ended, run.incomplete), ("router", True, ""))
        self.assertEqual((run.accounting.received, run.accounting.windowed), (passed, passed))


class GrowingFiles(unittest.TestCase):
    def test_files_that_grow_in_mid_packet_give_what_one_file_gives(self):
        with open(harness.SAMPLE, "rb") as file:
            header, records = split_pcap(file.read())
        with tempfile.TemporaryDirectory() as folder, \
                harness.Suite("--watch", folder, "--origin", "router") as suite:
            for begin in range(0, len(records), 10000):
                own = records[begin:begin + 10000]
                data = header + b"".join(own)
                cut = len(header) + sum(map(len, own[:5000])) + 7  # inside a packet's header
                with open(os.path.join(folder, "call-%d.pcap" % begin), "wb", 0) as file:
                    file.write(data[:10])
                    file.write(data[10:cut])
                    harness.wait_until(lambda: received_packets(suite) == begin + 5000,
                                       "the packets before the cut")
                    file.write(data[cut:])
            self.assertEqual(suite.capture.stop(), 0, suite.capture.log)
            verdicts, summary = stored(suite.gateway, "--origin", "router")
        self.assertEqual(summary["packets"]["received"], len(records))
        self.assertEqual(verdicts, run_file(harness.SAMPLE)[0])


class Replay(unittest.TestCase):
    def test_at_its_own_pace_a_file_gives_the_verdicts_that_it_gives_at_once(self):
        with harness.Suite("--replay", harness.SAMPLE, "--speed", "100x", "--once") as suite:
            began = time.monotonic()  # a moment after the first packet
            suite.capture.wait_for("ended, ")
            took_s = time.monotonic() - began
            self.assertEqual(suite.capture.process.wait(harness.TIMEOUT_S), 0)
            verdicts, summary = stored(suite.gateway)
        expected, expected_summary = run_file(harness.SAMPLE)
        self.assertEqual(verdicts, expected)
        self.assertEqual(summary["packets"], expected_summary["packets"])
        self.assertGreater(took_s, 1, "120 s at 100x, but for that moment")


class Pipes(unittest.TestCase):
    def test_a_pipe_that_is_held_open_gives_what_it_holds_and_sigterm_ends_in_order(self):
        with open(harness.SAMPLE, "rb") as file:
            header, records = split_pcap(file.read())
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "pipe")
            os.mkfifo(path)
            with harness.Suite("--file", path) as suite, open(path, "wb", 0) as pipe:
                pipe.write(header + records[0])
                suite.feature.wait_for("opened")  # the stream, for the first batch
                self.assertEqual(received_packets(suite), 1)
                self.assertEqual(suite.capture.stop(), 1, "it may have been cut")
                suite.capture.wait_for("stopped behind packet 1")
                self.assertNotIn("does not answer", "".join(suite.capture.log))
                _, summary = stored(suite.gateway)
        self.assertEqual(summary["packets"]["received"], 1)
        self.assertEqual(summary["packets"]["windowed"], 1)


if __name__ == "__main__":
    unittest.main()
