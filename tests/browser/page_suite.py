"""The four services as processes, with a gateway that knows the others and keeps its ports."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness


class PageSuite(harness.Suite):
    """capture-svc waits for jobs; further captures are started by `capture` and `replay`."""

    def __init__(self, *gateway_args):
        super().__init__()
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

    def capture_file(self, path, run):
        """Reads a capture to its end, as a run of this name."""
        status, _, errors = harness.run_binary(
            "capture-svc", "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0",
            "--metrics-listen", "127.0.0.1:0", "--feature-address", self.feature.address(),
            "--file", path, "--run", run, "--once")
        assert status == 0, errors

    def replay(self, path, run, speed):
        """Plays a capture as if it were live; the service that does."""
        folder = os.path.join(self.folder, run)
        os.mkdir(folder)
        service = harness.Service("capture-svc", folder, "--feature-address",
                                  self.feature.address(), "--replay", path, "--speed", speed,
                                  "--run", run)
        self.services.append(service)
        return service

