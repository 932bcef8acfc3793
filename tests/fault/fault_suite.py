"""The four services as processes whose links can be cut and which can be killed one by one."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness
from link_proxy import LinkProxy
from small_disk import SmallDisk

# Each link by the service that it leads to.
RECEIVERS = {"capture-feature": "feature-svc", "feature-classify": "classify-svc",
             "classify-gateway": "gateway"}
# A service ends with the harness, even if that is killed.
LAUNCHER = ("setpriv", "--pdeathsig", "KILL", "--")


class FaultSuite:
    """All four run once it is made; for one thread, which has to live as long as the suite."""

    def __init__(self, capture_args, bytes_per_s, has_small_disk):
        """`bytes_per_s` limits each link, unless None. The store lies on a small disk of its own if
        asked for; small_disk.py says when that is allowed."""
        self.services = {}  # name: the last one that was started
        self.past = []  # those before, which were killed or restarted
        self.disk = None
        self.links = {name: LinkProxy() for name in RECEIVERS}
        self._folder = tempfile.TemporaryDirectory(prefix="silhouette-faults-")
        try:
            store_folder = os.path.join(self._folder.name, "store")
            os.mkdir(store_folder)
            if has_small_disk:
                self.disk = SmallDisk(store_folder)
            self.store = os.path.join(store_folder, "verdicts.db")
            self._args = {
                "gateway": ["--store", self.store],
                "classify-svc": ["--models", harness.CALL_MODELS,
                                 "--gateway-address", self.links["classify-gateway"].address()],
                "feature-svc": ["--classify-address", self.links["feature-classify"].address()],
                "capture-svc": ["--feature-address", self.links["capture-feature"].address(),
                                "--once", *capture_args],
            }
            for link, rate in bytes_per_s.items():
                self.links[link].limit(rate)
            for name in self._args:
                self.start(name)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def start(self, name):
        """Starts a service for the first time or again; its link leads there from now on."""
        service = harness.Service(name, self._folder.name, *self._args[name], launcher=LAUNCHER)
        if name in self.services:
            self.past.append(self.services[name])
        self.services[name] = service
        for link, receiver in RECEIVERS.items():
            if receiver == name:
                self.links[link].lead_to(service.ports["grpc"])

    def kill(self, name):
        self.services[name].kill_if_running()
        self._lead_nowhere(name)

    def signal(self, name, number):
        """SIGSTOP, SIGCONT, or SIGTERM to end it in order."""
        self.services[name].process.send_signal(number)

    def status(self, name):
        """The exit status; None while it runs."""
        status = self.services[name].process.poll()
        if status is not None:
            self._lead_nowhere(name)
        return status

    def is_capturing(self):
        """Whether something is still to come; capture-svc takes a moment to end after that."""
        return (self.status("capture-svc") is None and
                not any("shuts down" in line for line in self.services["capture-svc"].log))

    def carried_bytes(self):
        return {name: link.carried_bytes for name, link in self.links.items()}

    def logs(self, lines):
        """The last lines that each process logged, the killed ones too."""
        return "\n".join("%s, process %d:\n%s" % (
            service.name, service.process.pid,
            "\n".join("    " + line for line in service.log[-lines:]))
            for service in [*self.past, *self.services.values()])

    def close(self):
        for service in self.services.values():
            service.kill_if_running()
        for link in self.links.values():
            link.close()
        if self.disk:
            self.disk.close()
        self._folder.cleanup()

    def _lead_nowhere(self, name):
        for link, receiver in RECEIVERS.items():
            if receiver == name:
                self.links[link].lead_to(None)
