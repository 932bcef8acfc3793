"""The gateway's page in a real browser, before real processes: what it shows of what is stored."""

import json
import os
import re
import tempfile
import unittest

import browser
import verdicts
from browser import Browser, harness
from page_case import (SHAKEN, SUBJECT, PageTest, line_count, place, rest, schema_features,
                       strip_pixel, theme_colour, tool_subjects)
from page_suite import PageSuite

EVIL = "conversation:<img src=x onerror=\"document.title='run'\"><b>bold</b>"


class FinishedRun(PageTest):
    @classmethod
    def fill(cls):
        cls.suite.capture_file(harness.SAMPLE, "finished")
        cls.place = place("file:call.pcap", "finished", SUBJECT)

    def test_the_first_page_shows_the_newest_run_and_its_first_call(self):
        self.open()
        self.wait_for_timeline()
        self.assertIn("192.168.1.20 ↔ 203.0.113.7", self.tab.text("#subject-name"))
        self.assertIn("looks like a call", self.tab.text("#subject-name"))
        self.assertEqual(self.tab.js("return location.hash"), self.place)
        self.assertIn("call.pcap", self.tab.text("#run"))
        self.assertIn("ended", self.tab.text("#run-state"))

    def test_its_segments_are_those_of_the_tool(self):
        self.open(self.place)
        self.wait_for_timeline()
        (alone,), _ = tool_subjects("run", harness.SAMPLE)
        self.assertGreater(len(alone["segments"]), 2)
        self.assert_segments(alone["segments"])
        (stored,), _ = tool_subjects("timeline", "--gateway", self.suite.gateway.address())
        self.assert_segments(stored["segments"])

    def test_no_page_errs_or_asks_anybody_else(self):
        self.tab.hosts()
        for where, ready in ((self.place, "#timeline[data-drawn]"),
                             ("#/jobs", "#choose-files"), ("#/status", "#services .service"),
                             ("#/models", ".model"), ("#/run/none/none", ".detail h1")):
            self.open_and_wait_for(where, ready)
        self.assertIn("not here", self.tab.text(".detail h1"))
        self.assertEqual(self.tab.hosts() - {"data"}, {self.suite.web})

    def test_a_violation_of_the_policy_would_be_noticed(self):
        self.open(self.place)
        self.tab.js("const s = document.createElement('script'); s.textContent = 'window.x = 1';"
                    "document.body.append(s);")
        self.tab.wait(lambda: any("securitypolicyviolation" in line
                                  for line in self.tab.js("return window.trouble")), "noticed")
        self.tab.trouble()  # forgets it

    def test_the_line_and_the_bands_are_drawn_in_the_colours_of_the_classes(self):
        self.open(self.place)
        self.wait_for_timeline()
        (subject,), _ = tool_subjects("run", harness.SAMPLE)
        for segment in subject["segments"]:
            middle = (segment["from_ns"] + segment["to_ns"]) // 2
            colour = {"person": "c1", "background": "other"}[segment["class"]]
            self.assertEqual(strip_pixel(self.tab, middle, 1), theme_colour(self.tab, colour))

    def test_the_tab_key_leads_to_a_subject_and_the_arrows_zoom_and_pan(self):
        from selenium.webdriver.common.keys import Keys
        self.open(place("file:call.pcap", "finished"))
        self.tab.wait_for("#subjects .list-row")
        for _ in range(20):
            self.tab.press(Keys.TAB)
            if self.tab.focused() == "subjects":
                break
        self.assertEqual(self.tab.focused(), "subjects")
        self.assertTrue(self.tab.js(
            "return getComputedStyle(document.querySelector('.list-row.active')).outlineStyle"
            " === 'solid'"), "the focus is seen")
        self.tab.press(Keys.ENTER)
        self.tab.wait(lambda: self.tab.focused() == "timeline", "the timeline has the focus")
        self.wait_for_timeline()
        whole = self.shown()
        self.tab.press(Keys.ARROW_UP)
        self.tab.wait(lambda: span(self.shown()) < span(whole), "zoomed in")
        zoomed = self.shown()
        self.tab.press(Keys.ARROW_RIGHT)
        self.tab.wait(lambda: self.shown()[0] > zoomed[0], "panned")
        self.assertAlmostEqual(span(self.shown()) / span(zoomed), 1, delta=1e-6)
        self.tab.press(Keys.HOME)
        self.tab.wait(lambda: self.shown()[0] == whole[0], "to the begin")
        self.tab.press("0")
        self.tab.wait(lambda: self.shown() == whole, "all of it")
        self.tab.press(Keys.ENTER)
        self.tab.wait_for("#explanation[data-state='shown']")
        first = self.tab.text("#explanation h2")
        self.tab.press(".")
        self.tab.wait(lambda: self.tab.text("#explanation h2") != first, "the next window")
        self.tab.press(Keys.ESCAPE)
        self.tab.wait(lambda: not self.tab.is_seen("#explanation"), "closed")
        self.tab.press(Keys.ENTER)
        self.tab.wait_for("#explanation[data-state='shown']")
        self.tab.js("document.querySelector('#explanation .close').focus()")
        self.tab.press(Keys.ENTER)
        self.tab.wait(lambda: self.tab.focused() == "timeline", "the focus is back")
        self.assertFalse(self.tab.is_seen("#explanation"))

    def shown(self):
        (data,) = self.tab.data("#timeline")
        return int(data["fromNs"]), int(data["toNs"])

    def test_the_skip_link_comes_first_and_leads_to_the_content(self):
        from selenium.webdriver.common.keys import Keys
        self.open(self.place)
        self.tab.press(Keys.TAB)
        self.tab.wait(lambda: self.tab.focused() == "skip", "the skip link has the focus")
        self.tab.press(Keys.ENTER)
        self.tab.wait(lambda: self.tab.focused() == "main", "the content has the focus")

    def test_the_mouse_zooms_pans_and_asks_for_a_window(self):
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
        self.open(self.place)
        self.wait_for_timeline()
        whole = self.shown()
        canvas = self.tab.driver.find_element("css selector", "#timeline canvas")
        ActionChains(self.tab.driver).scroll_from_origin(
            ScrollOrigin.from_element(canvas), 0, -200).perform()
        self.tab.wait(lambda: span(self.shown()) < span(whole), "zoomed in")
        zoomed = self.shown()
        ActionChains(self.tab.driver).drag_and_drop_by_offset(canvas, -120, 0).perform()
        self.tab.wait(lambda: self.shown()[0] > zoomed[0], "panned")
        self.assertFalse(self.tab.is_seen("#explanation"))
        ActionChains(self.tab.driver).move_to_element(canvas).click().perform()
        self.tab.wait_for("#explanation[data-state='shown']")
        self.tab.click("button[aria-label='Show all of it']")
        self.tab.wait(lambda: self.shown() == whole, "all of it")

    def test_two_fingers_zoom_and_one_pans(self):
        self.open(self.place)
        self.wait_for_timeline()
        whole = self.shown()
        box = self.tab.js("const b = document.querySelector('#timeline canvas')"
                          ".getBoundingClientRect(); return {x: b.x, y: b.y, w: b.width}")
        y, middle = box["y"] + 100, box["x"] + box["w"] / 2

        def touch(kind, *xs):
            self.tab.command("Input.dispatchTouchEvent", type=kind, touchPoints=[
                {"x": x, "y": y, "id": i} for i, x in enumerate(xs)])
        self.tab.command("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
        try:
            touch("touchStart", middle - 50, middle + 50)
            for by in (80, 120, 160):
                touch("touchMove", middle - by, middle + by)
            touch("touchEnd")
            # From 100 px apart to 320.
            zoomed = self.tab.wait(lambda: self.shown_at(100 / 320 * span(whole)), "zoomed in")
            touch("touchStart", middle)
            for by in (20, 60, 100):
                touch("touchMove", middle - by)
            touch("touchEnd")
            self.tab.wait(lambda: self.shown()[0] > zoomed[0], "panned")
        finally:
            self.tab.command("Emulation.setTouchEmulationEnabled", enabled=False)

    def shown_at(self, length):
        """What is shown, where that is about so long."""
        shown = self.shown()
        return shown if abs(span(shown) / length - 1) < 0.02 else None

    def test_a_window_is_explained_by_what_the_gateway_knows_of_it(self):
        start = verdicts.START_NS + 50 * verdicts.WINDOW_NS
        (stored,) = rest(self.suite, "/v1/verdicts", **{"run.run": "finished", "fromNs": start,
                                                        "toNs": start + 1})["verdicts"]
        self.open(self.place + "?at=%d" % start)
        self.tab.wait_for("#explanation[data-state='shown']")
        rows = self.tab.data(".shap tbody tr")
        names = schema_features("presence.v1")
        self.assertEqual(sorted(row["feature"] for row in rows), sorted(names))
        for row in rows:
            self.assertAlmostEqual(float(row["value"]),
                                   stored["features"][names.index(row["feature"])], delta=1e-6)
        self.assertIn("%s, %.1f %%" % (stored["class"], 100 * stored["probability"]),
                      self.tab.text("#explanation"))
        told = rest(self.suite, "/v1/explanation", **{
            "run.run": "finished", "subject": SUBJECT, "windowStartNs": start})
        shown = {row["feature"]: float(row["contribution"]) for row in rows}
        self.assertEqual(shown.keys(), {feature["name"] for feature in told["features"]})
        for feature in told["features"]:
            self.assertAlmostEqual(shown[feature["name"]], feature["contributions"][-1],
                                   delta=SHAKEN)
        sizes = [abs(float(row["contribution"])) for row in rows]
        self.assertEqual(sizes, sorted(sizes, reverse=True))

    def test_a_place_stays_when_it_is_loaded_again(self):
        self.open(self.place)
        self.wait_for_timeline()
        whole = self.shown()
        self.tab.click("button[aria-label='Zoom in']")
        self.tab.wait(lambda: self.shown() != whole, "the middle half")
        zoomed = self.shown()
        self.tab.click("button[aria-label='Later']")
        before = self.tab.wait(lambda: self.shown_as_in_the_url(other_than=zoomed),
                               "it is in the URL")
        self.tab.refresh()
        self.wait_for_timeline()
        self.tab.wait(lambda: self.shown() == before, "the same part of it")

    def shown_as_in_the_url(self, other_than):
        """What is shown, where the URL says the same; both are read at once."""
        data, place = self.tab.js("return [{...document.querySelector('#timeline').dataset},"
                                  " location.hash]")
        shown = int(data["fromNs"]), int(data["toNs"])
        return shown if shown != other_than and "from=%d&to=%d" % shown in place else None

    def test_the_summary_has_the_figures_of_the_gateway(self):
        self.open(self.place)
        self.tab.wait_for("#summary canvas")
        (row,) = rest(self.suite, "/v1/summary", **{"run.run": "finished", "subject": SUBJECT,
                                                    "step": "hour"})["rows"]
        self.tab.click("#summary summary")
        cells = self.tab.js("return [...document.querySelectorAll('#summary tbody tr')].map("
                            "(tr) => [...tr.cells].map((cell) => cell.textContent))")
        shares = ["%.1f %%" % (100 * each["share"]) for each in row["classes"]]
        self.assertEqual(cells, [["14 Nov 22:00", row["windows"], *shares]])
        self.tab.click_text("#summary label", "by day")
        self.tab.wait(lambda: self.tab.js("return document.querySelector('#summary tbody th')"
                                          ".textContent") == "14 Nov", "days")

    def test_nothing_is_wider_than_a_phone(self):
        self.addCleanup(self.tab.resize, browser.WIDE)
        self.tab.resize(browser.PHONE)
        job = self.hand_in_a_job()
        for where, parts in (
                (self.place + "?at=%d" % verdicts.START_NS,
                 ("#timeline[data-drawn]", ".shap tbody tr", "#segments tbody tr",
                  "#summary canvas")),
                (place("file:call.pcap", "finished"), (".run-overview h1", ".list-row")),
                ("#/jobs", ["[data-job='%s'][data-state='done']" % job]),
                ("#/incidents", [".incidents-view[data-loaded='true']"]),
                ("#/status", ["#services .service"]), ("#/models", [".model"])):
            self.open(where)
            for part in parts:
                self.tab.wait_for(part)
            width = self.tab.js("return document.documentElement.scrollWidth")
            self.assertLessEqual(width, 360, where)

    def hand_in_a_job(self):
        """One that is done, for as long as this test runs; its id."""
        status, _, errors = harness.run_tool(
            "submit", harness.SAMPLE, "--wait", "--gateway", self.suite.gateway.address())
        self.assertEqual(status, 0, errors)
        job = rest(self.suite, "/v1/jobs")["jobs"][0]["id"]
        self.addCleanup(rest, self.suite, "/v1/jobs/" + job, method="DELETE")
        return job

    def test_on_a_phone_the_list_comes_first_and_a_subject_leads_back_to_it(self):
        self.addCleanup(self.tab.resize, browser.WIDE)
        self.tab.resize(browser.PHONE)
        self.open()
        self.tab.click("#subjects .list-row")
        self.wait_for_timeline()
        self.assertFalse(self.tab.is_seen("#subjects"))
        self.tab.click_until_seen(".back", "#subjects .list-row")

    def test_dark_is_another_page_with_other_charts(self):
        self.addCleanup(self.tab.set_dark, False)
        self.open(self.place)
        self.wait_for_timeline()
        middle = verdicts.START_NS + 10 * verdicts.WINDOW_NS
        looks = []
        for dark in (False, True):
            self.tab.set_dark(dark)
            self.tab.wait(lambda: strip_pixel(self.tab, middle, 1) == theme_colour(self.tab, "c1"),
                          "drawn anew")
            looks.append((strip_pixel(self.tab, middle, 1), self.tab.js(
                "return getComputedStyle(document.documentElement).backgroundColor")))
        self.assertEqual(looks[0][1], "rgb(255, 255, 255)")
        self.assertNotEqual(looks[0][0], looks[1][0])
        self.assertNotEqual(looks[0][1], looks[1][1])

    def test_who_wants_less_motion_gets_none(self):
        self.open(self.place)
        self.addCleanup(self.tab.set_dark, False)
        self.tab.js("const b = document.createElement('span'); b.className = 'badge live';"
                    "b.id = 'probe'; document.body.append(b)")
        for wanted, animation in (("no-preference", "pulse"), ("reduce", "none")):
            self.tab.command("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-reduced-motion", "value": wanted}])
            self.assertEqual(self.tab.js(
                "return getComputedStyle(document.querySelector('#probe'), '::before')"
                ".animationName"), animation)


def span(ends):
    return ends[1] - ends[0]


class Strangers(PageTest):
    """Names and numbers of subjects are not ours to choose."""

    MANY = 10_000

    @classmethod
    def fill(cls):
        address = cls.suite.gateway
        verdicts.push(address, "file:<b>evil</b>.pcap", "<i>run</i>", [
            verdicts.verdict(EVIL, window, (0.2, 0.8), partial=window == 1)
            for window in range(20)], head=verdicts.model_head("<u>model</u>"))
        names = ["conversation:10.%d.%d.%d-203.0.113.7/udp" % (i >> 16, i >> 8 & 255, i & 255)
                 for i in range(cls.MANY)]
        verdicts.push(address, "file:many.pcap", "many", [
            verdicts.verdict(name, 0, (0.9, 0.1) if i % 10 else (0.1, 0.9))
            for i, name in enumerate(sorted(names))])

    def test_markup_in_names_is_text(self):
        self.open(place("file:<b>evil</b>.pcap", "<i>run</i>"))
        self.tab.click("#subjects .list-row")
        self.wait_for_timeline(20)
        self.assertIn("<img src=x onerror=\"document.title='run'\"><b>bold</b>",
                      self.tab.text("#subject-name"))
        self.assertIn("<img src=x onerror", self.tab.text("#subjects .list-row"))
        self.assertIn("<b>evil</b>.pcap", self.tab.text("#run"))
        self.assertIn("model <u>model</u>", self.tab.text(".subject-view header"))
        self.assertEqual(self.tab.js("return document.querySelectorAll("
                                     "'main img, main b:not(.state b), main i, main u').length"), 0)
        self.assertNotEqual(self.tab.driver.title, "run")
        self.assertNotIn("%22run%22", self.tab.driver.current_url)
        self.assert_no_trouble()

    def test_a_partial_window_is_told_as_one(self):
        start = verdicts.START_NS + verdicts.WINDOW_NS
        self.open(place("file:<b>evil</b>.pcap", "<i>run</i>", EVIL, "<u>model</u>") +
                  "?at=%d" % start)
        self.tab.wait_for("#explanation[data-state='shown']")
        self.assertIn("partial", self.tab.text("#explanation h2"))

    def test_ten_thousand_subjects_are_listed_and_found(self):
        self.open(place("file:many.pcap", "many"))
        self.tab.wait(lambda: self.tab.js(
            "return document.querySelector('.subjects')?.dataset.loaded") == str(self.MANY),
            "all are here")
        self.assertIn("10,000 subjects", self.tab.text("#subject-count"))
        self.assertLess(len(self.tab.texts(".list-row")), 60)
        self.search("10.0.39.15-")
        self.tab.wait(lambda: self.tab.text("#subject-count") == "1 of 10,000 subjects", "one")
        self.assertIn("10.0.39.15 ↔ 203.0.113.7", self.tab.text(".list-row"))
        self.search("person")
        self.tab.wait(lambda: self.tab.text("#subject-count") == "1,000 of 10,000 subjects",
                      "those that are a person")
        self.search("")
        self.tab.js("const list = document.querySelector('#subjects');"
                    "list.scrollTop = list.scrollHeight")
        self.tab.wait(lambda: "10.0.9.99 ↔ 203.0.113.7" in self.tab.texts(".list-row .who"),
                      "the last one, by its name")
        self.choose_the_first_by_keyboard()

    def choose_the_first_by_keyboard(self):
        """Which is scrolled out of view before it is chosen."""
        from selenium.webdriver.common.keys import Keys
        self.tab.js("document.querySelector('#subjects').focus()")
        self.tab.press(Keys.HOME)
        self.tab.js("const list = document.querySelector('#subjects');"
                    "list.scrollTop = list.scrollHeight")
        self.tab.wait(lambda: "10.0.0.0 ↔ 203.0.113.7" not in self.tab.texts(".list-row .who"),
                      "the first one is out of view")
        self.tab.press(Keys.ENTER)
        self.tab.wait(lambda: "subject/conversation%3A10.0.0.0-" in self.tab.js(
            "return location.hash"), "it is chosen")

    def search(self, text):
        self.tab.js("const search = document.querySelector('#search'); search.value = arguments[0];"
                    "search.dispatchEvent(new Event('input'))", text)


class LongRun(PageTest):
    WINDOWS = 40_000

    @classmethod
    def fill(cls):
        verdicts.push(cls.suite.gateway, "file:long.pcap", "long", [
            verdicts.verdict(SUBJECT, i, (0.2, 0.8) if i // 700 % 2 else (0.9, 0.1))
            for i in range(cls.WINDOWS)])

    def test_what_is_zoomed_into_is_asked_for_and_every_window_can_be_reached(self):
        self.open(place("file:long.pcap", "long", SUBJECT, "made-up"))
        self.wait_for_timeline(self.WINDOWS)
        self.assertLess(self.points(), 1100)
        for _ in range(9):
            self.tab.click("button[aria-label='Zoom in']")
        begin, end = self.tab.wait(self.finely_drawn, "each window has a point")
        self.assertAlmostEqual((end - begin) / verdicts.WINDOW_NS, self.WINDOWS / 2**9, delta=1)
        self.tab.click("#timeline canvas")  # its middle
        self.tab.wait_for("#explanation[data-state='shown']")
        chosen = self.tab.wait(lambda: re.search(r"at=(\d+)", self.tab.js("return location.hash")),
                               "it is in the URL")
        start = int(chosen[1])
        self.assertEqual(start % verdicts.WINDOW_NS, 0)
        self.assertTrue(begin <= start < end, (begin, start, end))

    def points(self):
        return len(self.line()["xs"])

    def line(self):
        """The line's points, ns from the first window, and what is in view, all at once."""
        return self.tab.js("""
            const canvas = document.querySelector('#timeline canvas');
            const {fromNs, toNs} = canvas.parentElement.dataset;
            return {fromNs, toNs,
                    xs: Chart.getChart(canvas).data.datasets[0].data.map(({x}) => x)};""")

    def finely_drawn(self):
        """The stretch that is shown, once it is 2^-9 of all with a point for each window."""
        line = self.line()
        begin, end, xs = int(line["fromNs"]), int(line["toNs"]), line["xs"]
        steps = {b - a for a, b in zip(xs, xs[1:])}
        is_last = end - begin < self.WINDOWS * verdicts.WINDOW_NS / 2**8.5
        return (begin, end) if is_last and steps == {verdicts.WINDOW_NS} else None


class EmptyStore(PageTest):
    def test_says_what_to_do_and_shows_what_comes_by_itself(self):
        self.open()
        self.tab.wait_for(".empty")
        self.assertIn("Drop a capture", self.tab.text(".empty"))
        verdicts.push(self.suite.gateway, "file:first.pcap", "first", [
            verdicts.verdict(SUBJECT, i, (0.3, 0.7)) for i in range(5)])
        self.wait_for_timeline(5)
        self.assertFalse(self.tab.is_seen(".empty"))
        self.assert_no_trouble()


class Token(unittest.TestCase):
    """A server that answers only who knows its token."""

    RIGHT = "the-right-token-of-this-server-0123456789"

    @classmethod
    def setUpClass(cls):
        browser.skip_without_one()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        token_file = os.path.join(folder.name, "token")
        with open(token_file, "w", encoding="utf-8") as file:
            file.write(cls.RIGHT + "\n")
        os.chmod(token_file, 0o600)
        cls.suite = PageSuite("--web-token-file", token_file)
        cls.addClassCleanup(cls.suite.close)

    def test_a_wrong_token_is_asked_for_again_and_the_right_one_kept_for_the_tab(self):
        verdicts.push(self.suite.gateway, "file:secret.pcap", "1",
                      [verdicts.verdict(SUBJECT, i, (0.3, 0.7)) for i in range(9)])
        with Browser() as tab:
            tab.open(self.suite.url())
            tab.wait_for("#token-form")
            self.enter(tab, "tökén")  # no header can hold it
            tab.wait(lambda: "ASCII" in tab.text("#token-why"), "what is wrong with it")
            for token in ("a-wrong-one", self.RIGHT):
                tab.wait_for("#token-form")
                self.assertFalse(tab.is_seen("#subjects .list-row"))
                self.enter(tab, token)
            tab.wait_for(".subject-view[data-windows='9']")
            self.assertFalse(tab.is_seen("#token-form"))
            tab.refresh()
            tab.wait_for(".subject-view[data-windows='9']")
            self.assertEqual(tab.trouble(), [])

    def test_captures_go_up_and_results_come_down_with_the_token(self):
        with Browser() as tab, tempfile.TemporaryDirectory() as folder:
            tab.open(self.suite.url("#/jobs"))
            tab.wait_for("#token-form")
            self.enter(tab, self.RIGHT)
            tab.driver.find_element("id", "files").send_keys(harness.SAMPLE)
            tab.wait_for(".job[data-state='done']")
            tab.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
            tab.click(".job [data-format='segments']")
            (job,) = tab.data(".job")
            saved = os.path.join(folder, job["job"] + ".segments.csv")
            tab.wait(lambda: line_count(saved) == 4, saved)
            self.assertEqual(tab.trouble(), [])

    def enter(self, tab, token):
        tab.driver.find_element("id", "token").send_keys(token)
        tab.click("#token-form button")


if __name__ == "__main__":
    unittest.main()
