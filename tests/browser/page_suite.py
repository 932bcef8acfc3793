"""The four services as processes, with a gateway that knows the others and keeps its ports."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness


class PageSuite(harness.Suite):
    """capture-svc waits for jobs; further captures are started by `capture` and `replay`."""

    def __init__(self, *gateway_args, models=harness.CALL_MODELS):
        super().__init__(models=models)
        try:
            self.gateway_args = gateway_args
            self.web = self.gateway.address("web")
            self.restart_gateway()
        except BaseException:
            self.close()
            raise

    def stop_gateway(self):
        if self.gateway.process.poll() is None:
            self.gateway.stop()

    def restart_gateway(self):
        """On the same ports."""
        self.stop_gateway()
        self.gateway = harness.Service(
            "gateway", self.folder, "--store", os.path.join(self.folder, "verdicts.db"),
            "--web-listen", self.web, *self.gateway_args,
            *(argument for service in (self.capture, self.feature, self.classify)
              for argument in ("--%s-address" % service.name.removesuffix("-svc"),
                               service.address())),
            listen=self.gateway.address())
        self.services[0] = self.gateway

    def url(self, place=""):
        return "http://%s/%s" % (self.web, place)

    def capture_file(self, path, run, *args):
        """Reads a capture to its end, as a run of this name."""
        status, _, errors = harness.run_binary(
            "capture-svc", "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0",
            "--metrics-listen", "127.0.0.1:0", "--feature-address", self.feature.address(),
            "--file", path, "--run", run, "--once", *args)
        assert status == 0, errors

    def replay(self, path, run, speed):
        """Plays a capture as if it were live; the service that does."""
        return self._start_capture(run, "--replay", path, "--speed", speed)

    def piped(self, run):
        """The sample as a run that goes on as far as the test lets it."""
        folder = os.path.join(self.folder, run + ".pipe")
        os.mkdir(folder)
        path = os.path.join(folder, "call.pcap")
        os.mkfifo(path)
        self._start_capture(run, "--file", path)
        return PipedCapture(path)

    def _start_capture(self, run, *args):
        folder = os.path.join(self.folder, run)
        os.mkdir(folder)
        service = harness.Service("capture-svc", folder, "--feature-address",
                                  self.feature.address(), *args, "--run", run)
        self.services.append(service)
        return service


class PipedCapture:
    """The writing end of a pipe that a capture-svc reads."""

    def __init__(self, path):
        self._pipe = open(path, "wb")  # waits until it is read
        with open(harness.SAMPLE, "rb") as file:
            self._pipe.write(file.read(24))
            self._data = file.read()
        self._at = 0
        self._first_s = None

    def until(self, second):
        """Gives the packets up to this second of the capture."""
        begin = self._at
        while self._at < len(self._data):
            seconds, micros, size = struct.unpack_from("<III", self._data, self._at)
            self._first_s = self._first_s or seconds
            if seconds - self._first_s + micros / 1e6 >= second:
                break
            self._at += 16 + size
        self._pipe.write(self._data[begin:self._at])
        self._pipe.flush()

    def end(self):
        if not self._pipe.closed:
            self.until(float("inf"))
            self._pipe.close()

