"""What a capture may do: the rights that it gives up, and what capture-svc's RPCs allow."""

import contextlib
import glob
import os
import shutil
import subprocess
import unittest

import grpc

import harness
import veth_link
from capture_harness import OnTheLink, run_file, set_up_link, stored
from four_processes_test import verdict_lines

NOBODY = 65534


def setUpModule():
    set_up_link()


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
        shutil.copytree(harness.CALL_MODELS, models)
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
        passed = self.link.send(500, 0.5)
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
        # A new link takes a moment.
        before = harness.wait_until(
            lambda: [each for each in [api.interface(veth_link.INTERFACE)] if each.running],
            "the interface is running")[0]
        self.assertTrue(before.up and not before.loopback)
        self.assertEqual(list(before.addresses), [veth_link.RECEIVER])
        passed = self.link.send(500, 0.5)
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


if __name__ == "__main__":
    unittest.main()
