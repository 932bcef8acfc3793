"""The four services as processes of their own give what `silhouette run` gives."""

import os
import tempfile
import unittest

import grpc

import harness

TERMS = ["windowed", "malformed", "late", "shed"]


def verdict_lines(text):
    """What is said of conversations, whatever models of devices are there as well."""
    return [line for line in text.splitlines()
            if line.startswith('{"verdict"') and '"model":"presence"' in line]


def identity(metrics, service):
    """(received, the sum of where they went) from a metrics page."""
    prefix = "silhouette_%s_" % service
    went = sum(metrics[prefix + term + "_packets_total"] for term in TERMS)
    went += metrics[prefix + "pending_packets"]
    went += sum(value for name, value in metrics.items()
                if name.startswith(prefix + "filtered_packets_total{"))
    return metrics[prefix + "received_packets_total"], went


def check_health(address, service):
    """grpc.health.v1.Health/Check by hand: 1 is SERVING, 2 is NOT_SERVING."""
    name = service.encode()
    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        reply = check(b"\x0a" + bytes([len(name)]) + name, timeout=harness.TIMEOUT_S)
    return reply[1] if reply else 0


def list_services(address):
    """The names that reflection gives, as raw bytes."""
    with grpc.insecure_channel(address) as channel:
        info = channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        return next(info(iter([b"\x3a\x00"]), timeout=harness.TIMEOUT_S))


class FourProcesses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = harness.Suite("--file", harness.SAMPLE)
        cls.addClassCleanup(cls.suite.close)
        cls.suite.capture.wait_for("ended, ")

    def test_verdicts_equal_those_of_one_process_byte_for_byte(self):
        status, alone, _ = harness.run_tool("run", harness.SAMPLE, "--all", "--json")
        self.assertEqual(status, 0)
        status, stored, errors = harness.run_tool(
            "timeline", "--gateway", self.suite.gateway.address(), "--all", "--json")
        self.assertEqual(status, 0, errors)
        self.assertEqual(verdict_lines(stored), verdict_lines(alone))
        self.assertEqual(len(verdict_lines(alone)), 240)

    def test_the_report_equals_that_of_one_process_but_for_the_source(self):
        _, alone, _ = harness.run_tool("run", harness.SAMPLE, "--truth", harness.SAMPLE_TRUTH)
        _, stored, _ = harness.run_tool("timeline", "--gateway", self.suite.gateway.address(),
                                        "--truth", harness.SAMPLE_TRUTH)
        self.assertEqual(stored.splitlines()[1:], alone.splitlines()[1:])

    def test_accounting_identity_holds_on_every_metrics_port(self):
        for service in self.suite.services:
            short = service.name.removesuffix("-svc")
            received, went = identity(service.metrics(), short)
            self.assertEqual(received, 28751, service.name)
            self.assertEqual(went, received, service.name)
            self.assertEqual(service.metrics()["silhouette_%s_pending_packets" % short], 0)

    def test_health_is_serving_overall_and_by_name_on_both_ports(self):
        for service in self.suite.services:
            name = "silhouette.v1.%sService" % service.name.removesuffix("-svc").capitalize()
            for port in ("grpc", "health"):
                for asked in ("", name):
                    self.assertEqual(check_health(service.address(port), asked), 1,
                                     (service.name, port, asked))

    def test_reflection_names_the_service(self):
        for service in self.suite.services:
            name = "silhouette.v1.%sService" % service.name.removesuffix("-svc").capitalize()
            self.assertIn(name.encode(), list_services(service.address()))

    def test_the_health_port_serves_no_api(self):
        for service in self.suite.services:
            self.assertNotIn(b"silhouette.v1", list_services(service.address("health")))

    def test_build_info_names_the_version(self):
        for service in self.suite.services:
            short = service.name.removesuffix("-svc")
            self.assertEqual(
                service.metrics()['silhouette_%s_build_info{version="0.1.0"}' % short], 1)


class Shutdown(unittest.TestCase):
    def test_sigterm_ends_every_service_in_order_with_status_0(self):
        with harness.Suite("--file", harness.SAMPLE) as suite:
            suite.capture.wait_for("ended, ")
            for service in reversed(suite.services):
                self.assertEqual(service.stop(), 0, service.name)
                self.assertTrue(any("shuts down" in line for line in service.log))

    def test_sigterm_to_the_consumers_first_hangs_nothing(self):
        with harness.Suite("--file", harness.SAMPLE) as suite:
            suite.capture.wait_for("ended, ")
            for service in suite.services:
                self.assertEqual(service.stop(), 0, service.name)

    def test_sigterm_ends_services_whose_next_one_cannot_be_reached(self):
        nowhere = "127.0.0.1:1"
        with tempfile.TemporaryDirectory() as folder:
            feature = harness.Service("feature-svc", folder, "--classify-address", nowhere)
            capture = harness.Service("capture-svc", folder, "--feature-address",
                                      feature.address(), "--file", harness.SAMPLE)
            lonely = harness.Service("capture-svc", folder, "--feature-address", nowhere,
                                     "--file", harness.SAMPLE)
            try:
                self.assertEqual(check_health(feature.address("health"), ""), 2)
                self.assertEqual(lonely.stop(), 1)
                self.assertEqual(capture.stop(), 1)
                self.assertEqual(feature.stop(), 0)
            finally:
                for service in (capture, lonely, feature):
                    service.kill_if_running()

    def test_a_capture_whose_feature_svc_goes_away_waits_for_it_and_can_be_ended(self):
        with harness.Suite() as suite:
            suite.classify.stop()  # feature-svc keeps the last list of models
            capture = harness.Service("capture-svc", suite.folder, "--feature-address",
                                      suite.feature.address(), "--file", harness.SAMPLE, "--once")
            try:
                suite.feature.wait_for("stream from")
                self.assertEqual(suite.feature.stop(), 0)
                capture.wait_for("tries again")
                self.assertEqual(capture.stop(), 1)
                self.assertTrue(any(" error " in line for line in capture.log), capture.log)
            finally:
                capture.kill_if_running()

    def test_sigterm_in_mid_capture_ends_the_run_in_order_and_marks_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "long.pcap")
            harness.run_tool("simulate", "home", "--duration", "1800", "-o", path)
            with harness.Suite("--file", path, path) as suite:
                suite.gateway.wait_for("stream from")  # windows are on their way
                self.assertEqual(suite.capture.stop(), 1)
                self.assertTrue(any("stopped" in line for line in suite.capture.log))
                received, went = identity(suite.gateway.metrics(), "gateway")
                self.assertEqual(received, went)
                self.assertEqual(suite.gateway.metrics()["silhouette_gateway_pending_packets"], 0)
                status, out, errors = harness.run_tool(
                    "timeline", "--gateway", suite.gateway.address(), "--json")
                self.assertEqual(status, 0, errors)
                (summary,) = harness.json_lines(out, "summary")
                self.assertIn("stopped behind packet", summary["cut"])
                self.assertEqual(summary["packets"]["received"], received, "one run only")

    def test_the_identity_holds_while_packets_flow(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "long.pcap")
            harness.run_tool("simulate", "home", "--duration", "1800", "-o", path)
            with harness.Suite("--file", path) as suite:
                suite.gateway.wait_for("stream from")
                for _ in range(20):
                    for service in suite.services:
                        received, went = identity(service.metrics(),
                                                  service.name.removesuffix("-svc"))
                        self.assertEqual(received, went, service.name)
                suite.capture.wait_for("ended, ")

    def test_once_ends_capture_svc_when_all_is_settled(self):
        with harness.Suite("--file", harness.SAMPLE, "--once") as suite:
            self.assertEqual(suite.capture.process.wait(harness.TIMEOUT_S), 0)
            metrics = suite.gateway.metrics()
            self.assertEqual(metrics["silhouette_gateway_stored_verdicts_total"], 240)

    def test_the_store_keeps_verdicts_over_a_restart_of_the_gateway(self):
        with harness.Suite("--file", harness.SAMPLE, "--once") as suite:
            self.assertEqual(suite.capture.process.wait(harness.TIMEOUT_S), 0)
            before = harness.run_tool("timeline", "--gateway", suite.gateway.address(), "--json")
            self.assertEqual(suite.gateway.stop(), 0)
            again = harness.Service("gateway", suite.folder, "--store",
                                    os.path.join(suite.folder, "verdicts.db"))
            try:
                after = harness.run_tool("timeline", "--gateway", again.address(), "--json")
            finally:
                again.kill_if_running()
            self.assertEqual(before, after)


if __name__ == "__main__":
    unittest.main()
