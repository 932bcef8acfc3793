"""The page of incidents: they come as they are found, stay over a reload, and lead to the timeline."""

import csv
import json
import os
import unittest

import browser
from browser import harness
from page_case import PageTest, place
from device_verdicts import ORIGIN, push, verdict  # beside the harness, which page_case finds

PHONE = "192.168.1.20"


class IncidentsTest(PageTest):
    def push(self, *found, run="attacked", ended=False):
        push(self.suite.gateway, run, *found, ended=ended)

    def rows(self):
        """(severity, kind, device, evidence), as they are shown."""
        return self.tab.js(
            "return [...document.querySelectorAll('#incidents tbody tr')].map((row) => ["
            "row.dataset.severity, ...[...row.cells].slice(2).map((cell) => cell.textContent)])")


class IncidentsAsTheyCome(IncidentsTest):
    def test_come_live_grow_and_are_there_after_a_reload(self):
        self.open("#/incidents")
        self.tab.wait_for(".incidents-view[data-loaded='true']")
        self.assertIn("No incident yet", self.tab.text(".incidents-view"))
        self.push(verdict(PHONE, 0, "benign"), verdict(PHONE, 1, "scan"))
        scan = ["medium", "medium", "scan", PHONE, "412 peers in 5 s"]
        self.tab.wait(lambda: self.rows() == [scan], "the scan")
        self.push(verdict(PHONE, 2, "scan"), verdict(PHONE, 9, "flood", peers=10))
        flood = ["high", "high", "flood", PHONE, "10 peers in 5 s"]
        self.tab.wait(lambda: self.rows() == [flood, scan], "the flood")
        lasts = ("return [...document.querySelectorAll('#incidents tbody tr')].map("
                 "(row) => row.cells[1].textContent)")
        self.tab.wait(lambda: self.tab.js(lasts) == ["5 s", "10 s"], "the scan goes on")
        self.assertIn("high severity: flood", self.tab.js(
            "return document.querySelector('#announcer').textContent"))
        self.tab.refresh()
        self.tab.wait(lambda: self.rows() == [flood, scan], "both after a reload")
        self.assert_no_trouble()


class IncidentsAndTheirPlaces(IncidentsTest):
    def test_lead_to_the_devices_timeline_and_are_on_the_runs_overview(self):
        self.push(verdict(PHONE, 0, "benign"), verdict(PHONE, 1, "scan"),
                  run="over", ended=True)
        self.open(place(ORIGIN, "over"))
        self.tab.wait_for("#run-incidents a[href*='subject']")
        self.assertIn("412 peers in 5 s", self.tab.text("#run-incidents"))
        self.tab.js("document.querySelector('#run-incidents tbody a').click()")
        self.tab.wait_for("#timeline[data-drawn]")
        self.assertIn(PHONE, self.tab.text("#subject-name"))
        self.assertEqual([row["label"] for row in self.tab.data("#segments tbody tr")],
                         ["benign", "scan"])
        self.assert_no_trouble()

    def test_two_that_are_joined_are_one(self):
        self.open("#/incidents")
        self.tab.wait_for(".incidents-view[data-loaded='true']")
        of_joined = lambda: [row[4] for row in self.rows() if row[3] == "10.0.0.9"]
        self.push(verdict("10.0.0.9", 0, "scan", 50), verdict("10.0.0.9", 3, "scan", 60),
                  run="joined")
        self.tab.wait(lambda: of_joined() == ["60 peers in 5 s", "50 peers in 5 s"], "two")
        self.push(verdict("10.0.0.9", 1, "scan", 70), verdict("10.0.0.9", 2, "scan", 80),
                  run="joined")
        self.tab.wait(lambda: of_joined() == ["50 peers in 5 s"], "one")
        self.assert_no_trouble()


class IncidentsOfTheBundledModels(IncidentsTest):
    MODELS = harness.MODELS

    def test_of_simulated_attacks_are_shown_and_pictures_taken(self):
        expected = set()
        for scenario, kind, seed in (("port-scan", "scan", 11), ("syn-flood", "flood", 13)):
            path = os.path.join(self.suite.folder, scenario + ".pcap")
            status, out, errors = harness.run_tool(
                "simulate", "home", "--scenario", scenario, "--seed", str(seed), "--rate", "300",
                "--duration", "30", "--before", "60", "--after", "30", "-o", path, "--json")
            self.assertEqual(status, 0, errors)
            self.suite.capture_file(path, scenario)
            expected.add((kind, json.loads(out)["device"]))
        self.open_and_wait_for("#/incidents", ".incidents-view[data-loaded='true']")
        self.tab.wait(lambda: expected <= {tuple(row[2:4]) for row in self.rows()}, "both")
        self.push(verdict("2001:db8:1234:5678:9abc:def0:1234:5678", 1, "scan"), run="v6")
        self.tab.wait(lambda: any(row[3].startswith("2001:") for row in self.rows()), "a long name")
        for name, size, dark in (("light", browser.WIDE, False),
                                 ("phone-dark", browser.PHONE, True)):
            self.tab.resize(size)
            self.tab.set_dark(dark)
            self.assertTrue(self.tab.js(
                "const {scrollWidth, clientWidth} = document.querySelector('#incidents .scroll');"
                "return scrollWidth <= clientWidth"), name)
            self.tab.screenshot("incidents-" + name, size)
        self.tab.set_dark(False)
        self.tab.resize(browser.WIDE)
        self.assert_no_trouble()

    def test_of_recorded_attacks_are_shown_with_their_evidence(self):
        with open(harness.shared("threat", "labels.tsv"), encoding="utf-8") as file:
            attacks = [row for row in csv.DictReader(file, delimiter="\t")
                       if row["label"] != "benign"]
        self.open("#/incidents")
        self.tab.wait_for(".incidents-view[data-loaded='true']")
        for attack in attacks:
            run = os.path.basename(attack["path"])
            self.suite.capture_file(harness.shared("threat", attack["path"]), run,
                                    "--home", attack["device"])
            link = "#incidents a[href*='/%s/']" % run
            self.tab.wait_for(link, "the incident of " + run)
            shown = self.tab.js(
                "return [...document.querySelectorAll(arguments[0])].map("
                "(link) => [...link.closest('tr').cells].slice(3).map("
                "(cell) => cell.textContent))", link)
            self.assertEqual([row[:2] for row in shown], [[attack["label"], attack["device"]]])
            self.assertRegex(shown[0][2], r"\d")
        self.assert_no_trouble()


if __name__ == "__main__":
    unittest.main()
