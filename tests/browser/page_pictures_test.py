"""Pictures of all pages, for people to look at."""

import os
import time
import unittest

import browser
import verdicts
from browser import harness
from page_case import SUBJECT, PageTest, place, rest


class Screenshots(PageTest):
    """Pictures of all pages for people to look at, in build/screenshots."""

    @classmethod
    def fill(cls):
        cls.pcap = os.path.join(cls.suite.folder, "home.pcap")
        status, _, errors = harness.run_tool("simulate", "home", "--seed", "3", "--duration", "300",
                                             "-o", cls.pcap)
        assert status == 0, errors
        # Half of each hour of two days is a person's, less at night.
        verdicts.push(cls.suite.gateway, "file:days.pcap", "days", [
            verdicts.verdict(SUBJECT, 7200 * hour + window, (0.2, 0.8) if window % 10 < hour % 9
                             else (0.9, 0.1)) for hour in range(48) for window in range(40)])

    def test_are_taken_of_every_page_in_light_dark_and_on_a_phone(self):
        began = time.time()
        self.open("#/jobs")
        self.tab.driver.find_element("id", "files").send_keys(
            self.pcap + "\n" + self.pcap.replace(".pcap", ".truth.csv"))
        self.tab.wait_for(".job[data-state='done']")
        (card,) = self.tab.data(".job")
        job = rest(self.suite, "/v1/jobs/" + card["job"])["job"]
        pages = {
            "jobs": ("#/jobs", ".job[data-state='done']"),
            "timeline": (place(job["origin"], job["run"], SUBJECT) + "?at=%d" % (
                verdicts.START_NS + 100 * 10**9),
                "#explanation[data-state='shown']"),
            "run": (place(job["origin"], job["run"]), ".run-overview h1"),
            "summary": (place("file:days.pcap", "days", SUBJECT, "made-up"), "#summary canvas"),
            "status": ("#/status", ".status-view[data-loaded]"),
            "models": ("#/models", ".models-view[data-loaded]"),
        }
        taken = []
        for look, size, dark in (("light", browser.WIDE, False), ("dark", browser.WIDE, True),
                                 ("phone", browser.PHONE, False),
                                 ("phone-dark", browser.PHONE, True)):
            self.tab.resize(size)
            self.tab.set_dark(dark)
            for name, (where, ready) in pages.items():
                self.open_and_wait_for(where, ready)
                taken.append(self.tab.screenshot("%s-%s" % (name, look), size))
        self.tab.resize(browser.WIDE)
        self.tab.set_dark(False)
        self.suite.replay(self.pcap, "live", "8x")
        self.open(place("file:home.pcap", "live", SUBJECT))
        self.tab.wait(lambda: any(int(data.get("windows", 0)) > 150
                                  for data in self.tab.data(".subject-view")), "some of it")
        taken.append(self.tab.screenshot("live-light"))
        self.assert_no_trouble()
        for path in taken:  # by this run, not one before
            self.assertGreater(os.path.getmtime(path), began)


if __name__ == "__main__":
    unittest.main()
