"""A real Prometheus scrapes the real services: every expression of the dashboards finds something, no
alert fires while all is well, and those that can be provoked do fire."""

import math
import os
import re
import signal
import tempfile
import threading
import unittest

import monitored
import queries
from monitored import Talk, certificates, harness
from prometheus import Prometheus, skip_without

# Of interfaces, which only root may listen on.
LIVE_ONLY = {"silhouette_gateway_window_lag_seconds", "silhouette_feature_watermark_lag_seconds"}


def setUpModule():
    skip_without()


def certificate_flags(test, days):
    folder = tempfile.TemporaryDirectory(prefix="silhouette-tls-")
    test.addClassCleanup(folder.cleanup)
    authority = certificates.Authority(folder.name, "ours")
    return authority.flags(authority.sign("silhouette", days=days))


def jobs_of(suite):
    return [(service.name, service) for service in suite.services]


class AllIsWell(unittest.TestCase):
    """A replay, and traffic on the loopback interface where that may be captured."""

    @classmethod
    def setUpClass(cls):
        flags = certificate_flags(cls, days=30)
        cls.talk = Talk()
        cls.addClassCleanup(cls.talk.close)
        live = cls.talk.capture_flags() if monitored.may_capture() else []
        # The call lasts two minutes.
        cls.suite = harness.Suite("--replay", harness.SAMPLE, "--speed", "8x", *live, every=flags)
        cls.addClassCleanup(cls.suite.close)
        cls.talk.start()
        (rules,) = queries.rule_files().values()
        cls.prometheus = Prometheus(jobs_of(cls.suite), rules)
        cls.addClassCleanup(cls.prometheus.close)
        cls.suite.capture.wait_for("ended, ")  # the replay
        stored = "silhouette_gateway_stored_verdicts_total"
        expected = 240 + (1 if live else 0)
        harness.wait_until(lambda: any(value >= expected for _, value in
                                       cls.prometheus.query(stored)), "all is scraped")

    def values(self):
        return {name: self.prometheus.label_values(label, metric)
                for name, (label, metric) in queries.variables().items()}

    def test_the_variables_have_values(self):
        values = self.values()
        self.assertEqual(values["model"], ["presence"])
        self.assertIn("files", values["source"])
        self.assertEqual(len(values["source"]), 2 if monitored.may_capture() else 1)

    def test_every_expression_of_the_dashboards_finds_something(self):
        chosen = [dict.fromkeys(self.values(), ".*"),
                  {name: "(%s)" % "|".join(map(re.escape, values))
                   for name, values in self.values().items()}]
        count = 0
        for where, written in queries.panel_expressions():
            if not monitored.may_capture() and queries.metrics(written) & LIVE_ONLY:
                continue
            for values in chosen:
                found = self.prometheus.query(queries.fill(written, values))
                self.assertTrue(found, "%s: nothing for %s" % (where, written))
                self.assertTrue(any(not math.isnan(value) for _, value in found),
                                "%s: no number for %s" % (where, written))
            count += 1
        self.assertGreater(count, 100)

    def test_what_is_shown_is_what_happened(self):
        values = dict.fromkeys(self.values(), ".*")
        shown = {where: expression for where, expression in queries.panel_expressions()}
        def value(where):
            ((_, number),) = self.prometheus.query(queries.fill(shown[where], values))
            return number
        self.assertEqual(value("overview.json: Services that answer"), 4)
        self.assertEqual(value("overview.json: Store"), 0)
        self.assertEqual(value("overview.json: Share lost"), 0)
        self.assertAlmostEqual(value("overview.json: Certificate") / 86400, 30, delta=1)
        ((_, windows),) = self.prometheus.query("sum(silhouette_feature_windows_total)")
        self.assertGreaterEqual(windows, 240)

    def test_every_alert_is_known_to_prometheus_and_silent(self):
        rules = {rule["name"]: rule for rule in self.prometheus.rules()}
        self.assertEqual(set(rules), {alert["alert"] for alert in queries.alerts()})
        for name, rule in rules.items():
            self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""), name)
        # Not even pending: none would fire if this went on for longer.
        self.assertEqual(self.prometheus.ask("alerts")["alerts"], [])


# Times of the rules, so many times as short: "for", ranges, and ages in seconds.
FASTER = 120


def shorter(seconds):
    return "%dms" % max(1, 1000 * seconds // FASTER)


def in_seconds(text):
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def faster_rules():
    """The rules with all times FASTER; ranges still hold a few scrapes."""
    (rules,) = queries.rule_files().values()
    made = []
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        expression = re.sub(
            r"(\[|offset )(\d+[smh])", lambda at: at.group(1) + shorter(
                max(in_seconds(at.group(2)), 4 * FASTER)), rule["expr"])
        expression = re.sub(r"(_seconds > )(\d+)\b",
                            lambda at: at.group(1) + "%g" % (int(at.group(2)) / FASTER), expression)
        made.append({**rule, "expr": expression, "for": shorter(in_seconds(rule.get("for", "0s")))})
    return {"groups": [{"name": "faster", "rules": made}]}


class SomethingIsWrong(unittest.TestCase):
    """Several things at once, each for an alert of its own."""

    PROVOKED = {"SilhouetteServiceDown", "SilhouetteLinkNotSettling", "SilhouetteModelRefused",
                "SilhouetteStoreFailing", "SilhouetteStoreFull", "SilhouetteJobWaits",
                "SilhouetteCaptureFailed", "SilhouetteCertificateEnds"}
    PROVOKED_BY_ROOT = {"SilhouetteNoPackets", "SilhouettePacketsShed"}

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-wrong-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o777)
        self.services = []

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, name, *args, launcher=()):
        """In a folder of its own, as there are several of a name."""
        own = self.path("%s-%d" % (name, len(self.services)))
        os.mkdir(own)
        os.chmod(own, 0o777)
        service = harness.Service(name, own, *args, launcher=launcher)
        self.addCleanup(service.kill_if_running)
        self.services.append(service)
        return service

    def broken_models(self):
        os.makedirs(self.path("models", "broken", "1"))
        os.symlink(os.path.join(harness.ROOT, "models", "presence"),
                   self.path("models", "presence"))
        with open(self.path("models", "broken", "1", "manifest.json"), "w",
                  encoding="utf-8") as file:
            file.write("{}")
        return self.path("models")

    def cut_capture(self):
        with open(harness.SAMPLE, "rb") as whole, open(self.path("cut.pcap"), "wb") as cut:
            cut.write(whole.read(100_000))
        return self.path("cut.pcap")

    def start_with_a_full_disk(self):
        """Whose files may grow to 512 KiB."""
        script = 'trap "" XFSZ; ulimit -f 512; exec "$@"'
        return self.start("gateway", "--store", self.path("full.db"),
                          launcher=("bash", "-c", script, "bash"))

    def make_busy(self, gateway):
        """A capture that goes through all services, again and again, as long as it is stored."""
        classify = self.start("classify-svc", "--models", self.broken_models(),
                              "--gateway-address", gateway.address())
        feature = self.start("feature-svc", "--classify-address", classify.address())
        long = self.path("long.pcap")
        status, _, errors = harness.run_tool("simulate", "home", "--duration", "600", "-o", long)
        self.assertEqual(status, 0, errors)
        return feature, self.start("capture-svc", "--feature-address", feature.address(),
                                   "--replay", long, "--speed", "20x")

    def flood(self, talk):
        """An interface whose feature-svc takes nothing sheds."""
        nobody = self.start("feature-svc", "--classify-address", "127.0.0.1:1")
        self.start("capture-svc", "--feature-address", nobody.address(), "--link-buffer", "1",
                   *talk.capture_flags())
        talk.start()

    def hand_in(self, gateway):
        """A job that no capture-svc takes."""
        process = threading.Thread(target=harness.run_tool, args=(
            "submit", harness.SAMPLE, "--gateway", gateway.address()))
        process.start()
        self.addCleanup(process.join)

    def test_makes_the_alerts_fire_that_are_about_it(self):
        flags = certificate_flags(type(self), days=5)
        small = self.start("gateway", "--store", self.path("small.db"), "--max-store", "10000",
                           "--capture-address", "127.0.0.1:1")
        full = self.start_with_a_full_disk()
        feature, _ = self.make_busy(full)
        self.start("capture-svc", "--feature-address", feature.address(), "--file",
                   self.cut_capture())
        self.start("gateway", "--store", self.path("tls.db"), *flags)
        gone = self.start("gateway", "--store", self.path("gone.db"))
        self.hand_in(small)
        expected = set(self.PROVOKED)
        if monitored.may_capture():
            expected |= self.PROVOKED_BY_ROOT
            silent, loud = Talk(), Talk(rate=0)
            self.addCleanup(silent.close)
            self.addCleanup(loud.close)
            self.start("capture-svc", "--feature-address", feature.address(),
                       *silent.capture_flags())
            self.flood(loud)
        prometheus = Prometheus([(each.name, each) for each in self.services], faster_rules())
        self.addCleanup(prometheus.close)
        gone.process.send_signal(signal.SIGKILL)
        fired = set()

        def all_fired():
            fired.update(labels["alertname"] for labels in prometheus.firing())
            return expected <= fired
        try:
            harness.wait_until(all_fired, "the alerts", seconds=harness.TIMEOUT_S / 2)
        except AssertionError:
            self.fail("silent: %s" % sorted(expected - fired))
        # The services that were left alone keep their counts.
        self.assertNotIn("SilhouetteAccountsDoNotAddUp", fired)


if __name__ == "__main__":
    unittest.main()
