"""The page while a run goes on: it grows, and loses nothing whatever is loaded or started again."""

import unittest

import verdicts
from browser import harness
from page_case import SUBJECT, PageTest, place, rest, tool_subjects


class LiveRun(PageTest):
    """Runs that go on as far as each test lets them, so that none waits for a time to pass."""

    def start(self, run):
        capture = self.suite.piped(run)
        self.addCleanup(capture.end)
        return capture

    def segments_of(self, run):
        (subject,), _ = tool_subjects("timeline", "--gateway", self.suite.gateway.address(),
                                      "--run", run, "--origin", "file:call.pcap")
        return subject["segments"]

    def windows(self):
        (data,) = self.tab.data(".subject-view") or ({},)
        return int(data.get("windows", 0))

    def wait_for_windows(self, count):
        self.tab.wait(lambda: self.windows() >= count, "%d windows" % count)

    def wait_for_what_is_told(self, run, windows):
        """The live timeline on the page becomes that of the gateway, which has so many windows."""
        def is_told():
            told = rest(self.suite, "/v1/timeline", **{
                "run.run": run, "subject": SUBJECT, "run.origin": "file:call.pcap"})
            self.assertEqual(told["method"], "TIMELINE_METHOD_FORWARD")
            segments = told["segments"]
            return sum(int(each["windows"]) for each in segments) >= windows and [
                (each["class"], each["fromNs"], each["toNs"], each["windows"],
                 round(each["confidence"], 6)) for each in segments] == self.on_page()
        self.tab.wait(is_told, "the page has what the gateway tells")
        self.assertGreaterEqual(self.windows(), windows)

    def on_page(self):
        return [(row["label"], row["fromNs"], row["toNs"], row["windows"],
                 round(float(row["confidence"]), 6))
                for row in self.tab.data("#segments tbody tr")]

    def test_a_run_grows_and_a_reload_in_its_midst_loses_nothing(self):
        self.open(place("file:call.pcap", "reloaded") + "/first")  # which is not there yet
        self.tab.wait_for(".main-column h1, .empty")
        capture = self.start("reloaded")
        capture.until(20)
        self.wait_for_windows(35)
        capture.until(50)
        self.wait_for_windows(95)
        self.assertEqual(self.tab.data(".subject-view")[0]["method"], "TIMELINE_METHOD_FORWARD")
        self.assertIn("live", self.tab.text("#subject-name"))
        self.tab.refresh()
        self.wait_for_what_is_told("reloaded", 95)
        capture.end()
        self.wait_for_timeline(240)
        self.assertIn("finished", self.tab.text("#subject-name"))
        self.assert_segments(self.segments_of("reloaded"))
        self.assert_no_trouble()

    def test_a_gateway_that_is_restarted_in_its_midst_loses_nothing(self):
        capture = self.start("interrupted")
        self.open(place("file:call.pcap", "interrupted", SUBJECT))
        capture.until(20)
        self.wait_for_windows(35)
        self.suite.stop_gateway()
        self.tab.wait_for("#connection")
        for told in ("#connection", "#announcer"):
            self.assertIn("No connection", self.tab.js(
                "return document.querySelector(arguments[0]).textContent", told))
        capture.until(60)
        self.suite.restart_gateway()
        self.tab.wait(lambda: not self.tab.is_seen("#connection"), "it is connected again")
        # While it is live: the finished timeline is asked for whole, which heals all.
        self.wait_for_what_is_told("interrupted", 115)
        capture.end()
        self.wait_for_timeline(240)
        self.assert_segments(self.segments_of("interrupted"))
        self.assertEqual([line for line in self.tab.trouble() if "ERR_" not in line], [])

    def test_a_page_that_was_in_the_background_has_what_came_meanwhile(self):
        capture = self.start("followed")
        self.open(place("file:call.pcap", "followed", SUBJECT))
        capture.until(20)
        self.wait_for_windows(35)
        self.be_seen("hidden")
        capture.until(60)
        self.tab.wait(lambda: int(rest(self.suite, "/v1/subjects", **{
            "run.run": "followed"})["subjects"][0]["windows"]) >= 115, "all is stored")
        self.be_seen("visible")
        self.wait_for_what_is_told("followed", 115)
        watches = [request for request in self.tab.requests()
                   if "/v1/timeline:watch" in request["url"]]
        self.assertNotIn("Last-Event-ID", watches[0]["headers"])
        self.assertIn("Last-Event-ID", watches[-1]["headers"])

    def be_seen(self, state):
        self.tab.js("Object.defineProperty(document, 'visibilityState',"
                    " {value: arguments[0], configurable: true});"
                    "document.dispatchEvent(new Event('visibilitychange'))", state)

    def test_four_more_windows_are_live_and_see_the_end(self):
        capture = self.start("watched by many")
        capture.until(20)
        first = self.tab.driver.current_window_handle
        self.addCleanup(self.tab.driver.switch_to.window, first)
        windows = []
        for _ in range(4):  # a browser has six connections to a server, for all its windows
            self.tab.driver.switch_to.new_window("window")
            self.addCleanup(self.close_window, self.tab.driver.current_window_handle)
            windows.append(self.tab.driver.current_window_handle)
            self.open(place("file:call.pcap", "watched by many", SUBJECT))
        for window in windows:
            self.tab.driver.switch_to.window(window)
            self.wait_for_windows(35)
        capture.end()
        for window in windows:
            self.tab.driver.switch_to.window(window)
            self.wait_for_timeline(240)

    def close_window(self, window):
        self.tab.driver.switch_to.window(window)
        self.tab.driver.close()

    def test_the_list_of_subjects_tells_what_each_is_at_present(self):
        capture = self.start("listed")
        self.open(place("file:call.pcap", "listed"))
        capture.until(30)  # the model says person up to 35.5 s, and background from 46.5 s to 58 s
        self.tab.wait_for("#subjects .list-row[data-class='person']")
        capture.until(55)
        self.tab.wait_for("#subjects .list-row[data-class='background']")


class Disturbed(PageTest):
    @classmethod
    def fill(cls):
        cls.suite.capture_file(harness.SAMPLE, "before")

    def test_an_open_page_finds_the_restarted_gateway_and_what_is_new(self):
        self.open()
        self.wait_for_timeline()
        self.suite.stop_gateway()
        self.tab.wait_for("#connection")
        self.suite.restart_gateway()
        self.tab.wait(lambda: not self.tab.is_seen("#connection"), "it is connected again")
        verdicts.push(self.suite.gateway, "file:new.pcap", "after",
                      [verdicts.verdict(SUBJECT, 0, (0.3, 0.7))])
        self.tab.wait(lambda: "new.pcap" in self.tab.js(
            "return document.querySelector('#run').textContent"), "the new run is to be picked")


if __name__ == "__main__":
    unittest.main()
