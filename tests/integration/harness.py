"""Starts Silhouette's real binaries for the integration tests.

Ports are picked by the services (port 0) and read from their ports files. Waiting is for a line of
a service's log; wait_until is for what no log tells.
"""

import atexit
import functools
import glob
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("SILHOUETTE_BIN", os.path.join(ROOT, "build", "release", "bin"))
SAMPLE = os.path.join(ROOT, "samples", "call.pcap")
SAMPLE_TRUTH = os.path.join(ROOT, "samples", "call.truth.csv")
# The model of calls alone, which most tests are about; all that are bundled lie in MODELS.
CALL_MODELS = os.path.join(ROOT, "tests", "models")
MODELS = os.path.join(ROOT, "models")
SHARED = os.path.join(os.path.dirname(ROOT), "shared", "data")

# A gateway's web port is a free one too, wherever a test starts one.
os.environ.setdefault("SILHOUETTE_WEB_LISTEN", "127.0.0.1:0")
os.environ.setdefault("SILHOUETTE_MODELS", CALL_MODELS)

# A sanitizer makes everything slower and keeps memory that was freed; a hung process must still end
# the test.
IS_SANITIZED = os.path.basename(os.path.dirname(BIN)) in ("asan", "tsan")
TIMEOUT_S = 500 if IS_SANITIZED else 120


def shared(*parts):
    """A file of the shared real data; skips the test where it is missing."""
    path = os.path.join(SHARED, *parts)
    if not os.path.exists(path):
        raise unittest.SkipTest("real data not here: " + os.path.join("../shared/data", *parts))
    return path


def run_tool(*args, env=None):
    """Runs the command-line tool to its end: (exit status, stdout, stderr)."""
    return run_binary("silhouette", *args, env=env)


def run_binary(name, *args, env=None):
    done = subprocess.run([os.path.join(BIN, name), *args], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIMEOUT_S, text=True,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def json_lines(text, kind):
    """The objects of one kind ("verdict", "summary") in JSON Lines."""
    return [line[kind] for line in map(json.loads, text.splitlines()) if kind in line]


@functools.cache
def _import_messages():
    """Makes the Python messages of all protos, for as long as the tests run."""
    folder = tempfile.TemporaryDirectory(prefix="silhouette-protos-")
    atexit.register(folder.cleanup)
    protos = os.path.join(ROOT, "proto")
    subprocess.run(["protoc", "-I", protos, "--python_out", folder.name,
                    *glob.glob(os.path.join(protos, "silhouette", "v1", "*.proto"))],
                   check=True, timeout=TIMEOUT_S)
    sys.path.insert(0, folder.name)


def messages(name):
    """The Python messages of proto/silhouette/v1/`name`.proto."""
    _import_messages()
    return importlib.import_module("silhouette.v1.%s_pb2" % name)


def call(address, service, method, request, reply):
    """One unary call of "CaptureService" or another; errors are grpc.RpcError."""
    import grpc  # here, as most tests do without
    with grpc.insecure_channel(address) as channel:
        rpc = channel.unary_unary("/silhouette.v1.%s/%s" % (service, method),
                                  request_serializer=type(request).SerializeToString,
                                  response_deserializer=reply.FromString)
        return rpc(request, timeout=TIMEOUT_S)


def wait_until(condition, what, seconds=TIMEOUT_S):
    """For what no log tells: asks again and again; returns the first true answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError("not within %g s: %s" % (seconds, what))
        time.sleep(0.05)


class Service:
    """One running service. `launcher` is a command that becomes the service, as setpriv does."""

    def __init__(self, name, folder, *args, launcher=(), listen="127.0.0.1:0"):
        self.name = name
        ports_file = os.path.join(folder, name + ".ports")
        if os.path.exists(ports_file):  # of one that was killed
            os.remove(ports_file)
        command = [*launcher, os.path.join(BIN, name), "--listen", listen, "--health-listen",
                   "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--ports-file", ports_file,
                   "--grace", "2", *args]
        for last in (*[False] * 20, True):
            self._start(command)
            try:
                self.wait_for("listens on ports")
                break
            except AssertionError:
                self.kill_if_running()
                # The port of one that has ended may be a connection's of somebody else for a while.
                if last or listen.endswith(":0") or not any(
                        "port is in use" in line for line in self.log):
                    raise
                time.sleep(0.5)
        with open(ports_file, encoding="utf-8") as file:
            self.ports = json.load(file)

    def _start(self, command, environment=None):
        self.log = []
        self._seen = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, env=environment)
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self):
        for line in self.process.stderr:
            with self._seen:
                self.log.append(line.rstrip("\n"))
                self._seen.notify_all()
        with self._seen:
            self._ended = True
            self._seen.notify_all()

    def wait_for(self, text):
        """Waits for a log line that holds `text`."""
        with self._seen:
            found = self._seen.wait_for(
                lambda: self._ended or any(text in line for line in self.log), TIMEOUT_S)
            if not found or not any(text in line for line in self.log):
                raise AssertionError(
                    f"{self.name} never logged {text!r}; it logged:\n" + "\n".join(self.log))

    def address(self, port="grpc"):
        return "127.0.0.1:%d" % self.ports[port]

    def metrics(self):
        """The Prometheus page as {name with labels: value}."""
        url = "http://" + self.address("metrics") + "/metrics"
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as page:
            text = page.read().decode()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.terminate()
        status = self.process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)
        self.process.stderr.close()
        return status

    def kill_if_running(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)
        self.process.stderr.close()


class Suite:
    """The four services as processes, joined over loopback; `every` are arguments of each."""

    def __init__(self, *capture_args, every=(), models=CALL_MODELS):
        self.every = every
        self._folder = tempfile.TemporaryDirectory(prefix="silhouette-test-")
        self.folder = self._folder.name
        os.chmod(self.folder, 0o777)  # a sandboxed capture-svc is nobody when it writes there
        self.services = []
        try:
            self.gateway = self._start("gateway", "--store",
                                       os.path.join(self.folder, "verdicts.db"))
            self.classify = self._start("classify-svc", "--models", models,
                                        "--gateway-address", self.gateway.address())
            self.feature = self._start("feature-svc", "--classify-address",
                                       self.classify.address())
            self.capture = self._start("capture-svc", "--feature-address", self.feature.address(),
                                       *capture_args)
        except BaseException:
            self.close()
            raise

    def _start(self, name, *args):
        service = Service(name, self.folder, *args, *self.every)
        self.services.append(service)
        return service

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        for service in reversed(self.services):
            service.kill_if_running()
        self._folder.cleanup()
