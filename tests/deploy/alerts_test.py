"""The alerts: each fires on what it is about and not beside it, and the runbook knows it."""

import json
import os
import re
import subprocess
import tempfile
import unittest

import alert_cases
import dashboards_test
import prometheus
import queries


def setUpModule():
    prometheus.skip_without()


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


class Rules(unittest.TestCase):
    def test_are_rules_of_prometheus(self):
        status, said = promtool("check", "rules", *queries.rule_files())
        self.assertEqual(status, 0, said)

    def test_say_how_bad_what_and_where_to_read_on(self):
        names = [alert["alert"] for alert in queries.alerts()]
        self.assertEqual(len(set(names)), len(names))
        self.assertGreater(len(names), 15)
        for alert in queries.alerts():
            name = alert["alert"]
            self.assertRegex(name, "^Silhouette[A-Z]")
            self.assertIn(alert["labels"]["severity"], ("critical", "warning", "info"),
                          name)
            self.assertTrue(alert["annotations"]["summary"], name)
            self.assertRegex(alert["annotations"]["description"], r"[.]$", name)
            self.assertEqual(alert["annotations"]["runbook_url"],
                             "docs/runbook.md#" + name.lower())

    def test_each_has_a_heading_in_the_runbook_and_each_heading_is_one(self):
        with open(os.path.join(queries.ROOT, "docs", "runbook.md"), encoding="utf-8") as file:
            text = file.read()
        sections = re.findall(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        self.assertEqual([name for name, _ in sections],
                         [alert["alert"] for alert in queries.alerts()])
        for name, section in sections:
            self.assertIn("\nLook: ", section, name)
            self.assertIn("\nDo: ", section, name)

    def test_name_declared_metrics(self):
        known = dashboards_test.known_names(dashboards_test.declared())
        for alert in queries.alerts():
            for pattern in queries.metrics(alert["expr"]):
                self.assertTrue(any(re.fullmatch(pattern, name) for name in known),
                                "%s: no metric is called %s" % (alert["alert"], pattern))


def input_series(series):
    return [{"series": each, "values": values} for each, values in series.items()]


def case(name, what, series, minutes, count):
    """The alert, and promtool's test whether so many of it fire then."""
    return name, {"interval": "15s", "name": "%s, %s" % (name, what),
                  "input_series": input_series(series),
                  "promql_expr_test": [{
                      "expr": 'count(ALERTS{alertname="%s",alertstate="firing"})' % name,
                      "eval_time": "%dm" % minutes,
                      "exp_samples": [{"labels": "{}", "value": count}] if count else []}]}


class Cases(unittest.TestCase):
    def test_there_is_one_of_each_alert(self):
        self.assertEqual(set(alert_cases.CASES), {alert["alert"] for alert in queries.alerts()})

    def check(self, tests):
        """`tests` are (alert, promtool's test of it); each is run with that rule alone, which is faster."""
        for rule in queries.alerts():
            mine = [test for name, test in tests if name == rule["alert"]]
            if mine:
                self.run_promtool(rule, mine)

    def run_promtool(self, rule, tests):
        with tempfile.TemporaryDirectory(prefix="silhouette-promtool-") as folder:
            rules, cases = (os.path.join(folder, name) for name in ("rules.yaml", "cases.yaml"))
            # What is said first is compared; the rest is not looked at.
            annotations = {"summary": rule["annotations"]["summary"]}
            for path, held in (
                    (rules, {"groups": [{"name": "one", "rules": [
                        {**rule, "annotations": annotations}]}]}),
                    (cases, {"rule_files": [rules], "evaluation_interval": "15s",
                             "tests": tests})):
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(held, file)
            with self.subTest(rule["alert"]):
                status, said = promtool("test", "rules", cases)
                self.assertEqual(status, 0, said)

    def test_each_alert_fires_on_its_case_and_not_on_the_one_beside_it(self):
        self.check([case(name, "fires" if count else "is silent", series, minutes, count)
                    for name, (bad, good, minutes) in alert_cases.CASES.items()
                    for series, count in ((bad, 1), (good, 0))])

    def test_what_they_once_got_wrong_is_right(self):
        self.check([case(*each) for each in alert_cases.MORE])

    def test_they_say_what_is_so(self):
        severities = {alert["alert"]: alert["labels"] for alert in queries.alerts()}
        self.check([(name, {
            "interval": "15s", "name": name, "input_series": input_series(series),
            "alert_rule_test": [{"alertname": name, "eval_time": "%dm" % minutes, "exp_alerts": [{
                "exp_labels": {**severities[name], **labels},
                "exp_annotations": {"summary": said}}]}]})
            for name, series, minutes, labels, said in alert_cases.SAID])


if __name__ == "__main__":
    unittest.main()
