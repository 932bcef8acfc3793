"""The page of `silhouette evaluate --report`, opened from its file by a real browser."""

import html.parser
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

EVIL = "</script><img src=x onerror=\"document.title='run'\">"

# Put in front of the page's own scripts: what goes wrong, and what is asked for.
WATCH = """<script>
const trouble = [];
for (const event of ["error", "unhandledrejection", "securitypolicyviolation"]) {
  addEventListener(event, (e) => trouble.push(`${event}: ${e.message ?? e.blockedURI}`), true);
}
</script>"""

# Put behind them: unfolds all, and says what was drawn once the browser had time to.
TELL = """<script>
for (const details of document.querySelectorAll("details")) details.open = true;
setTimeout(() => {
  const isDrawn = (canvas) => canvas.width > 0 && canvas.height > 0 &&
      canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v);
  const told = document.createElement("pre");
  told.id = "told";
  told.textContent = JSON.stringify({
    trouble,
    charts: [...document.querySelectorAll("canvas")].map((canvas) => (
        {section: canvas.closest("section").id, label: canvas.getAttribute("aria-label"),
         drawn: Chart.getChart(canvas) !== undefined && isDrawn(canvas)})),
    requests: performance.getEntriesByType("resource").map((entry) => entry.name),
    images: document.querySelectorAll("img").length,
    tooWide: document.documentElement.scrollWidth > innerWidth,
    title: document.title,
  });
  document.body.append(told);
}, 500);
</script>"""


def write_windows(path, seed, person="person"):
    """Minutes of 20 windows, by turns of two classes that `bytes` tells apart a little."""
    chance = random.Random(seed)
    with open(path, "w", encoding="utf-8") as file:
        file.write("# simulated: seed %d\nwindow,packets,bytes,minute,who\n" % seed)
        for window in range(120):
            minute = window // 20
            here = minute % 2 == 1
            name = '"%s"' % person.replace('"', '""') if here else "background"
            file.write("%d,%d,%.3f,%d,%s\n" % (window, chance.randrange(100),
                                               chance.gauss(1.5 if here else 0, 1), minute, name))


class Page(html.parser.HTMLParser):
    """What the test wants to know of a page's elements."""

    def __init__(self, text):
        super().__init__()
        self.rows = {}  # (split, model, scale): {"leaks": ..., figure: its text}
        self.told = ""
        self.ready = False
        self.loads = []  # attributes that would load something
        self._row = self._figure = None
        self._in_told = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        self.loads += [(tag, name, value) for name, value in attributes
                       if name in ("src", "srcset", "data", "action") or
                       (name == "href" and not value.startswith("#"))]
        self.ready |= tag == "html" and of.get("data-ready") == "true"
        if tag == "tr" and "data-split" in of:
            self._row = {"leaks": of["data-leaks"]}
            self.rows[of["data-split"], of["data-model"], of["data-scale"]] = self._row
        self._figure = of.get("data-figure") if tag == "td" else self._figure
        self._in_told |= of.get("id") == "told"

    def handle_endtag(self, tag):
        self._figure = None if tag == "td" else self._figure
        self._in_told &= tag != "pre"

    def handle_data(self, text):
        if self._figure:
            self._row[self._figure] = text
        if self._in_told:
            self.told += text


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = shutil.which("chromium")
        cls._folder = tempfile.TemporaryDirectory(prefix="silhouette-report-")
        cls.addClassCleanup(cls._folder.cleanup)
        cls.folder = cls._folder.name
        cls.tables = [os.path.join(cls.folder, name) for name in ("monday.csv", "tuesday.csv")]
        for seed, path in enumerate(cls.tables):
            write_windows(path, seed)
        cls.lines = cls.evaluate("compared.html", "--compare", "--json")

    @classmethod
    def evaluate(cls, page, *flags, tables=None):
        status, out, errors = harness.run_tool(
            "evaluate", *(tables or cls.tables), "--label", "who", "--blocks", "minute", "--report",
            os.path.join(cls.folder, page), *flags)
        assert (status, errors) == (0, ""), errors
        return out

    def read(self, page):
        with open(os.path.join(self.folder, page), encoding="utf-8") as file:
            return file.read()

    def browse(self, page):
        """The elements of a page once its scripts ran, and what they wrote to the console."""
        if not self.browser:
            self.skipTest("no browser here: install chromium")
        with tempfile.TemporaryDirectory(prefix="silhouette-browser-") as profile:
            done = subprocess.run(
                [self.browser, "--headless=new", "--no-sandbox", "--disable-gpu",
                 "--disable-background-networking", "--no-first-run", "--window-size=1300,900",
                 "--user-data-dir=" + profile, "--enable-logging=stderr",
                 "--virtual-time-budget=10000", "--dump-dom",
                 "file://" + os.path.join(self.folder, page)],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.TIMEOUT_S, text=True,
                check=True)
        return Page(done.stdout), [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    def probe(self, page):
        """What a page, watched and unfolded, has to tell of itself."""
        text = self.read(page)
        text = text.replace("<head>", "<head>" + WATCH, 1).replace("</body>", TELL + "</body>", 1)
        with open(os.path.join(self.folder, "watched.html"), "w", encoding="utf-8") as file:
            file.write(text)
        elements, console = self.browse("watched.html")
        self.assertEqual(console, [])
        return json.loads(elements.told)

    def test_the_figures_are_those_of_the_json_lines(self):
        page, console = self.browse("compared.html")
        self.assertEqual(console, [])
        self.assertTrue(page.ready)
        self.assertEqual(page.loads, [])
        results = [line for line in map(json.loads, self.lines.splitlines()) if "accuracy" in line]
        self.assertEqual({result["split"] for result in results},
                         {"random", "blocked", "by-source", "in-sample"})
        self.assertEqual(len(page.rows), len(results))
        for result in results:
            row = page.rows[result["split"], result["model"], result.get("scale", "")]
            self.assertEqual(row["leaks"], json.dumps(result["leaks"]))
            for figure in ("accuracy", "precision", "recall", "f1", "roc_auc", "log_loss",
                           "forward_accuracy", "viterbi_accuracy"):
                if figure in result:
                    self.assertAlmostEqual(float(row[figure]), result[figure], delta=0.000501)
                else:
                    self.assertEqual(row[figure], "–")
            for shown, exact in zip(row["accuracy_95"].split(" – "), result["accuracy_95"]):
                self.assertAlmostEqual(float(shown), exact, delta=0.000501)

    def test_every_chart_is_drawn_and_nothing_is_loaded(self):
        told = self.probe("compared.html")
        self.assertEqual(told["trouble"], [])
        self.assertEqual(told["requests"], [])
        self.assertFalse(told["tooWide"])
        self.assertEqual([chart for chart in told["charts"] if not chart["drawn"]], [])
        self.assertTrue(all(chart["label"] for chart in told["charts"]))
        sections = [chart["section"] for chart in told["charts"]]
        # Two recordings on two splits; eight models and their time to train; five models with
        # probabilities, three of them on two scales, on three splits; SHAP and gain on three.
        self.assertEqual({name: sections.count(name) for name in sections},
                         {"accuracy": 1, "timelines": 4, "curves": 9, "calibration": 24,
                          "importance": 6})

    def test_a_name_that_looks_like_markup_is_shown_as_text(self):
        path = os.path.join(self.folder, EVIL.replace("/", "") + ".csv")
        write_windows(path, 3, person=EVIL)
        self.evaluate("evil.html", "--split", "blocked", tables=[path])
        told = self.probe("evil.html")
        self.assertEqual(told["trouble"], [])
        self.assertEqual(told["images"], 0)
        self.assertIn("<img src=x", told["title"])

    def test_equal_input_gives_equal_pages_but_for_the_time_to_train(self):
        pages = []
        for name in ("one.html", "two.html"):
            self.evaluate(name, "--split", "blocked")
            pages.append(re.sub(r'"fit_seconds":[^,}]+', "", self.read(name)))
        self.assertEqual(*pages)

    def test_what_is_no_file_is_refused_before_the_work_begins(self):
        for wrong, why in (("-", "name one"), (self.folder, "is a directory"),
                           (self.tables[0], "is read or written besides"),
                           (os.path.join(self.folder, "none", "x.html"), "there is no folder")):
            status, out, errors = harness.run_tool("evaluate", *self.tables, "--label", "who",
                                                   "--report", wrong)
            self.assertEqual((status, out), (2, ""), wrong)
            self.assertIn(f"--report: {wrong}: ", errors)
            self.assertIn(why, errors)


if __name__ == "__main__":
    unittest.main()
