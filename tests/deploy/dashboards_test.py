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


# What only says the same of another service or of more than one source, or tells of faults that alerts are
# about.
NOT_SHOWN = {"silhouette_" + name for name in (
    "capture_interface_dropped_packets_total",
    "capture_kernel_dropped_packets_total",
    "capture_link_settled_batches_total",
    "capture_link_unsettled_batches",
    "capture_link_wrong_acks_total",
    "capture_pending_packets",
    "capture_tls_failed_handshakes_total",
    "capture_tls_failed_reloads_total",
    "capture_tls_reloads_total",
    "classify_interface_dropped_packets_total",
    "classify_kernel_dropped_packets_total",
    "classify_pending_packets",
    "classify_received_packets_total",
    "classify_tls_failed_handshakes_total",
    "classify_tls_failed_reloads_total",
    "classify_tls_reloads_total",
    "feature_interface_dropped_packets_total",
    "feature_kernel_dropped_packets_total",
    "feature_link_settled_batches_total",
    "feature_link_unsettled_batches",
    "feature_link_wrong_acks_total",
    "feature_pending_packets",
    "feature_received_packets_total",
    "feature_tls_failed_handshakes_total",
    "feature_tls_failed_reloads_total",
    "feature_tls_reloads_total",
    "gateway_interface_dropped_packets_total",
    "gateway_kernel_dropped_packets_total",
    "gateway_pending_packets",
    "gateway_received_packets_total",
    "gateway_tls_failed_handshakes_total",
    "gateway_tls_failed_reloads_total",
    "gateway_tls_reloads_total",
)}


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


def without_end(name):
    """The histogram's, of one of those."""
    return re.sub("_(bucket|sum|count)$", "", name)


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
        shown = set(map(without_end, used))
        missing = {name for name in declared() if name not in shown}
        self.assertEqual(missing, NOT_SHOWN)

    def test_a_panel_has_one_unit_and_either_levels_or_changes(self):
        metrics = declared()
        for name, dashboard in queries.dashboards().items():
            for panel in queries.panels(dashboard):
                if panel["type"] != "timeseries":
                    continue
                kinds = {(metrics[metric]["unit"], "[" in target["expr"])
                         for target in panel["targets"]
                         for metric in map(without_end, queries.metrics(target["expr"]))}
                self.assertEqual(len(kinds), 1, (name, panel["title"], kinds))

    def test_what_is_red_at_nothing_is_red_without_data(self):
        red = set()
        for name, dashboard in queries.dashboards().items():
            for panel in queries.panels(dashboard):
                lowest = panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"]
                if panel["type"] != "stat" or lowest != "red" or panel["title"] == "Certificate":
                    continue  # without TLS there is none, and nothing is wrong
                (target,) = panel["targets"]
                self.assertTrue(target["expr"].endswith(" or vector(0)"), (name, panel["title"]))
                red.add(panel["title"])
        self.assertLessEqual({"Services that answer", "Processes that answer", "Models", "Specs"},
                             red)


if __name__ == "__main__":
    unittest.main()
