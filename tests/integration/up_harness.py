"""Runs `silhouette up` on free ports for the tests."""

import os
import signal
import subprocess
import tempfile
import threading

import harness


class Up:
    """A running suite; `args` are further ones of `silhouette up`."""

    def __init__(self, *args):
        self._folder = tempfile.TemporaryDirectory(prefix="silhouette-up-test-")
        self.folder = self._folder.name
        self.store = os.path.join(self.folder, "verdicts.db")
        self.process = subprocess.Popen(
            [os.path.join(harness.BIN, "silhouette"), "up", "--any-ports", "--web-listen",
             "127.0.0.1:0", "--store", self.store, *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        lines = {}
        for line in self.process.stdout:
            name, _, value = line.strip().partition(": ")
            lines[name] = value
            if line.startswith("Ctrl-C"):
                break
        if "gateway" not in lines:
            self.end()
            raise AssertionError("silhouette up did not start: " + "\n".join(self.said))
        self.page, self.gateway = lines["page"], lines["gateway"]

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))

    def children(self):
        """The services' process ids by name."""
        path = "/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)
        with open(path, encoding="ascii") as file:
            pids = map(int, file.read().split())
        names = {}
        for pid in pids:
            try:
                names[os.path.basename(os.readlink("/proc/%d/exe" % pid))] = pid
            except FileNotFoundError:  # it has ended
                pass
        return names

    def end(self):
        """Ctrl-C; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(harness.TIMEOUT_S)
        self._reader.join(harness.TIMEOUT_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.end()
        self._folder.cleanup()
