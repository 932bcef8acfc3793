"""What the page shows of services, models and explanations."""

import json
import os
import unittest

import browser
import verdicts
from browser import harness
from page_case import SUBJECT, PageTest, place, rest, schema_features


class Status(PageTest):
    @classmethod
    def fill(cls):
        cls.suite.capture_file(harness.SAMPLE, "counted")

    def test_names_all_services_and_who_is_gone(self):
        self.open("#/status")
        self.tab.wait(lambda: self.states() == {
            "capture-svc": "serving", "feature-svc": "serving", "classify-svc": "serving",
            "gateway": "serving"}, "all serve")
        for selector, words in (("#overall", "All 4 processes serve"),
                                ("[data-service='feature-svc']", "240 in all"),
                                ("[data-service='classify-svc']", "presence 1"),
                                ("#store", "about 240")):
            self.wait_for_text(selector, words)
        self.suite.classify.stop()
        self.wait_for_text("[data-service='classify-svc']",
                           "nothing listens at " + self.suite.classify.address())
        self.assertEqual(self.states()["classify-svc"], "unavailable")
        self.wait_for_text("#overall", "classify-svc at " + self.suite.classify.address())
        self.assert_no_trouble()

    def wait_for_text(self, selector, words):
        self.tab.wait(lambda: words in (self.tab.text(selector) or ""), words)

    def states(self):
        return {data["service"]: data["state"] for data in self.tab.data("#services .service")}


class Models(PageTest):
    def test_are_shown_with_their_figures_and_what_leaks(self):
        self.open("#/models")
        self.tab.wait_for(".model")
        models = rest(self.suite, "/v1/models")["models"]
        self.assertEqual([data["model"] for data in self.tab.data(".model")],
                         [model["name"] for model in models])
        rows = self.tab.js("return [...document.querySelectorAll('.model tr[data-split]')].map("
                           "(row) => [row.dataset.split, row.dataset.leaks,"
                           " row.cells[2].textContent, row.innerText])")
        expected = {(result["split"], result["leaks"]): "%.3f" % result["accuracy"]
                    for result in models[0]["evaluation"]}
        self.assertEqual({(split, leaks == "true"): accuracy
                          for split, leaks, accuracy, _ in rows}, expected)
        for _, leaks, _, text in rows:
            self.assertIn("leaks" if leaks == "true" else "does not leak", text)
        self.assert_no_trouble()


def camel(value):
    """A manifest as REST tells it."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    words = ((name.split("_"), each) for name, each in value.items())
    return {first + "".join(map(str.capitalize, rest)): camel(each)
            for (first, *rest), each in words}


class StandIns(PageTest):
    """What classify-svc may answer, whatever the one does that runs here."""

    CONTRIBUTIONS = (0.5, -0.25, 0, 0.0625, -1.5, 0.125, 0, 1, -0.75)

    @classmethod
    def fill(cls):
        verdicts.push(cls.suite.gateway, "file:told.pcap", "told", [
            verdicts.verdict(SUBJECT, i, (0.3, 0.7)) for i in range(30)])
        verdicts.push(cls.suite.gateway, "file:three.pcap", "three", [
            verdicts.verdict(SUBJECT, i, [(.8, .1, .1), (.1, .7, .2), (.1, .2, .7)][i // 10])
            for i in range(30)], head=verdicts.model_head("rooms", ("empty", "one", "many")))

    def stand_in(self, path, status, body):
        self.addCleanup(self.tab.stand_in(path, status, body))

    def explanation(self, run, classes, contributions):
        (verdict,) = rest(self.suite, "/v1/verdicts", **{
            "run.run": run, "fromNs": verdicts.START_NS, "toNs": verdicts.START_NS + 1})["verdicts"]
        names = schema_features("presence.v1")
        return {"verdict": verdict, "classes": classes, "baseScores": [0.125] * len(classes),
                "scores": [0.125 + sum(column) for column in zip(*contributions)],
                "features": [{"name": name, "unit": "B", "value": value, "contributions": of}
                             for name, value, of in zip(names, verdict["features"],
                                                        contributions)]}

    def open_explained(self, run, model="made-up"):
        self.open(place("file:%s.pcap" % run, run, SUBJECT, model) + "?at=%d" % verdicts.START_NS)
        self.tab.wait_for("#explanation[data-state='shown']")
        return self.tab.data(".shap tbody tr")

    def test_bars_of_an_explanation_are_as_long_as_what_features_add(self):
        self.stand_in("/v1/explanation", 200, self.explanation(
            "told", ["background", "person"], [[0, c] for c in self.CONTRIBUTIONS]))
        rows = self.open_explained("told")
        self.assertEqual([float(row["contribution"]) for row in rows],
                         sorted(self.CONTRIBUTIONS, key=abs, reverse=True))
        bars = self.tab.js("""
            return [...document.querySelectorAll('.shap tbody tr')].map((row) => {
              const cell = row.querySelector('.shap-bar').getBoundingClientRect();
              const bar = row.querySelector('.shap-bar span').getBoundingClientRect();
              const middle = cell.left + cell.width / 2, half = cell.width / 2;
              return [(bar.left - middle) / half, (bar.right - middle) / half];
            });""")
        for row, (left, right) in zip(rows, bars):
            length = float(row["contribution"]) / 1.5
            self.assertAlmostEqual(left, min(length, 0), delta=0.02)
            self.assertAlmostEqual(right, max(length, 0), delta=0.02)
        self.assertIn("+0.125 before any feature to −0.688 with all",
                      self.tab.text("#explanation"))
        self.tab.screenshot("explanation-light")
        self.tab.set_dark(True)
        self.addCleanup(self.tab.set_dark, False)
        self.tab.screenshot("explanation-phone-dark", browser.PHONE)
        self.tab.resize(browser.WIDE)

    def test_of_several_classes_each_can_be_explained(self):
        self.stand_in("/v1/explanation", 200, self.explanation(
            "three", ["empty", "one", "many"],
            [[c, -c, 2 * i] for i, c in enumerate(self.CONTRIBUTIONS)]))
        rows = self.open_explained("three", "rooms")
        self.assertEqual(float(rows[0]["contribution"]), -1.5)  # empty is what was said
        from selenium.webdriver.support.ui import Select
        Select(self.tab.driver.find_element("css selector", ".choice select")
               ).select_by_visible_text("many")
        self.tab.wait(lambda: self.tab.data(".shap tbody tr")[0]["contribution"] == "16", "many")
        self.assertEqual([row["label"] for row in self.tab.data("#segments tbody tr")],
                         ["empty", "one", "many"])
        swatches = self.tab.js("return [...document.querySelectorAll('#segments .state')].map("
                               "(each) => each.style.getPropertyValue('--swatch'))")
        self.assertEqual(swatches, ["var(--c2)", "var(--c3)", "var(--c1)"])
        self.tab.screenshot("classes-light")

    def test_without_an_explanation_the_features_stay_and_the_reason_is_told(self):
        self.stand_in("/v1/explanation", 503, {"error": {
            "code": "UNAVAILABLE", "message": "no classify-svc answers; start one"}})
        rows = self.open_explained("told")
        self.assertEqual([row["feature"] for row in rows], schema_features("presence.v1"))
        self.assertIn("No explanation: no classify-svc answers; start one",
                      self.tab.text("#explanation"))

    def test_models_are_shown_with_what_leaks_and_what_is_simulated(self):
        path = os.path.join(harness.ROOT, "models", "presence", "1", "manifest.json")
        with open(path, encoding="utf-8") as file:
            bundled = camel(json.load(file))
        bundled["trainingData"] = [{"leftOut": "0", "truthName": "", **data}
                                   for data in bundled["trainingData"]]
        bundled["evaluation"] = [{"leaks": False, **result} for result in bundled["evaluation"]]
        simulated = json.loads(json.dumps(bundled))
        simulated["name"] = "practice"
        simulated["trainingData"][0]["simulated"] = True
        self.stand_in("/v1/models", 200, {"models": [simulated, bundled]})
        self.open("#/models")
        self.tab.wait_for(".model")
        self.assertIn("Trained on simulated traffic.", self.tab.text("[data-model='practice']"))
        shown = self.tab.text("[data-model='presence']")
        self.assertNotIn("simulated", shown)
        self.assertIn("0.854", shown)
        self.assertIn("two neighbouring blocks left out", shown)
        rows = {data["split"]: data["leaks"] for data in
                self.tab.data("[data-model='presence'] tr[data-split]")}
        self.assertEqual(rows, {result["split"]: "true" if result["leaks"] else "false"
                                for result in bundled["evaluation"]})
        self.tab.screenshot("cards-light")
        self.tab.screenshot("cards-phone", browser.PHONE)
        self.tab.resize(browser.WIDE)


if __name__ == "__main__":
    unittest.main()
