"""What tests of captures share: a link to listen on, and what came of a capture."""

import os
import signal
import subprocess
import tempfile
import unittest

import harness
import veth_link
from four_processes_test import verdict_lines

LINK, NO_LINK = None, ""


def set_up_link():
    """For setUpModule: the link comes before all threads, gRPC's too, which have to be at the
    receiver's end."""
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
        cls.link = LINK

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


def received_packets(suite):
    return suite.capture.metrics()["silhouette_capture_received_packets_total"]
