"""`silhouette status` and what is behind it: every process of the suite, those that are gone too."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import tempfile
import unittest

import certificates
import harness
from four_processes_test import check_health, list_services

SERVICES = ["capture-svc", "feature-svc", "classify-svc", "gateway"]
TOOL = os.path.join(harness.BIN, "silhouette")

# Which the answer leaves out.
HISTOGRAM = re.compile("_(seconds|ratio)_(bucket|sum|count)")


class StatusSuite(harness.Suite):
    """A suite whose gateway knows where the others are, by this host."""

    def __init__(self, *capture_args, every=(), host="127.0.0.1", launcher=()):
        super().__init__(*capture_args, every=every)
        try:
            self.gateway.stop()  # it came first; now that all ports are known, once more
            self.gateway = harness.Service(
                "gateway", self.folder, "--store", os.path.join(self.folder, "verdicts.db"),
                *every, *(argument for service in (self.capture, self.feature, self.classify)
                          for argument in ("--%s-address" % service.name.removesuffix("-svc"),
                                           "%s:%d" % (host, service.ports["grpc"]))),
                launcher=launcher, listen=self.gateway.address())
            self.services[0] = self.gateway
        except BaseException:
            self.close()
            raise

    def status(self, *flags):
        """Of `silhouette status`: exit status, stdout and stderr."""
        def ask():
            told = harness.run_tool("status", "--gateway", self.gateway.address(), *flags)
            return None if "within 1000 ms" in told[1] else told
        return harness.wait_until(ask, "this machine is not too busy for an answer")

    def services_as_json(self, *flags):
        """The services of `status --json`."""
        _, out, errors = self.status("--json", *flags)
        if errors:
            raise AssertionError(errors)
        (line,) = out.splitlines()
        return json.loads(line)["services"]

    def wait_until_all_serve(self, *flags):
        def all_serve():
            return all(service["serving"] for service in self.services_as_json(*flags))
        harness.wait_until(all_serve, "all four serve")


def rows(table):
    """{service: its line}, in the table's order, without its head."""
    return {line.split()[0]: line for line in table.splitlines()[1:]}


class AllFour(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = StatusSuite("--file", harness.SAMPLE)
        cls.addClassCleanup(cls.suite.close)
        cls.suite.capture.wait_for("ended, ")
        cls.suite.wait_until_all_serve()

    def test_are_named_in_the_order_of_the_data_with_what_matters(self):
        status, out, errors = self.suite.status()
        self.assertEqual((status, errors), (0, ""))
        self.assertNotIn("\033", out)
        lines = rows(out)
        self.assertEqual(list(lines), SERVICES)
        for service in self.suite.services:
            self.assertRegex(lines[service.name], r"%s  +%s +serving +0\.1\.0 +\d+ (s|min) " %
                             (service.name, re.escape(service.address())))
        self.assertIn("packets/s, 0 dropped by the kernel, 0 shed, link", lines["capture-svc"])
        self.assertIn("windows/s", lines["feature-svc"])
        self.assertIn("models: presence 1", lines["classify-svc"])
        self.assertIn("verdicts/s stored", lines["gateway"])

    def test_as_json_have_the_figures_of_their_metrics_endpoint(self):
        services = {service["service"]: service for service in self.suite.services_as_json()}
        self.assertEqual(list(services), SERVICES)
        for service in self.suite.services:
            told = services[service.name]
            self.assertTrue(told["serving"])
            self.assertEqual(told["unavailable"], "")
            self.assertEqual(told["address"],
                             "" if service.name == "gateway" else service.address())
            page = {name: value for name, value in service.metrics().items()
                    if name.startswith("silhouette_") and not HISTOGRAM.search(name)}
            values = {}
            for metric in told["metrics"]:
                labels = ",".join('%s="%s"' % label for label in sorted(metric["labels"].items()))
                name = metric["name"] + ("{%s}" % labels if labels else "")
                values[name] = metric["value"]
                self.assertEqual("perSecond" in metric, metric["name"].endswith("_total"), name)
            self.assertEqual(values.keys(), page.keys(), service.name)
            short = service.name.removesuffix("-svc")
            received = "silhouette_%s_received_packets_total" % short
            if short != "gateway":  # which was started again
                self.assertEqual((values[received], page[received]), (28751, 28751))

    def test_answer_for_themselves_whoever_asks(self):
        messages = harness.messages("status_service")
        for service in self.suite.services:
            reply = harness.call(service.address(), "StatusService", "GetServiceStatus",
                                 messages.GetServiceStatusRequest(),
                                 messages.GetServiceStatusResponse)
            self.assertEqual(reply.status.service, service.name)
            self.assertEqual(reply.status.address, "")
            self.assertTrue(reply.status.serving)
            names = [(m.name, sorted(m.labels.items())) for m in reply.status.metrics]
            self.assertEqual(names, sorted(names))

    def test_list_the_status_service_in_reflection_and_health(self):
        for service in self.suite.services:
            self.assertIn(b"silhouette.v1.StatusService", list_services(service.address()))
            for port in ("grpc", "health"):
                self.assertEqual(
                    check_health(service.address(port), "silhouette.v1.StatusService"), 1)


class SomeAreGone(unittest.TestCase):
    def test_who_is_gone_is_named_beside_the_rest_and_is_back_when_it_is(self):
        with StatusSuite() as suite:
            suite.wait_until_all_serve()
            address = suite.classify.address()
            suite.classify.kill_if_running()
            status, out, errors = suite.status()
            self.assertEqual((status, errors), (1, ""))
            lines = rows(out)
            self.assertEqual(list(lines), SERVICES)
            self.assertRegex(lines["classify-svc"], "classify-svc +%s +unavailable +nothing listens "
                             "at %s; start classify-svc there, or put right the gateway's "
                             "--classify-address" % (re.escape(address), re.escape(address)))
            for name in SERVICES:
                self.assertEqual(" serving " in lines[name], name != "classify-svc", name)
            self.assertRegex(self.on_a_terminal(suite), "\033\\[31munavailable\033\\[0m +"
                             "\033\\[31mnothing listens at ")
            suite.services.append(harness.Service(
                "classify-svc", suite.folder, "--models", harness.CALL_MODELS,
                "--gateway-address", suite.gateway.address(), listen=address))
            suite.wait_until_all_serve()

    def on_a_terminal(self, suite):
        """What a person sees."""
        master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm"}
        environment.pop("NO_COLOR", None)
        process = subprocess.Popen([TOOL, "status", "--gateway", suite.gateway.address()],
                                   stdin=slave, stdout=slave, stderr=slave, env=environment)
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 4096):
                shown += piece
        except OSError:  # the other end is closed
            pass
        os.close(master)
        self.assertEqual(process.wait(harness.TIMEOUT_S), 1)
        return shown.decode()

    def test_without_a_gateway_it_says_what_to_do(self):
        status, out, errors = harness.run_tool("status", "--gateway", "127.0.0.1:1")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("no gateway answers at 127.0.0.1:1", errors)
        self.assertIn("--gateway", errors)

    def test_an_address_that_is_none_is_a_usage_error(self):
        status, out, errors = harness.run_tool("status", "--gateway", "gateway")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("--gateway gateway: not host:port", errors)
        status, _, errors = harness.run_binary("gateway", "--capture-address", "capture")
        self.assertEqual(status, 2)
        self.assertIn("--capture-address capture: not host:port", errors)


def can_bind(host, family):
    with socket.socket(family) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


class Replicas(unittest.TestCase):
    """Two processes of feature-svc behind one name, as a headless service of Kubernetes has them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-replicas-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.second = "::1" if can_bind("::1", socket.AF_INET6) else "127.0.0.2"
        hosts = os.path.join(self.folder, "hosts")
        with open(hosts, "w", encoding="utf-8") as file:
            file.write("127.0.0.1 localhost replicas.test\n%s replicas.test\n" % self.second)
        # A process with an /etc/hosts of its own.
        self.launcher = ["unshare", "--map-root-user", "--mount", "sh", "-c",
                         'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
        tried = subprocess.run([*self.launcher, "getent", "ahosts", "replicas.test"],
                               capture_output=True, timeout=harness.TIMEOUT_S, text=True)
        if tried.returncode != 0 or self.second not in tried.stdout:
            self.skipTest("no /etc/hosts of one's own here: " + tried.stderr.strip())

    def test_are_told_apart_and_one_that_is_gone_is_named(self):
        with StatusSuite(host="replicas.test", launcher=self.launcher) as suite:
            port = suite.feature.ports["grpc"]
            first = "127.0.0.1:%d" % port
            second = ("[%s]:%d" if ":" in self.second else "%s:%d") % (self.second, port)
            another = harness.Service("feature-svc", self.folder, "--classify-address",
                                      suite.classify.address(), listen=second)
            self.addCleanup(another.kill_if_running)

            def features():
                return {service["address"]: service for service in suite.services_as_json()
                        if service["service"] == "feature-svc"}
            both = features()
            self.assertEqual(sorted(both), sorted([first, second]))
            self.assertEqual([f["unavailable"] for f in both.values()], ["", ""])
            self.assertNotEqual(both[first]["startedNs"], both[second]["startedNs"])
            another.kill_if_running()
            both = features()
            self.assertEqual(both[first]["unavailable"], "")
            self.assertIn("nothing listens at " + second, both[second]["unavailable"])


class Encrypted(unittest.TestCase):
    def test_all_four_serve_over_mutual_tls_found_by_name(self):
        with tempfile.TemporaryDirectory(prefix="silhouette-tls-") as folder:
            authority = certificates.Authority(folder, "ours")
            flags = authority.flags(authority.sign("silhouette"))
            with StatusSuite(every=flags, host="localhost") as suite:
                def answered():
                    return {service["service"] for service in suite.services_as_json(*flags)
                            if service["serving"]}
                harness.wait_until(lambda: answered() == set(SERVICES), "all four serve")
                status, out, errors = suite.status()
                self.assertEqual((status, out), (1, ""))
                self.assertIn("connect with --tls-ca", errors)


class Watch(unittest.TestCase):
    def test_it_looks_again_until_it_is_stopped(self):
        with StatusSuite() as suite:
            suite.wait_until_all_serve()
            watch = subprocess.Popen(
                [TOOL, "status", "--watch", "--json", "--gateway", suite.gateway.address()],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(watch.kill)
            looks = [json.loads(watch.stdout.readline()) for _ in range(2)]
            self.assertEqual([len(look["services"]) for look in looks], [4, 4])
            watch.send_signal(signal.SIGINT)
            _, errors = watch.communicate(timeout=harness.TIMEOUT_S)
            self.assertEqual((watch.returncode, errors), (0, ""))


if __name__ == "__main__":
    unittest.main()
