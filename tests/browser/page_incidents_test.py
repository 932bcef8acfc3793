"""The page of incidents: they come as they are found, stay over a reload, and lead to the timeline."""

import functools
import unittest

import verdicts
from browser import harness
from page_case import PageTest, place, schema_features

ORIGIN, RUN = "node/eth0", "attacked"
DEVICE = "device:192.168.1.20"
WINDOW_NS = 5_000_000_000


def device_head(name="devices"):
    """A model of devices that reports scans and floods."""
    head = verdicts.model_head(name, ("benign", "scan", "flood"))
    head.schema, head.length_ns, head.hop_ns = "traffic.v1", WINDOW_NS, WINDOW_NS
    incident = harness.messages("incident")
    for kind, severity in (("scan", incident.SEVERITY_MEDIUM), ("flood", incident.SEVERITY_HIGH)):
        rule = head.incidents.add(severity=severity, quiet_ns=WINDOW_NS)
        setattr(rule, "class", kind)
        rule.features.add(name="peers", low=0, high=40)
    return head


def device_verdict(subject, window, kind, peers=412):
    """Of a window of 5 s, which counts from START_NS."""
    index = ("benign", "scan", "flood").index(kind)
    return harness.messages("verdict").ModelVerdict(
        subject=subject, window_start_ns=verdicts.START_NS + window * WINDOW_NS, class_index=index,
        probabilities=[0.9 if i == index else 0.05 for i in range(3)],
        features=[peers if name == "peers" else 0 for name in traffic_features()])


@functools.cache
def traffic_features():
    return schema_features("traffic.v1")


class Incidents(PageTest):
    def push(self, *found, run=RUN, ended=False):
        verdicts.push(self.suite.gateway, ORIGIN, run, found, ended=ended, head=device_head())

    def rows(self):
        """(severity, kind, device, evidence), as they are shown."""
        return self.tab.js(
            "return [...document.querySelectorAll('#incidents tbody tr')].map((row) => ["
            "row.dataset.severity, ...[...row.cells].slice(2).map((cell) => cell.textContent)])")

    def test_come_live_grow_and_are_there_after_a_reload(self):
        self.open("#/incidents")
        self.tab.wait_for(".incidents-view[data-loaded='true']")
        self.assertIn("No incident yet", self.tab.text(".incidents-view"))
        self.push(device_verdict(DEVICE, 0, "benign"), device_verdict(DEVICE, 1, "scan"))
        scan = ["medium", "medium", "scan", "192.168.1.20", "412 peers in 5 s"]
        self.tab.wait(lambda: self.rows() == [scan], "the scan")
        self.push(device_verdict(DEVICE, 2, "scan"), device_verdict(DEVICE, 9, "flood", peers=10))
        flood = ["high", "high", "flood", "192.168.1.20", "–"]
        self.tab.wait(lambda: self.rows() == [flood, scan], "the flood")
        lasts = ("return [...document.querySelectorAll('#incidents tbody tr')].map("
                 "(row) => row.cells[1].textContent)")
        self.tab.wait(lambda: self.tab.js(lasts) == ["5 s", "10 s"], "the scan goes on")
        self.assertIn("high severity: flood", self.tab.js(
            "return document.querySelector('#announcer').textContent"))
        self.tab.refresh()
        self.tab.wait(lambda: self.rows() == [flood, scan], "both after a reload")
        self.assert_no_trouble()

    def test_lead_to_the_devices_timeline_and_are_on_the_runs_overview(self):
        self.push(device_verdict(DEVICE, 0, "benign"), device_verdict(DEVICE, 1, "scan"),
                  run="over", ended=True)
        self.open(place(ORIGIN, "over"))
        self.tab.wait_for("#run-incidents a[href*='subject']")
        self.assertIn("412 peers in 5 s", self.tab.text("#run-incidents"))
        self.tab.js("document.querySelector('#run-incidents tbody a').click()")
        self.tab.wait_for("#timeline[data-drawn]")
        self.assertIn("192.168.1.20", self.tab.text("#subject-name"))
        self.assertEqual([row["label"] for row in self.tab.data("#segments tbody tr")],
                         ["benign", "scan"])
        self.assert_no_trouble()


if __name__ == "__main__":
    unittest.main()
