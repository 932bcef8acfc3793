"""What the tests of the page share: a suite, a tab, and what to compare with."""

import json
import os
import time
import unittest
import urllib.parse
import urllib.request

import browser
from browser import Browser, harness
from page_suite import PageSuite

SUBJECT = "conversation:192.168.1.20-203.0.113.7/udp"  # the sample's call
SHAKEN = 1e-9  # of a double, on its way through JSON


def place(origin, run, subject=None, model="presence"):
    """A place on the page, as its links have it."""
    parts = ["#", "run", origin, run] + ([] if subject is None else ["subject", subject, model])
    return "/".join([parts[0], *(urllib.parse.quote(part, safe="") for part in parts[1:])])


def rest(suite, path, method="GET", **parameters):
    """What the gateway's REST answers."""
    url = suite.url(path.lstrip("/")) + "?" + urllib.parse.urlencode(parameters)
    request = urllib.request.Request(url, method=method)
    with urllib.request.urlopen(request, timeout=harness.TIMEOUT_S) as answer:
        return json.load(answer)


def tool_subjects(*args):
    """The subjects of a summary of `run --json` or `timeline --json`, and all of it."""
    status, out, errors = harness.run_tool(*args, "--json")
    assert status == 0, errors
    (summary,) = harness.json_lines(out, "summary")
    return summary["subjects"], summary


def clock(ns):
    """The time of day in UTC, exact, without zeros at its end."""
    text = time.strftime("%H:%M:%S", time.gmtime(ns // 10**9))
    fraction = ("%09d" % (ns % 10**9)).rstrip("0")
    return text + ("." + fraction if fraction else "")


def line_count(path):
    """Lines of a file that is being saved; None where there is none by now."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return len(file.readlines())


def schema_features(name):
    status, out, errors = harness.run_tool("schema", name, "--json")
    assert status == 0, errors
    return [feature["name"] for feature in json.loads(out)["features"]]


def strip_pixel(tab, ns, row):
    """The colour of a strip below the line at a time: row 1 is the timeline, 2 the truth."""
    return tab.js("""
        const canvas = document.querySelector('#timeline canvas');
        const chart = Chart.getChart(canvas), {x, strips} = chart.scales;
        const from = BigInt(canvas.parentElement.dataset.fromNs);
        const at = x.getPixelForValue(x.min + Number(BigInt(arguments[0]) - from));
        const rows = chart.options.scales.strips.labels.length;
        const y = strips.top + (arguments[1] + 0.5) * strips.height / rows;
        const [r, g, b] = canvas.getContext('2d').getImageData(at, y, 1, 1).data;
        return [r, g, b];""", str(ns), row)


def theme_colour(tab, name):
    value = tab.js("return getComputedStyle(document.documentElement)"
                   ".getPropertyValue('--' + arguments[0]).trim()", name)
    return [int(value[i:i + 2], 16) for i in (1, 3, 5)]


class PageTest(unittest.TestCase):
    """A suite and a tab that a class's tests share."""

    MODELS = harness.CALL_MODELS

    @classmethod
    def setUpClass(cls):
        browser.skip_without_one()
        cls.suite = PageSuite(models=cls.MODELS)
        cls.addClassCleanup(cls.suite.close)
        cls.fill()
        cls.tab = Browser()
        cls.addClassCleanup(cls.tab.close)

    @classmethod
    def fill(cls):
        """What is stored before the page is opened."""

    def open(self, where=""):
        self.tab.open(self.suite.url(where))

    def open_and_wait_for(self, where, selector):
        """A page that has no trouble."""
        self.open(where)
        self.tab.wait_for(selector)
        self.assert_no_trouble()

    def wait_for_timeline(self, windows=240, method="VITERBI"):
        view = ".subject-view[data-windows='%d'][data-method$='%s']" % (windows, method)
        self.tab.wait_for(view + " #timeline[data-drawn]",
                          "a timeline of %d windows by %s" % (windows, method))

    def assert_segments(self, expected):
        """Those on the page are those of the tool, and are written as they are."""
        rows = self.tab.data("#segments tbody tr")
        self.assertEqual(
            [(row["label"], int(row["fromNs"]), int(row["toNs"]), int(row["windows"]))
             for row in rows],
            [(segment["class"], segment["from_ns"], segment["to_ns"], segment["windows"])
             for segment in expected])
        for row, segment in zip(rows, expected):
            self.assertAlmostEqual(float(row["confidence"]), segment["confidence"], delta=SHAKEN)
        written = self.tab.js("return [...document.querySelectorAll('#segments tbody tr')].map("
                              "(row) => [...row.cells].map((cell) => cell.textContent))")
        for cells, segment in zip(written, expected):
            self.assertEqual(cells[0], clock(segment["from_ns"]))
            self.assertEqual(cells[1], clock(segment["to_ns"]))
            self.assertEqual(cells[2], segment["class"])
            self.assertEqual(cells[4], "%.1f %%" % (100 * segment["confidence"]))
            self.assertEqual(cells[5], str(segment["windows"]))

    def assert_no_trouble(self):
        self.assertEqual(self.tab.trouble(), [])
