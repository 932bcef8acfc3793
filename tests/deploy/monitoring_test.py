"""A real Prometheus scrapes the real services: every expression of the dashboards finds something, no
alert fires while all is well, and those that can be provoked do fire."""

import math
import os
import re
import tempfile
import unittest
import unittest.mock

import monitored
import queries
from monitored import Talk, certificates, harness
from prometheus import Prometheus, skip_without
from submit_test import free_address
from trouble import Trouble

# Of interfaces, which only root may listen on.
LIVE_ONLY = {"silhouette_gateway_window_lag_seconds", "silhouette_feature_watermark_lag_seconds"}


def setUpModule():
    skip_without()


# ---- rules whose times are shorter --------------------------------------------------------------


def in_seconds(text):
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def changed_rules(faster, **labels):
    """The rules with all times, as "for", ranges and ages in seconds, so many times as short; ranges still
    hold a few scrapes. They get these labels as well."""
    def milliseconds(seconds):
        return "%dms" % max(1, 1000 * seconds // faster)

    def quick(expression):
        expression = re.sub(
            r"(\[|offset )(\d+[smh])", lambda at: at.group(1) + milliseconds(
                max(in_seconds(at.group(2)), 4 * faster)), expression)
        return re.sub(r"(_seconds > |time\(\) - )(\d+)\b",
                      lambda at: at.group(1) + "%g" % (int(at.group(2)) / faster), expression)

    (rules,) = queries.rule_files().values()
    return {"groups": [{"name": "faster", "rules": [
        {**rule, "expr": quick(rule["expr"]), "labels": {**rule["labels"], **labels},
         "for": milliseconds(in_seconds(rule.get("for", "0s")))}
        for group in rules["groups"] for rule in group["rules"]]}]}


# ---- tests --------------------------------------------------------------------------------------


class AllIsWell(unittest.TestCase):
    """A replay, and traffic on the loopback interface where that may be captured."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-tls-")
        cls.addClassCleanup(folder.cleanup)
        authority = certificates.Authority(folder.name, "ours")
        flags = authority.flags(authority.sign("silhouette"))  # for 30 days
        cls.talk = Talk()
        cls.addClassCleanup(cls.talk.close)
        live = cls.talk.capture_flags() if monitored.may_capture() else []
        address = free_address()  # of a capture-svc for jobs, which the gateway has to know
        with unittest.mock.patch.dict(os.environ, SILHOUETTE_CAPTURE_ADDRESS=address):
            # The call lasts two minutes.
            cls.suite = harness.Suite("--replay", harness.SAMPLE, "--speed", "4x", *live,
                                      every=flags)
        cls.addClassCleanup(cls.suite.close)
        for_jobs = harness.Service("capture-svc", folder.name, "--feature-address",
                                   cls.suite.feature.address(), *flags, listen=address)
        cls.addClassCleanup(for_jobs.kill_if_running)
        cls.talk.start()
        (rules,) = queries.rule_files().values()
        # The second finds the false alarms of five minutes.
        rules = {"groups": rules["groups"] + changed_rules(15, pace="faster")["groups"]}
        cls.prometheus = Prometheus([*cls.suite.services, for_jobs], rules)
        cls.addClassCleanup(cls.prometheus.close)
        status, _, errors = harness.run_tool("submit", "--wait", harness.SAMPLE, "--gateway",
                                             cls.suite.gateway.address(), *flags)
        assert status == 0, errors
        cls.suite.capture.wait_for("ended, ")  # the replay
        stored = "silhouette_gateway_stored_verdicts_total"
        expected = 2 * 240 + (1 if live else 0)
        harness.wait_until(lambda: any(value >= expected for _, value in
                                       cls.prometheus.query(stored)), "all is scraped")

    def values(self):
        return {name: self.prometheus.label_values(label, metric)
                for name, (label, metric) in queries.variables().items()}

    def test_the_variables_have_values(self):
        values = self.values()
        self.assertEqual(values["model"], ["presence"])
        self.assertLessEqual({"files", "jobs"}, set(values["source"]))
        self.assertEqual(len(values["source"]), 3 if monitored.may_capture() else 2)

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
        self.assertGreaterEqual(windows, 2 * 240)

    def test_every_alert_is_known_to_prometheus_and_silent(self):
        rules = {rule["name"]: rule for rule in self.prometheus.rules()}
        self.assertEqual(set(rules), {alert["alert"] for alert in queries.alerts()})
        for name, rule in rules.items():
            self.assertEqual((rule["health"], rule.get("lastError", "")), ("ok", ""), name)
        # Not even pending: none would fire if this went on for longer; but half a second for a verdict is
        # what a busy machine may take now and then.
        self.assertEqual([alert for alert in self.prometheus.ask("alerts")["alerts"]
                          if "pace" not in alert["labels"]
                          and alert["labels"]["alertname"] != "SilhouetteVerdictsSlow"], [])
        self.assertEqual(self.prometheus.query('max_over_time(ALERTS{alertstate="firing"}[1h])'),
                         [])


class SomethingIsWrong(unittest.TestCase):
    """Several things at once, each for an alert of its own."""

    INTERFACES = {"SilhouetteNoPackets", "SilhouettePacketsShed", "SilhouetteWindowLag",
                  "SilhouetteVerdictsSlow"}
    # What nothing here provokes: a processor that is too slow, a fault of the program, a disk, an attack.
    NOT_PROVOKED = {"SilhouettePacketsDropped", "SilhouetteAccountsDoNotAddUp",
                    "SilhouetteDiskFull", "SilhouetteIncident"}
    # Of services that stop for a while, or for another reason, as well; a busy Prometheus that takes another
    # configuration is without some jobs for seconds.
    ELSEWHERE_TOO = {"SilhouetteServiceDown", "SilhouetteLinkNotSettling", "SilhouetteWindowLag",
                     "SilhouettePacketsShed", "SilhouetteServiceMissing"}
    NAMING = ("job", "instance", "source", "reason")

    @classmethod
    def setUpClass(cls):
        cls.trouble = Trouble()
        cls.addClassCleanup(cls.trouble.close)
        cls.prometheus = Prometheus(cls.trouble.services, changed_rules(120))
        cls.addClassCleanup(cls.prometheus.close)
        cls.addClassCleanup(cls.trouble.stop)  # before it is asked in vain
        services = list(cls.trouble.services)
        harness.wait_until(lambda: len(cls.prometheus.query("up == 1")) == len(services),
                           "all are scraped")
        cls.trouble.begin(cls.prometheus)
        cls.expected, cls.fired = dict(cls.trouble.expected), {}
        cls.wait_for_all()
        cls.prometheus.look_after([each for each in services if each.name != "classify-svc"
                                   and each is not cls.trouble.gone])
        cls.expected["SilhouetteServiceMissing"] = {"job": "silhouette-classify"}
        cls.expected["SilhouetteTargetsGone"] = {"job": "silhouette-gateway"}
        cls.wait_for_all()

    @classmethod
    def wait_for_all(cls):
        def all_fired():
            for labels in cls.prometheus.firing():
                naming = {name: labels[name] for name in cls.NAMING if name in labels}
                found = cls.fired.setdefault(labels["alertname"], [])
                if naming not in found:
                    found.append(naming)
            return all(labels in cls.fired.get(alert, ())
                       for alert, labels in cls.expected.items())
        try:
            harness.wait_until(all_fired, "the alerts", seconds=harness.TIMEOUT_S / 2)
        except AssertionError:
            pass  # the tests say which

    def check(self, alerts):
        for alert in sorted(alerts):
            with self.subTest(alert):
                self.assertIn(self.expected[alert], self.fired.get(alert, []))
                if alert not in self.ELSEWHERE_TOO:
                    self.assertEqual(self.fired[alert], [self.expected[alert]])

    def test_makes_the_alerts_fire_that_are_about_it_and_says_where_it_is(self):
        self.check(set(self.expected) - self.INTERFACES)

    def test_makes_those_about_interfaces_fire(self):
        if not monitored.may_capture():
            self.skipTest("only root may listen on interfaces")
        self.check(self.INTERFACES)

    def test_is_all_that_can_be_wrong_but_for_what_is_not_provoked(self):
        self.assertEqual(set(self.expected) | self.INTERFACES | self.NOT_PROVOKED,
                         {alert["alert"] for alert in queries.alerts()})

    def test_leaves_the_counts_of_the_others_alone(self):
        self.assertNotIn("SilhouetteAccountsDoNotAddUp", self.fired)


if __name__ == "__main__":
    unittest.main()
