"""What the services tell on their metrics ports is what is declared, no more and no less."""

import json
import os
import re
import tempfile
import unittest
import urllib.request

import certificates
import harness

SHORT = {"capture-svc": "capture", "feature-svc": "feature", "classify-svc": "classify",
         "gateway": "gateway"}
# Of the library that serves the port.
LIBRARY = re.compile("exposer_")
BASE_UNITS = {"seconds", "bytes", "ratio"}
# Text that no label may hold: addresses, and ports behind them.
PERSONAL = re.compile(r"\d+\.\d+\.\d+\.\d+|([0-9a-f]{2}:){5}|[0-9a-f]*:[0-9a-f]*::|device:|flow:|"
                      "conversation:")


def declared(service):
    """{name: what `silhouette metrics` says of it}."""
    status, out, errors = harness.run_tool("metrics", "--json")
    assert status == 0, errors
    metrics = [json.loads(line) for line in out.splitlines()]
    return {each["name"]: each for each in metrics if each["service"] == service}


def page(service):
    url = "http://" + service.address("metrics") + "/metrics"
    with urllib.request.urlopen(url, timeout=harness.TIMEOUT_S) as answer:
        return answer.read().decode()


def parse(text):
    """{family: {"type", "help", "labels": {name: its values}}}, without the library's own."""
    families = {}
    for line in text.splitlines():
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            families.setdefault(name, {"labels": {}})[what.lower()] = rest
            continue
        name, labels = re.fullmatch(r"(\w+)(?:\{(.*)\})? \S+", line).groups()
        family = name if name in families else re.sub("_(bucket|sum|count)$", "", name)
        for label, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or ""):
            if label != "le":
                families[family]["labels"].setdefault(label, set()).add(value)
    return {name: family for name, family in families.items() if not LIBRARY.match(name)}


class Declarations(unittest.TestCase):
    def test_the_page_of_metrics_is_made_from_them(self):
        status, out, errors = harness.run_tool("metrics", "--markdown")
        self.assertEqual((status, errors), (0, ""))
        with open(os.path.join(harness.ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
            self.assertEqual(file.read(), out, "run: silhouette metrics --markdown > docs/metrics.md")

    def test_names_say_service_thing_unit_and_whether_it_only_grows(self):
        for service in SHORT.values():
            metrics = declared(service)
            self.assertGreater(len(metrics), 15, service)
            for name, metric in metrics.items():
                self.assertRegex(name, r"^silhouette_%s_[a-z_]+$" % service)
                self.assertEqual(name.endswith("_total"), metric["type"] == "counter", name)
                bare = name.removesuffix("_total")
                for unit in BASE_UNITS:
                    self.assertEqual(bare.endswith("_" + unit), metric["unit"] == unit, name)
                self.assertNotRegex(bare, "_(ms|us|minutes|hours|kib|mib|percent)$")
                self.assertRegex(metric["help"], r"^[A-Z0-9].*[^.]$")
                self.assertLessEqual(set(metric["labels"]), {
                    "class", "kind", "model", "reason", "route", "severity", "source", "state",
                    "status", "version"})


class RealServices(unittest.TestCase):
    """With TLS, as some are there only then."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-tls-")
        cls.addClassCleanup(folder.cleanup)
        ours = certificates.Authority(folder.name, "ours")
        cls.suite = harness.Suite("--file", harness.SAMPLE,
                                  every=ours.flags(ours.sign("silhouette")))
        cls.addClassCleanup(cls.suite.close)
        cls.suite.capture.wait_for("ended, ")
        cls.pages = {service.name: parse(page(service)) for service in cls.suite.services}

    def test_tell_what_is_declared_and_nothing_else(self):
        for name, told in self.pages.items():
            metrics = declared(SHORT[name])
            self.assertEqual(set(told), set(metrics), name)
            for metric, family in told.items():
                self.assertEqual(family["type"], metrics[metric]["type"], metric)
                self.assertEqual(family["help"], metrics[metric]["help"], metric)

    def test_have_the_labels_that_are_declared_with_the_values_that_are_declared(self):
        for name, told in self.pages.items():
            metrics = declared(SHORT[name])
            for metric, family in told.items():
                labels = metrics[metric]["labels"]
                if family["labels"]:
                    self.assertEqual(set(family["labels"]), set(labels), metric)
                for label, values in family["labels"].items():
                    if label in ("reason", "state"):  # all are there from the start
                        self.assertEqual(values, set(labels[label].split(", ")), metric)
                    for value in values:
                        self.assertNotRegex(value, PERSONAL, metric)

    def test_count_the_same_by_source_as_in_all(self):
        metrics = self.suite.capture.metrics()
        self.assertEqual(metrics['silhouette_capture_source_received_packets_total{source="files"}'],
                         metrics["silhouette_capture_received_packets_total"])

    def test_time_verdicts_and_count_them_by_model_and_class(self):
        gateway, classify = self.suite.gateway.metrics(), self.suite.classify.metrics()
        latency = 'silhouette_gateway_verdict_latency_seconds_%s{source="files"%s}'
        batches = gateway[latency % ("count", "")]
        self.assertGreater(batches, 0)
        self.assertEqual(gateway[latency % ("bucket", ',le="+Inf"')], batches)
        self.assertGreater(gateway[latency % ("sum", "")], 0)
        given = sum(value for name, value in classify.items()
                    if name.startswith("silhouette_classify_verdicts_total{"))
        probabilities = "silhouette_classify_verdict_probability_ratio_%s"
        self.assertEqual(given, 240)
        self.assertEqual(classify[probabilities % 'count{model="presence"}'], 240)
        self.assertEqual(classify[probabilities % 'bucket{model="presence",le="1"}'], 240)
        self.assertEqual(classify[probabilities % 'bucket{model="presence",le="0.5"}'], 0)
        mean = classify[probabilities % 'sum{model="presence"}'] / 240
        self.assertTrue(0.5 < mean <= 1, mean)

    def test_hold_nothing_back_once_all_is_stored(self):
        for service, short in ((self.suite.capture, "capture"), (self.suite.feature, "feature")):
            metrics = service.metrics()
            prefix = "silhouette_%s_link_" % short
            for queue in ("unsettled_batches", "unsent_bytes", "oldest_unsettled_seconds",
                          "oldest_unsent_seconds"):
                self.assertEqual(metrics[prefix + queue], 0, prefix + queue)
            self.assertGreater(metrics[prefix + "settled_batches_total"], 0)


class Waiting(unittest.TestCase):
    def test_batches_grow_older_until_somebody_stores_them(self):
        with harness.Suite() as suite:
            suite.gateway.stop()
            capture = harness.Service("capture-svc", suite.folder, "--feature-address",
                                      suite.feature.address(), "--file", harness.SAMPLE)
            self.addCleanup(capture.kill_if_running)
            for service, short in ((capture, "capture"), (suite.feature, "feature")):
                name = "silhouette_%s_link_oldest_unsettled_seconds" % short
                harness.wait_until(lambda: service.metrics()[name] > 1, name)
                self.assertGreater(
                    service.metrics()["silhouette_%s_link_unsettled_batches" % short], 0)

    def test_a_broken_model_is_counted_and_the_others_are_served(self):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(os.path.join(harness.ROOT, "models", "presence"),
                       os.path.join(folder, "presence"))
            os.makedirs(os.path.join(folder, "broken", "1"))
            with open(os.path.join(folder, "broken", "1", "manifest.json"), "w",
                      encoding="utf-8") as file:
                file.write("{}")
            service = harness.Service("classify-svc", folder, "--models", folder)
            self.addCleanup(service.kill_if_running)
            metrics = service.metrics()
            self.assertEqual(metrics["silhouette_classify_refused_models_total"], 1)
            self.assertEqual(
                metrics['silhouette_classify_model_info{model="presence",version="1"}'], 1)
            self.assertTrue(any("broken/1" in line and " error " in line for line in service.log),
                            service.log)


if __name__ == "__main__":
    unittest.main()
