"""TLS on the links and the API: who is served, what changes while it runs, what does no harm."""

import os
import socket
import ssl
import tempfile
import threading
import unittest

import grpc

import certificates
import harness
from four_processes_test import list_services, verdict_lines

UNSERVED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def list_runs(address, credentials):
    """The gateway's runs, as raw bytes, over a connection of its own."""
    with grpc.secure_channel(address, credentials) as channel:
        return channel.unary_unary("/silhouette.v1.GatewayService/ListRuns")(
            b"", timeout=harness.TIMEOUT_S)


def client_credentials(authority, pair=None):
    certificate, key = map(read, pair) if pair else (None, None)
    return grpc.ssl_channel_credentials(read(authority.certificate), key, certificate)


def hello_of(name):
    """The first bytes that a TLS client sends."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        talk.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def resident_mib(service):
    with open("/proc/%d/status" % service.process.pid, encoding="utf-8") as status:
        (line,) = [line for line in status if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024


class Tls(unittest.TestCase):
    """Four services that share one certificate, with mutual TLS."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-tls-")
        cls.addClassCleanup(folder.cleanup)
        cls.ours = certificates.Authority(folder.name, "ours")
        cls.theirs = certificates.Authority(folder.name, "theirs")
        cls.pair = cls.ours.sign("silhouette")
        cls.expired = cls.ours.sign("expired", days=-1)
        cls.stranger = cls.theirs.sign("stranger")
        cls.flags = cls.ours.flags(cls.pair)
        cls.suite = harness.Suite("--file", harness.SAMPLE, every=cls.flags)
        cls.addClassCleanup(cls.suite.close)
        cls.suite.capture.wait_for("ended, ")
        cls.gateway = cls.suite.gateway

    def timeline(self, *flags):
        return harness.run_tool("timeline", "--gateway", self.gateway.address(), "--all", "--json",
                                *flags)

    def context(self):
        """A Python client's, with the certificate that all services trust."""
        context = ssl.create_default_context(cafile=self.ours.certificate)
        context.load_cert_chain(*self.pair)
        context.set_alpn_protocols(["h2"])
        return context

    def served_serial(self, service):
        with socket.create_connection(("127.0.0.1", service.ports["grpc"])) as plain:
            with self.context().wrap_socket(plain, server_hostname="127.0.0.1") as talk:
                return talk.getpeercert()["serialNumber"]


class Verdicts(Tls):
    def test_equal_those_without_tls_byte_for_byte(self):
        status, alone, _ = harness.run_tool("run", harness.SAMPLE, "--all", "--json")
        self.assertEqual(status, 0)
        status, stored, errors = self.timeline(*self.flags)
        self.assertEqual(status, 0, errors)
        self.assertEqual(verdict_lines(stored), verdict_lines(alone))
        self.assertEqual(len(verdict_lines(alone)), 240)

    def test_health_and_metrics_stay_without_tls(self):
        for service in self.suite.services:
            short = service.name.removesuffix("-svc")
            metrics = service.metrics()
            self.assertGreater(metrics["silhouette_%s_tls_certificate_end_timestamp_seconds"
                                       % short], 1.7e9)
            self.assertIn(b"grpc.health", list_services(service.address("health")))


class WhoIsServed(Tls):
    def test_only_clients_with_a_certificate_of_the_ca_that_holds(self):
        stored = list_runs(self.gateway.address(), client_credentials(self.ours, self.pair))
        for credentials in (client_credentials(self.ours),
                            client_credentials(self.ours, self.stranger),
                            client_credentials(self.ours, self.expired)):
            with self.assertRaises(grpc.RpcError) as refused:
                list_runs(self.gateway.address(), credentials)
            self.assertIn(refused.exception.code(), UNSERVED)
        self.assertGreaterEqual(
            self.gateway.metrics()["silhouette_gateway_tls_failed_handshakes_total"], 3)
        self.assertEqual(
            list_runs(self.gateway.address(), client_credentials(self.ours, self.pair)), stored)

    def capture(self, *flags):
        """A capture-svc that tries to push the sample under a name of its own."""
        service = harness.Service("capture-svc", self.suite.folder, "--origin", "intruder",
                                  "--feature-address", self.suite.feature.address(), "--file",
                                  harness.SAMPLE, *flags)
        self.addCleanup(service.kill_if_running)
        return service

    def test_a_capture_that_may_not_connect_says_why_and_nothing_is_stored(self):
        strangers = ["--tls-cert", self.stranger[0], "--tls-key", self.stranger[1]]
        for words, flags in (
                ("connect with --tls-ca", []),
                ("it may want a certificate", ["--tls-ca", self.ours.certificate]),
                ("it may want a certificate", ["--tls-ca", self.ours.certificate, *strangers]),
                ("not signed by one of --tls-ca", self.theirs.flags(self.pair)),
                ("--tls-server-name", [*self.flags, "--tls-server-name", "elsewhere"])):
            self.capture(*flags).wait_for(words)
        status, out, _ = self.timeline(*self.flags, "--origin", "intruder")
        self.assertEqual((status, out), (1, ""))

    def test_the_tool_says_what_is_missing_too(self):
        for words, flags in (
                ("connect with --tls-ca", []),
                ("it may want a certificate", ["--tls-ca", self.ours.certificate]),
                ("not signed by one of --tls-ca", self.theirs.flags(self.pair))):
            status, _, errors = self.timeline(*flags)
            self.assertEqual((status, errors.count("\n")), (1, 1), errors)
            self.assertIn(words, errors)

    def test_reflection_is_off_unless_asked_for(self):
        for address, expected in ((self.gateway.address(), grpc.StatusCode.UNIMPLEMENTED),
                                  (self.another_gateway("--reflection").address(), None)):
            with grpc.secure_channel(address,
                                     client_credentials(self.ours, self.pair)) as channel:
                info = channel.stream_stream(
                    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
                answers = info(iter([b"\x3a\x00"]), timeout=harness.TIMEOUT_S)
                if expected is None:
                    self.assertIn(b"GatewayService", next(answers))
                else:
                    with self.assertRaises(grpc.RpcError) as refused:
                        next(answers)
                    self.assertEqual(refused.exception.code(), expected)

    def another_gateway(self, *flags):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        service = harness.Service("gateway", folder.name, "--store", "", *self.flags, *flags)
        self.addCleanup(service.kill_if_running)
        return service

    def test_anybody_is_served_where_that_is_said(self):
        gateway = self.another_gateway("--tls-clients", "any")
        self.assertEqual(list_runs(gateway.address(), client_credentials(self.ours)), b"")

    def test_a_peer_with_too_many_calls_open_is_refused_and_counted(self):
        gateway = self.another_gateway("--max-peer-calls", "3")
        with grpc.secure_channel(gateway.address(),
                                 client_credentials(self.ours, self.pair)) as channel:
            push = channel.stream_stream("/silhouette.v1.GatewayService/Push")
            closed = threading.Event()
            self.addCleanup(closed.set)
            open_at_once = [push(iter(lambda: closed.wait() and None, None)) for _ in range(4)]
            refused = harness.wait_until(lambda: [one for one in open_at_once if one.done()],
                                         "a stream that is refused")
            self.assertEqual([one.code() for one in refused],
                             [grpc.StatusCode.RESOURCE_EXHAUSTED])
            self.assertEqual(
                gateway.metrics()['silhouette_gateway_refused_calls_total{reason="open"}'], 1)
            closed.set()
            self.assertEqual(
                sorted(one.code() is grpc.StatusCode.OK for one in open_at_once),
                [False, True, True, True])


class ANewCertificate(Tls):
    def test_is_shown_to_new_connections_while_streams_go_on(self):
        feature, capture = self.suite.feature, self.suite.capture
        before = self.served_serial(feature)
        running = harness.Service("capture-svc", self.suite.folder, "--origin", "slow",
                                  "--feature-address", feature.address(), "--replay",
                                  harness.SAMPLE, "--speed", "10x", "--once", *self.flags)
        self.addCleanup(running.kill_if_running)
        self.ours.sign("silhouette", into="silhouette")  # the files that all have read
        for service in self.suite.services:
            service.wait_for("TLS files changed: certificate of CN = silhouette")
        for service in (feature, capture):
            harness.wait_until(lambda: self.served_serial(service) != before, "a new certificate")
        self.assertEqual(running.process.wait(harness.TIMEOUT_S), 0)
        self.assertFalse([line for line in running.log if "tries again" in line], running.log)
        status, stored, errors = self.timeline(*self.flags, "--origin", "slow")
        self.assertEqual(status, 0, errors)
        self.assertEqual(len(verdict_lines(stored)), 240)
        self.assertEqual(
            feature.metrics()["silhouette_feature_tls_reloads_total"], 1)

    def test_that_does_not_fit_its_key_is_not_taken(self):
        gateway = self.gateway
        before = self.served_serial(gateway)
        with open(self.pair[0], "rb") as file:
            good = file.read()
        with open(self.pair[0], "wb") as file:
            file.write(read(self.expired[0]))
        gateway.wait_for("is not the key of the certificate")
        self.assertEqual(self.served_serial_now(gateway), before)
        self.assertEqual(gateway.metrics()["silhouette_gateway_tls_failed_reloads_total"], 1)
        with open(self.pair[0], "wb") as file:
            file.write(good)

    def served_serial_now(self, service):
        """As above, with a certificate of the client's own, as the shared one is broken."""
        context = ssl.create_default_context(cafile=self.ours.certificate)
        context.load_cert_chain(*self.ours.sign("client"))
        with socket.create_connection(("127.0.0.1", service.ports["grpc"])) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as talk:
                return talk.getpeercert()["serialNumber"]


class NoHandshake(unittest.TestCase):
    """What is no TLS, or not all of it, costs the service nothing that stays."""

    AT_ONCE = 200
    MOST_MIB = 64 if harness.IS_SANITIZED else 4

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        ours = certificates.Authority(folder.name, "ours")
        pair = ours.sign("silhouette")
        self.credentials = client_credentials(ours, pair)
        # With one arena for all threads, memory that is free is used again sooner.
        self.gateway = harness.Service("gateway", folder.name, "--store", "", *ours.flags(pair),
                                       launcher=("env", "MALLOC_ARENA_MAX=1"))
        self.addCleanup(self.gateway.kill_if_running)

    def connect(self, first_bytes):
        """Many connections at once that send these bytes; the service serves meanwhile."""
        address = ("127.0.0.1", self.gateway.ports["grpc"])
        talks = [socket.create_connection(address) for _ in range(self.AT_ONCE)]
        for talk in talks:
            talk.settimeout(harness.TIMEOUT_S)
            talk.sendall(first_bytes)
        self.assertEqual(list_runs(self.gateway.address(), self.credentials), b"")
        return talks

    @staticmethod
    def wait_for_end(talk):
        with talk:
            try:
                while talk.recv(4096):
                    pass
            except ConnectionResetError:
                pass

    def check_memory(self, first_bytes):
        for _ in range(10):  # what is kept for reuse
            for talk in self.connect(first_bytes):
                talk.close()
        before = resident_mib(self.gateway)
        for talk in self.connect(first_bytes):
            self.wait_for_end(talk)
        self.assertEqual(list_runs(self.gateway.address(), self.credentials), b"")
        self.assertLess(resident_mib(self.gateway) - before, self.MOST_MIB)

    def test_garbage_is_hung_up_on(self):
        self.check_memory(bytes(range(256)) * 8)

    def test_http_1_is_hung_up_on(self):
        self.check_memory(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def test_half_a_handshake_is_hung_up_on_after_ten_seconds(self):
        hello = hello_of("localhost")
        self.check_memory(hello[:len(hello) // 2])


class TooManyFiles(unittest.TestCase):
    def test_end_a_service_so_that_it_can_be_started_again(self):
        with tempfile.TemporaryDirectory() as folder:
            gateway = harness.Service("gateway", folder, "--store", "",
                                      launcher=("prlimit", "--nofile=64:64"))
            self.addCleanup(gateway.kill_if_running)
            address = ("127.0.0.1", gateway.ports["grpc"])
            talks = []
            with self.assertRaises(OSError):  # reset, and then refused
                while len(talks) < 10_000:
                    talks.append(socket.create_connection(address))
            self.assertEqual(gateway.process.wait(harness.TIMEOUT_S), 1)
            gateway.wait_for("takes no more connections: Too many open files")
            for talk in talks:
                talk.close()


class NoTls(unittest.TestCase):
    """The same bytes at a port without TLS."""

    def test_garbage_and_http_1_do_no_harm(self):
        with tempfile.TemporaryDirectory() as folder:
            gateway = harness.Service("gateway", folder, "--store", "")
            try:
                for first in (bytes(range(256)) * 8, b"GET / HTTP/1.1\r\n\r\n"):
                    for _ in range(50):
                        talk = socket.create_connection(("127.0.0.1", gateway.ports["grpc"]))
                        talk.settimeout(harness.TIMEOUT_S)
                        talk.sendall(first)
                        NoHandshake.wait_for_end(talk)
                self.assertIn(b"GatewayService", list_services(gateway.address()))
                self.assertEqual(gateway.stop(), 0)
            finally:
                gateway.kill_if_running()


class Start(unittest.TestCase):
    FREE = ["--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0", "--metrics-listen",
            "127.0.0.1:0", "--store", ""]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ours = certificates.Authority(folder.name, "ours")
        self.pair = self.ours.sign("silhouette")

    def refused(self, status, words, *flags):
        got, _, errors = harness.run_binary("gateway", *self.FREE, *flags)
        self.assertEqual((got, errors.count("\n")), (status, 1), errors)
        for word in words:
            self.assertIn(word, errors)

    def test_files_that_cannot_be_used_are_named_with_flag_and_remedy(self):
        certificate, key = self.pair
        expired = self.ours.sign("expired", days=-1)
        other = self.ours.sign("other")
        nowhere = os.path.join(os.path.dirname(certificate), "nowhere.crt")
        for words, pair in (
                (["--tls-cert " + nowhere, "no such file"], (nowhere, key)),
                (["--tls-cert " + key, "no certificate"], (key, key)),
                (["--tls-key " + certificate, "no private key"], (certificate, certificate)),
                (["--tls-key " + other[1], certificate, "made together"], (certificate, other[1])),
                (["--tls-cert " + expired[0], "expired on", "renew"], expired)):
            self.refused(1, words, "--tls-cert", pair[0], "--tls-key", pair[1])
        self.refused(1, ["--tls-ca " + key, "no certificate"], "--tls-ca", key)

    def test_flags_that_lack_another_are_usage_errors(self):
        certificate, key = self.pair
        self.refused(2, ["--tls-key"], "--tls-cert", certificate)
        self.refused(2, ["--tls-cert"], "--tls-key", key)
        self.refused(2, ["--tls-ca"], "--tls-cert", certificate, "--tls-key", key,
                     "--tls-clients", "signed")
        status, _, errors = harness.run_tool("timeline", "--tls-cert", certificate, "--tls-key",
                                             key)
        self.assertEqual(status, 2)
        self.assertIn("--tls-ca", errors)

    def test_with_tls_a_service_goes_beyond_loopback(self):
        with tempfile.TemporaryDirectory() as folder:
            gateway = harness.Service("gateway", folder, "--store", "", *self.ours.flags(self.pair),
                                      listen="0.0.0.0:0")
            gateway.kill_if_running()

    def test_a_key_that_everybody_may_read_is_warned_about(self):
        os.chmod(self.pair[1], 0o644)
        with tempfile.TemporaryDirectory() as folder:
            gateway = harness.Service("gateway", folder, "--store", "", *self.ours.flags(self.pair))
            try:
                gateway.wait_for("chmod o-r")
            finally:
                gateway.kill_if_running()


if __name__ == "__main__":
    unittest.main()
