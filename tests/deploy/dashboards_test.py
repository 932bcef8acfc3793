"""The dashboards are what their maker makes, and what Grafana and people need of them."""

import collections
import json
import os
import re
import sys
import unittest

import queries
from monitored import harness

sys.path.insert(0, queries.DASHBOARDS)
import make  # noqa: E402

# Units of Grafana's that are used; an unknown one is shown as a suffix.
UNITS = {"none", "s", "bytes", "pps", "ops", "reqps", "percentunit", "dateTimeFromNow"}


def declared():
    status, out, errors = harness.run_tool("metrics", "--json")
    assert status == 0, errors
    return {each["name"]: each for each in map(json.loads, out.splitlines())}


def known_names(metrics):
    """With those that a histogram becomes."""
    names = set()
    for name, metric in metrics.items():
        ends = ("_bucket", "_sum", "_count") if metric["type"] == "histogram" else ("",)
        names.update(name + end for end in ends)
    return names


class Dashboards(unittest.TestCase):
    def test_are_what_make_py_makes(self):
        for name, text in make.all_dashboards().items():
            with open(os.path.join(queries.DASHBOARDS, name), encoding="utf-8") as file:
                self.assertEqual(file.read(), text, "run: python3 k8s/dashboards/make.py")
        self.assertEqual(set(make.all_dashboards()), set(queries.dashboards()))

    def test_there_is_one_of_the_whole_one_of_each_service_and_one_of_models(self):
        self.assertEqual(set(queries.dashboards()), {
            "overview.json", "capture.json", "feature.json", "classify.json", "gateway.json",
            "models.json"})

    def test_have_names_of_their_own_and_lead_to_each_other(self):
        uids = [each["uid"] for each in queries.dashboards().values()]
        self.assertEqual(len(set(uids)), len(uids))
        self.assertEqual(len({each["title"] for each in queries.dashboards().values()}), len(uids))
        for name, dashboard in queries.dashboards().items():
            self.assertLessEqual(len(dashboard["uid"]), 40)
            targets = [re.fullmatch("/d/(.+)", link["url"]).group(1) for link in dashboard["links"]]
            self.assertEqual(sorted(targets + [dashboard["uid"]]), sorted(uids), name)
            self.assertTrue(all(link["keepTime"] and link["includeVars"]
                                for link in dashboard["links"]), name)

    def test_panels_have_ids_units_thresholds_and_a_sentence_each(self):
        for name, dashboard in queries.dashboards().items():
            found = list(queries.panels(dashboard))
            self.assertGreater(len(found), 5, name)
            self.assertEqual(len({panel["id"] for panel in found}), len(found), name)
            self.assertEqual(len({panel["title"] for panel in found}), len(found), name)
            for panel in found:
                where = "%s: %s" % (name, panel["title"])
                defaults = panel["fieldConfig"]["defaults"]
                self.assertIn(defaults["unit"], UNITS, where)
                steps = defaults["thresholds"]["steps"]
                self.assertIsNone(steps[0]["value"], where)
                values = [step["value"] for step in steps[1:]]
                self.assertEqual(values, sorted(set(values)), where)
                self.assertRegex(panel["description"], r"^[A-Z].*[.]$", where)
                self.assertTrue(panel["targets"], where)
                ids = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(set(ids)), len(ids), where)

    def test_panels_lie_beside_each_other_within_the_page(self):
        for name, dashboard in queries.dashboards().items():
            taken = collections.Counter()
            for panel in dashboard["panels"]:
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24, (name, panel["title"]))
                taken.update((x, y) for x in range(at["x"], at["x"] + at["w"])
                             for y in range(at["y"], at["y"] + at["h"]))
            self.assertEqual(set(taken.values()), {1}, name + " has panels over each other")

    def test_ask_one_data_source_with_the_variables_that_there_are(self):
        for name, dashboard in queries.dashboards().items():
            text = json.dumps(dashboard)
            self.assertEqual(set(re.findall(r'"datasource": \{[^}]*"uid": "([^"]*)"', text)),
                             {"silhouette-prometheus"}, name)
            have = {variable["name"] for variable in dashboard["templating"]["list"]}
            used = {each for panel in queries.panels(dashboard) for target in panel["targets"]
                    for each in re.findall(r"\$\{?([a-z]\w*)", target["expr"])}
            self.assertEqual(used, have, name)

    def test_name_declared_metrics_and_leave_none_out(self):
        known, used = known_names(declared()), set()
        for where, expression in queries.panel_expressions():
            for pattern in queries.metrics(expression):
                found = {name for name in known if re.fullmatch(pattern, name)}
                self.assertTrue(found, "%s: no metric is called %s" % (where, pattern))
                used |= found
        shown = {re.sub("_(bucket|sum|count)$", "", name) for name in used}
        missing = {name for name in declared() if name not in shown}
        # What only says the same of another service, or tells of faults that alerts are about.
        for part in ("_tls_", "_packets_total", "_pending_packets", "_link_settled_batches_total",
                     "_link_unsettled_batches", "_link_wrong_acks_total"):
            missing = {name for name in missing if part not in name}
        self.assertEqual(missing, set())


if __name__ == "__main__":
    unittest.main()
