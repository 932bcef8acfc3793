"""Runs the containers of built manifests as processes on this machine, with the very commands, arguments and
environment that the manifests give them. What is put in the place of something else, and nothing beyond it:

- the image's program (its ENTRYPOINT, or a `command`) by the one that was built here;
- a pod's address (0.0.0.0, $(HOST_IP), and the loopback that the page is on by default) by an address of the
  loopback network that is this pod's alone, so that the ports stay;
- a service's name, as gateway.silhouette.svc, by the address of its pod;
- a volume's path by a temporary folder; a Secret's files are made there, certificates for the names that the
  manifests ask for and, as clients here go by address, for that;
- of capture-svc, the interface and what is of use for one alone by a replay of the sample.
"""

import os
import random
import re
import shutil
import subprocess
import tempfile

import containerfile
import manifests
from kubectl import harness
from certificates import Authority
from four_processes_test import check_health

IMAGES = containerfile.images()
# Options that are of use for an interface alone.
LIVE = re.compile(r"(--|SILHOUETTE_)(INTERFACE|FILTER|REQUIRE.SANDBOX)", re.IGNORECASE)
SPEED = 30  # of the replay
TOKEN = "0123456789abcdef"


class Container(harness.Service):
    """A running one; as a service of the harness, with the ports of the manifest."""

    def __init__(self, pod, command, environment, host):
        self.pod, self.name, self._host = pod, pod.name, host
        self.ports = {port["name"]: port["containerPort"] for port in pod.container["ports"]}
        self._start(command, environment)

    def address(self, port="grpc"):
        return "%s:%d" % (self._host, self.ports[port])

    def is_healthy(self, probe):
        """What a probe of the manifest finds."""
        import grpc  # here, as most tests do without
        try:
            asked = self.pod.container[probe]["grpc"]
            address = "%s:%d" % (self._host, asked["port"])
            return check_health(address, asked.get("service", "")) == 1
        except grpc.RpcError:
            return False


class Loopback:
    """A cluster's pods on this machine. `cluster` is one of manifests.CLUSTERS."""

    def __init__(self, cluster):
        self.manifests = manifests.cluster(cluster)
        self._folder = tempfile.TemporaryDirectory(prefix="silhouette-pods-")
        self.folder = self._folder.name
        network = "127.%d.%d." % (random.randrange(1, 255), random.randrange(1, 255))
        self.hosts = {pod.name: network + str(1 + number)
                      for number, pod in enumerate(self.manifests.pods())}
        self._authority = Authority(self.folder, "authority")
        self.running = {}
        for pod in self.manifests.pods():
            for name, volume in pod.volumes().items():
                self._fill(pod, name, volume)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for container in self.running.values():
            container.kill_if_running()
        self._folder.cleanup()

    def volume(self, pod, name):
        return os.path.join(self.folder, pod.name, name)

    def _fill(self, pod, name, volume):
        path = self.volume(pod, name)
        os.makedirs(path)
        secret = volume.get("secret", {}).get("secretName", "")
        if secret.endswith("-tls"):
            self._make_certificate(pod, secret, path)
        elif secret:
            with open(os.path.join(path, "token"), "w", encoding="utf-8") as file:
                file.write(TOKEN)

    def _make_certificate(self, pod, secret, path):
        """As cert-manager would, for the names in the Certificate, and for the pod's address here."""
        (asked,) = [each["spec"] for each in self.manifests.of_kind("Certificate")
                    if each["spec"]["secretName"] == secret
                    and each["metadata"]["namespace"] == pod.namespace]
        hosts = ["DNS:" + name for name in asked["dnsNames"]] + ["IP:" + self.hosts[pod.name]]
        certificate, key = self._authority.sign(secret, hosts=",".join(hosts))
        for made, name in ((certificate, "tls.crt"), (key, "tls.key"),
                           (self._authority.certificate, "ca.crt")):
            shutil.copy(made, os.path.join(path, name))

    def _here(self, pod, text):
        """A value of the manifests, as it is on this machine."""
        for name, host in self.hosts.items():
            text = re.sub(r"\b%s\.[\w-]+\.svc\b" % re.escape(name), host, text)
        text = text.replace("0.0.0.0", self.hosts[pod.name])
        mounts = {mount["mountPath"]: self.volume(pod, mount["name"])
                  for mount in pod.container.get("volumeMounts") or []}
        paths = "|".join(map(re.escape, mounts)) or "$."
        return re.sub(r"(^|=)(%s)(?=/|$)" % paths, lambda m: m[1] + mounts[m[2]], text)

    def environment(self, pod, **more):
        fields = {"status.hostIP": self.hosts[pod.name]}
        given = self.manifests.environment(pod, fields)
        values = {name: self._here(pod, value) for name, value in given.items()
                  if not (pod.name == "capture-svc" and LIVE.match(name))}
        if pod.name == "gateway":
            values.setdefault("SILHOUETTE_WEB_LISTEN", self.hosts[pod.name] + ":7180")
        # A sanitizer's own options come from the machine.
        own = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        return {"PATH": harness.BIN + ":" + os.path.join(harness.ROOT, "deploy", "image")
                        + ":/usr/bin:/bin", "TMPDIR": self.folder, **own, **values, **more}

    def command(self, pod, environment):
        image = IMAGES[pod.container["image"].rpartition("/")[2].partition(":")[0]]
        program = pod.container.get("command", image.entrypoint)
        path = shutil.which(os.path.basename(program[0]), path=environment["PATH"])
        arguments = [self._here(pod, each)
                     for each in self.manifests.arguments(pod, environment)]
        if pod.name == "capture-svc":
            arguments = [each for each in arguments if not LIVE.match(each)]
            arguments += ["--replay", harness.SAMPLE, "--speed", "%dx" % SPEED]
        return [path, *program[1:], *arguments]

    def start(self, name):
        pod = self.manifests.pod(name)
        environment = self.environment(pod)
        self.running[name] = Container(pod, self.command(pod, environment), environment,
                                       self.hosts[name])
        return self.running[name]

    def run_job(self, name, index):
        """One pod of an Indexed Job, to its end: (exit status, what it said)."""
        pod = self.manifests.pod(name)
        environment = self.environment(pod, JOB_COMPLETION_INDEX=str(index))
        done = subprocess.run(self.command(pod, environment), env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=harness.TIMEOUT_S, check=False)
        return done.returncode, done.stdout + done.stderr

    def tool(self, *arguments):
        """The tool's standard output, as who has the certificate of `submit` gets it."""
        submit = self.manifests.pod("submit")
        status, out, errors = harness.run_tool(*arguments, "--gateway",
                                               self.running["gateway"].address(),
                                               env=self.environment(submit))
        assert status == 0, errors
        return out
