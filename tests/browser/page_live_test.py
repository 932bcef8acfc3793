"""The page while a run goes on: it grows, and loses nothing whatever is loaded or started again."""

import unittest

import verdicts
from browser import harness
from page_case import SUBJECT, PageTest, place, rest, tool_subjects


class LiveRun(PageTest):
    def segments_of(self, run):
        (subject,), _ = tool_subjects("timeline", "--gateway", self.suite.gateway.address(),
                                      "--run", run, "--origin", self.origin_of(run))
        return subject["segments"]

    def origin_of(self, run):
        (origin,) = [each["origin"] for each in rest(self.suite, "/v1/runs")["runs"]
                     if each["run"] == run]
        return origin

    def windows(self):
        (data,) = self.tab.data(".subject-view") or ({},)
        return int(data.get("windows", 0))

    def wait_for_windows(self, count):
        self.tab.wait(lambda: self.windows() >= count, "%d windows" % count)
        return self.windows()

    def test_a_replay_grows_and_a_reload_in_its_midst_loses_nothing(self):
        self.open(place("file:call.pcap", "replayed") + "/first")  # which is not there yet
        self.tab.wait_for(".main-column h1, .empty")
        self.suite.replay(harness.SAMPLE, "replayed", "5x")
        first = self.wait_for_windows(1)
        second = self.wait_for_windows(first + 10)
        self.assertLess(second, 240)
        self.assertEqual(self.tab.data(".subject-view")[0]["method"], "TIMELINE_METHOD_FORWARD")
        self.assertIn("live", self.tab.text("#subject-name"))
        self.tab.driver.refresh()
        self.wait_for_windows(second)
        self.wait_for_timeline(240)
        self.assertIn("finished", self.tab.text("#subject-name"))
        self.assert_segments(self.segments_of("replayed"))
        self.assert_no_trouble()

    def test_a_gateway_that_is_restarted_in_its_midst_loses_nothing(self):
        self.suite.replay(harness.SAMPLE, "interrupted", "20x")
        self.open(place("file:call.pcap", "interrupted", SUBJECT))
        first = self.wait_for_windows(1)
        self.suite.stop_gateway()
        self.tab.wait_for("#connection")
        self.assertIn("No connection", self.tab.text("#connection"))
        self.suite.restart_gateway()
        self.tab.wait(lambda: not self.tab.is_seen("#connection"), "it is connected again")
        self.assertLess(first, 240)
        self.wait_for_timeline(240)
        self.assert_segments(self.segments_of("interrupted"))
        self.assertEqual([line for line in self.tab.trouble() if "ERR_" not in line], [])

    def test_the_live_timeline_is_that_of_the_gateway_point_by_point(self):
        service = self.suite.replay(harness.SAMPLE, "followed", "8x")
        self.open(place("file:call.pcap", "followed", SUBJECT))
        self.wait_for_windows(60)
        service.kill_if_running()  # nothing more comes, and the run does not end
        rows = [None]

        def rests():
            before, rows[0] = rows[0], self.tab.data("#segments tbody tr")
            return before == rows[0] and self.told() == self.on_page(rows[0])
        self.tab.wait(rests, "the page has what the gateway tells")
        self.assertGreaterEqual(self.windows(), 60)

    def told(self):
        told = rest(self.suite, "/v1/timeline", **{"run.run": "followed", "subject": SUBJECT,
                                                   "run.origin": "file:call.pcap"})
        self.assertEqual(told["method"], "TIMELINE_METHOD_FORWARD")
        return [(each["class"], each["fromNs"], each["toNs"], each["windows"],
                 round(each["confidence"], 6)) for each in told["segments"]]

    @staticmethod
    def on_page(rows):
        return [(row["label"], row["fromNs"], row["toNs"], row["windows"],
                 round(float(row["confidence"]), 6)) for row in rows]

    def test_four_more_windows_all_see_the_end(self):
        first = self.tab.driver.current_window_handle
        self.addCleanup(self.tab.driver.switch_to.window, first)
        windows = []
        for _ in range(4):  # a browser has six connections to a server, for all its windows
            self.tab.driver.switch_to.new_window("window")
            self.addCleanup(self.close_window, self.tab.driver.current_window_handle)
            windows.append(self.tab.driver.current_window_handle)
            self.open(place("file:call.pcap", "watched by many", SUBJECT))
        self.suite.replay(harness.SAMPLE, "watched by many", "20x")
        for window in windows:
            self.tab.driver.switch_to.window(window)
            self.wait_for_timeline(240)

    def close_window(self, window):
        self.tab.driver.switch_to.window(window)
        self.tab.driver.close()

    def test_the_list_of_subjects_tells_what_each_is_at_present(self):
        self.suite.replay(harness.SAMPLE, "listed", "20x")
        self.open(place("file:call.pcap", "listed"))
        self.tab.wait_for("#subjects .list-row[data-class='person']")
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
