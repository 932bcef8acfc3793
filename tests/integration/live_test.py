"""Live capture, and the other sources that take their time, in the real binaries.

Packets are simulated and pass between two network namespaces (veth_link.py). What was captured is
checked against the file that the capture itself wrote: live or read back, the verdicts are the same
to the last bit.
"""

import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import grpc

import harness
import veth_link
from four_processes_test import identity, verdict_lines

NOBODY = 65534
HORIZON_S, LATENESS_S = 5, 1
LINK, NO_LINK = None, ""


def setUpModule():
    """The link comes before all threads, gRPC's too: they have to be at the receiver's end."""
    global LINK, NO_LINK
    try:
        LINK = veth_link.VethLink()
        unittest.addModuleCleanup(LINK.close)
    except unittest.SkipTest as reason:
        NO_LINK = str(reason)


class OnTheLink(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if LINK is None:
            raise unittest.SkipTest(NO_LINK)

    def make_folder(self):
        """The user nobody may write there, who a capture runs as."""
        folder = tempfile.TemporaryDirectory(prefix="silhouette-live-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o777)
        return folder.name

    def start_suite(self, *capture_args):
        suite = harness.Suite(*capture_args)
        self.addCleanup(suite.close)
        return suite

    def listen_with(self, *command):
        """Starts a command that says when it listens."""
        return Listening(self, command)


class Listening:
    """A running capture that writes its report to stdout."""

    def __init__(self, test, command):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        test.addCleanup(self._kill)
        self._said = ""
        while "listening on" not in self._said:
            line = self.process.stderr.readline()
            if not line:
                raise AssertionError("did not listen: " + self._said)
            self._said += line

    def _kill(self):
        self.process.kill()
        self.process.communicate()

    def end(self):
        """Ctrl-C; returns (exit status, stdout, stderr)."""
        self.process.send_signal(signal.SIGINT)
        out, said = self.process.communicate(timeout=harness.TIMEOUT_S)
        return self.process.returncode, out, self._said + said


def run_file(path):
    """`silhouette run` on a file: (verdict lines, summary)."""
    status, out, errors = harness.run_tool("run", path, "--all", "--json")
    assert status == 0, errors
    return verdict_lines(out), harness.json_lines(out, "summary")[0]


def stored(gateway, *selection):
    """What a gateway stores of the newest run: (verdict lines, summary)."""
    status, out, errors = harness.run_tool("timeline", "--gateway", gateway.address(), "--all",
                                           "--json", *selection)
    assert status == 0, errors
    return verdict_lines(out), harness.json_lines(out, "summary")[0]


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


def received_packets(suite):
    return suite.capture.metrics()["silhouette_capture_received_packets_total"]


class LiveEqualsFile(OnTheLink):
    """`silhouette run --interface` against `silhouette run` on the file that it wrote meanwhile."""

    def check(self, packets, seconds, silence_s):
        path = os.path.join(self.make_folder(), "live.pcapng")
        capture = self.listen_with(os.path.join(harness.BIN, "silhouette"), "run", "--interface",
                                   veth_link.INTERFACE, "--write", path, "--all", "--json")
        passed = LINK.send(packets, seconds)
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


class FourProcesses(OnTheLink):
    def test_sigterm_right_behind_the_last_packet_loses_nothing(self):
        path = os.path.join(self.make_folder(), "live.pcapng")
        suite = self.start_suite("--interface", veth_link.INTERFACE, "--write", path)
        sending = LINK.start_sending(2000, 2)
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
        passed = LINK.send(300, 1)
        passed_ns = time.time_ns()
        wanted_ns = passed_ns + (HORIZON_S - 1) * 10**9
        harness.wait_until(lambda: any(verdict.window_end_ns >= wanted_ns
                                       for verdict in list_verdicts(suite.gateway)),
                           "windows behind the last packet, nearly as far as the horizon",
                           HORIZON_S + LATENESS_S + 10)
        self.assertIsNone(suite.capture.process.poll(), "the capture goes on")
        self.assertEqual(identity(suite.gateway.metrics(), "gateway"), (passed, passed))
        self.assertEqual(suite.gateway.metrics()["silhouette_gateway_pending_packets"], 0)


def read_status(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def thread_statuses(process):
    """What the kernel says of each of a process's threads."""
    statuses = []
    for status in glob.glob("/proc/%d/task/*/status" % process.pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            statuses.append(read_status(status))
    return statuses


def capabilities(status):
    return [int(status[each], 16) for each in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]


class Sandbox(OnTheLink):
    def start_capture(self, *args):
        # Nobody answers there: the sandbox comes before.
        service = harness.Service("capture-svc", self.make_folder(), "--interface",
                                  veth_link.INTERFACE, "--feature-address", "127.0.0.1:1", *args)
        self.addCleanup(service.kill_if_running)
        return service

    def test_no_thread_of_capture_svc_keeps_root_capabilities_or_all_system_calls(self):
        statuses = thread_statuses(self.start_capture("--require-sandbox").process)
        self.assertGreater(len(statuses), 1)
        self.check_gave_all_up(statuses)

    def check_gave_all_up(self, statuses):
        for status in statuses:
            self.assertEqual(status["Uid"].split(), [str(NOBODY)] * 4)
            self.assertEqual(status["Gid"].split(), [str(NOBODY)] * 4)
            self.assertEqual(status["Groups"].split(), [])
            self.assertEqual(capabilities(status), [0] * 5)
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], "2")

    def test_nor_does_a_thread_of_silhouette_run(self):
        capture = self.listen_with(os.path.join(harness.BIN, "silhouette"), "run", "--interface",
                                   veth_link.INTERFACE, "--require-sandbox")
        self.check_gave_all_up(thread_statuses(capture.process))

    def test_without_a_sandbox_all_stays_as_it_was(self):
        ours = read_status("/proc/self/status")
        for status in thread_statuses(self.start_capture("--no-sandbox").process):
            self.assertEqual(status["Uid"].split(), ["0"] * 4)
            for name in ("CapPrm", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp"):
                self.assertEqual(status[name], ours[name], name)
            self.assertNotEqual(int(status["CapEff"], 16), 0)

    def test_a_required_sandbox_without_its_user_is_a_failure(self):
        for command in (["capture-svc"], ["silhouette", "run"]):
            status, out, errors = harness.run_binary(
                command[0], *command[1:], "--interface", veth_link.INTERFACE, "--require-sandbox",
                "--user", "nosuchuser")
            self.assertEqual((status, out), (1, ""), command)
            (line,) = [line for line in errors.splitlines()
                       if line.startswith("%s: " % " ".join(command))]
            self.assertIn("--require-sandbox: runs as nosuchuser: user 'nosuchuser': does not "
                          "exist; name another", line)


class WithoutRoot(OnTheLink):
    def setUp(self):
        if not shutil.which("setpriv"):
            self.skipTest("util-linux's setpriv is not installed")
        self.folder = self.make_folder()
        if os.statvfs(self.folder).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary folder is on a file system without privileges (nosuid)")
        self.program = shutil.copy(os.path.join(harness.BIN, "silhouette"), self.folder)
        os.chmod(self.program, 0o755)
        models = os.path.join(self.folder, "models")
        shutil.copytree(os.path.join(harness.ROOT, "models"), models)
        subprocess.run(["chmod", "-R", "a+rX", models], check=True)
        home = os.path.join(self.folder, "home")
        os.mkdir(home)
        os.chown(home, NOBODY, NOBODY)
        self.path = os.path.join(home, "live.pcapng")
        self.command = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups",
                        self.program, "run", "--interface", veth_link.INTERFACE, "--write",
                        self.path, "--all", "--json", "--models", models]

    def test_with_the_capability_on_the_program_a_user_captures(self):
        if not shutil.which("setcap"):
            self.skipTest("libcap2-bin is not installed")
        done = subprocess.run(["setcap", "cap_net_raw+ep", self.program], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            self.skipTest("the file system keeps no capabilities: " + done.stderr.strip())
        capture = self.listen_with(*self.command, "--require-sandbox")
        passed = LINK.send(500, 0.5)
        status, out, said = capture.end()
        self.assertEqual(status, 0, said)
        owner = os.stat(self.path)
        self.assertEqual((owner.st_uid, owner.st_mode & 0o777), (NOBODY, 0o600))
        verdicts, summary = run_file(self.path)
        self.assertEqual(summary["packets"]["received"], passed)
        self.assertEqual(verdict_lines(out), verdicts)

    def test_without_it_the_error_tells_what_to_do(self):
        done = subprocess.run(self.command, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=harness.TIMEOUT_S, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        (line,) = done.stderr.splitlines()
        self.assertIn("%s: capturing is not permitted" % veth_link.INTERFACE, line)
        self.assertIn("run as root, or once: setcap cap_net_raw+ep %s" % self.program, line)
        self.assertFalse(os.path.exists(self.path))


class CaptureApi:
    """capture-svc's own RPCs."""

    def __init__(self, service):
        self._service = service
        self.messages = harness.messages("capture_service")

    def call(self, method, **fields):
        request = getattr(self.messages, method + "Request")(**fields)
        reply = getattr(self.messages, method + "Response")
        return harness.call(self._service.address(), "CaptureService", method, request, reply)

    def start_interface(self, name, **fields):
        source = self.messages.InterfaceSource(interface=name, **fields)
        return self.call("StartCapture", interface=source).capture

    def start_file(self, path):
        return self.call("StartCapture", file=self.messages.FileSource(path=path)).capture

    def captures(self):
        return self.call("ListCaptures").captures

    def interface(self, name):
        (found,) = [each for each in self.call("ListInterfaces").interfaces if each.name == name]
        return found


class Rpcs(OnTheLink):
    def refusal(self, what, *args):
        with self.assertRaises(grpc.RpcError) as refused:
            what(*args)
        return refused.exception.code(), refused.exception.details()

    def test_a_capture_is_started_watched_and_stopped(self):
        suite = self.start_suite()
        api = CaptureApi(suite.capture)
        self.assertEqual(list(api.captures()), [])
        started = api.start_interface(veth_link.INTERFACE)
        self.assertEqual((started.source, started.state),
                         (veth_link.INTERFACE, api.messages.CAPTURE_STATE_RUNNING))
        before = api.interface(veth_link.INTERFACE)
        self.assertTrue(before.up and before.running and not before.loopback)
        self.assertEqual(list(before.addresses), [veth_link.RECEIVER])
        passed = LINK.send(500, 0.5)
        after = api.interface(veth_link.INTERFACE)
        self.assertEqual(after.received_packets - before.received_packets, passed / 2)
        self.assertGreater(after.received_bytes, before.received_bytes)
        running = harness.wait_until(
            lambda: [each for each in api.captures() if each.accounting.received == passed],
            "%d packets received" % passed)
        self.assertEqual([(each.run, each.state) for each in running],
                         [(started.run, api.messages.CAPTURE_STATE_RUNNING)])
        api.call("StopCapture", origin=started.origin)
        (ended,) = harness.wait_until(
            lambda: [each for each in api.captures()
                     if each.state != api.messages.CAPTURE_STATE_RUNNING], "the capture has ended")
        self.assertEqual((ended.state, ended.error), (api.messages.CAPTURE_STATE_DONE, ""))
        self.assertEqual(ended.accounting.windowed, passed)
        self.assertEqual(ended.accounting.pending, 0)
        self.assertEqual(stored(suite.gateway)[1]["packets"]["windowed"], passed)
        code, text = self.refusal(lambda: api.call("StopCapture", origin=started.origin))
        self.assertEqual(code, grpc.StatusCode.NOT_FOUND, text)
        self.assertEqual(suite.capture.stop(), 0, suite.capture.log)

    def test_what_cannot_be_started_is_refused_with_a_reason(self):
        suite = self.start_suite()
        api = CaptureApi(suite.capture)
        code, text = self.refusal(api.start_interface, "nosuch0")
        self.assertEqual(code, grpc.StatusCode.NOT_FOUND)
        self.assertIn("nosuch0: no such interface; there are", text)
        code, text = self.refusal(lambda: api.start_interface(veth_link.INTERFACE, filter="udq"))
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("filter 'udq'", text)
        code, text = self.refusal(api.start_file, "call.pcap")
        self.assertEqual(code, grpc.StatusCode.FAILED_PRECONDITION)
        self.assertIn("--files-from", text)
        self.assertEqual(list(api.captures()), [])

    def test_once_privileges_are_given_up_no_interface_is_opened(self):
        service = harness.Service("capture-svc", self.make_folder(), "--interface",
                                  veth_link.INTERFACE, "--feature-address", "127.0.0.1:1")
        self.addCleanup(service.kill_if_running)
        code, text = self.refusal(CaptureApi(service).start_interface, veth_link.INTERFACE)
        self.assertEqual(code, grpc.StatusCode.FAILED_PRECONDITION)
        self.assertIn("--no-sandbox", text)

    def test_files_are_read_below_their_folder_only(self):
        outer = self.make_folder()
        folder = os.path.join(outer, "captures")
        os.mkdir(folder)
        shutil.copy(harness.SAMPLE, folder)
        shutil.copy(harness.SAMPLE, os.path.join(outer, "outside.pcap"))
        os.symlink(os.path.join(outer, "outside.pcap"), os.path.join(folder, "link.pcap"))
        suite = self.start_suite("--files-from", folder)
        api = CaptureApi(suite.capture)
        for path in ("../outside.pcap", os.path.join(outer, "outside.pcap"), "link.pcap", ".."):
            code, text = self.refusal(api.start_file, path)
            self.assertEqual(code, grpc.StatusCode.PERMISSION_DENIED, path)
            self.assertIn("lies outside of the folder of --files-from", text)
        code, _ = self.refusal(api.start_file, "nosuch.pcap")
        self.assertEqual(code, grpc.StatusCode.NOT_FOUND)
        self.assertEqual(api.start_file("call.pcap").origin, "file:call.pcap")
        suite.capture.wait_for("ended, ")
        (capture,) = api.captures()
        self.assertEqual((capture.state, capture.error), (api.messages.CAPTURE_STATE_DONE, ""))
        self.assertEqual(stored(suite.gateway)[0], run_file(harness.SAMPLE)[0])


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
        passed = LINK.send(2000, 3.5)
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
                    # The last tenth of a second waits for what comes next.
                    harness.wait_until(lambda: received_packets(suite) > begin + 4900,
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


if __name__ == "__main__":
    unittest.main()
