"""A headless Chromium, driven by Selenium, that tells what went wrong on a page."""

import importlib.util
import json
import os
import shutil
import sys
import unittest
import urllib.parse
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness

SCREENSHOTS = os.path.join(os.path.dirname(os.path.dirname(harness.BIN)), "screenshots")
WIDE, PHONE = (1400, 1000), (360, 740)

# Runs before the scripts of each page.
WATCH = """
window.trouble = [];
for (const event of ['error', 'unhandledrejection', 'securitypolicyviolation']) {
  addEventListener(event, (e) => window.trouble.push(
      `${event}: ${e.message ?? e.reason ?? e.violatedDirective}`), true);
}"""


def skip_without_one():
    """Raises SkipTest where there is no browser, no driver or nothing to drive it with."""
    has_selenium = importlib.util.find_spec("selenium") is not None
    if not has_selenium or not shutil.which("chromium") or not shutil.which("chromedriver"):
        raise unittest.SkipTest("no browser here: install chromium, chromium-driver and "
                                "python3-selenium")


class Browser:
    """One tab; `size` in px. Its clock is in `timezone`."""

    def __init__(self, size=WIDE, dark=False, timezone="UTC"):
        from selenium import webdriver  # here, as it may be missing
        from selenium.webdriver.chrome.service import Service
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                         "--disable-background-networking", "--hide-scrollbars",
                         "--disable-dev-shm-usage", "--window-size=%d,%d" % size):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options,
                                       service=Service(shutil.which("chromedriver")))
        self.driver.set_script_timeout(harness.TIMEOUT_S)
        self.command("Emulation.setTimezoneOverride", timezoneId=timezone)
        self.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.resize(size)
        self.set_dark(dark)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.driver.quit()

    def command(self, name, **parameters):
        """One of Chromium's own."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def resize(self, size):
        self.command("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1],
                     deviceScaleFactor=1, mobile=False)

    def set_dark(self, dark):
        value = "dark" if dark else "light"
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": value}])

    def set_online(self, online):
        self.command("Network.enable")
        self.command("Network.emulateNetworkConditions", offline=not online, latency=0,
                     downloadThroughput=-1, uploadThroughput=-1)

    def stand_in(self, path, status, body):
        """From the next page on, requests for `path` are answered so, instead of by the gateway.
        Returns what ends that."""
        script = self.command("Page.addScriptToEvaluateOnNewDocument", source="""{
            const asked = window.fetch, path = %s, body = %s;
            window.fetch = (url, options) =>
                new URL(url, location).pathname === path ?
                    Promise.resolve(new Response(body, {status: %d})) : asked(url, options);
        }""" % (json.dumps(path), json.dumps(json.dumps(body)), status))
        return lambda: self.command("Page.removeScriptToEvaluateOnNewDocument",
                                    identifier=script["identifier"])

    # ---- what is there ----

    def js(self, script, *arguments):
        """The value of a script's `return`."""
        return self.driver.execute_script(script, *arguments)

    def js_async(self, script, *arguments):
        """What an async function's body returns."""
        answer = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "(async (...args) => {%s})(...arguments).then((value) => done({value}),"
            " (error) => done({error: String(error.stack ?? error)}));" % script, *arguments)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("value")

    def text(self, selector):
        """The text of the first such element as it is seen; None where there is none."""
        return self.js("return document.querySelector(arguments[0])?.innerText ?? null", selector)

    def texts(self, selector):
        return self.js("return [...document.querySelectorAll(arguments[0])].map("
                       "(each) => each.innerText)", selector)

    def data(self, selector):
        """The data-* of all such elements."""
        return self.js("return [...document.querySelectorAll(arguments[0])].map("
                       "(each) => ({...each.dataset}))", selector)

    def is_seen(self, selector):
        return self.js("return [...document.querySelectorAll(arguments[0])].some("
                       "(each) => each.checkVisibility())", selector)

    def wait(self, condition, what, seconds=harness.TIMEOUT_S):
        """Waits for a true answer; tells what the page shows when there is none."""
        try:
            return harness.wait_until(condition, what, seconds)
        except AssertionError as error:
            raise AssertionError("%s; the page:\n%s\n%s" % (
                error, self.text("body"), self.js("return window.trouble"))) from error

    def wait_for(self, selector, what=None):
        self.wait(lambda: self.is_seen(selector), what or selector)

    # ---- what a reader does ----

    def open(self, url):
        """Loads a page, anew if it is there already; what went wrong before is forgotten."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get(url)
        self._wait_until_ready()

    def refresh(self):
        """Loads the page anew. Fails where it had trouble, which this forgets."""
        trouble = self.trouble()
        assert trouble == [], trouble
        self.driver.refresh()
        self._wait_until_ready()

    def _wait_until_ready(self):
        self.wait(lambda: self.js("return document.documentElement.dataset.ready === 'true'"),
                  "the page is ready")

    def click(self, selector):
        """On the first such element, which may be drawn anew meanwhile."""
        from selenium.common import exceptions

        def try_once():
            try:
                self.driver.find_element("css selector", selector).click()
                return True
            except (exceptions.StaleElementReferenceException, exceptions.NoSuchElementException):
                return False
        self.wait_for(selector)
        self.wait(try_once, selector)

    def accept_after_click(self, selector):
        """Of what asks whether it is meant."""
        from selenium.webdriver.support import expected_conditions, wait
        self.click(selector)
        wait.WebDriverWait(self.driver, harness.TIMEOUT_S).until(
            expected_conditions.alert_is_present()).accept()

    def click_until_seen(self, selector, seen):
        """For what may be drawn anew under the pointer just then: people click again, too."""
        def try_once():
            if not self.is_seen(seen):
                self.js("document.querySelector(arguments[0])?.click()", selector)
            return self.is_seen(seen)
        self.wait(try_once, seen)

    def click_text(self, selector, text):
        for element in self.driver.find_elements("css selector", selector):
            if text in element.text:
                return element.click()
        raise AssertionError("no %s says %r but %s" % (selector, text, self.texts(selector)))

    def press(self, *keys):
        """To whatever has the focus."""
        from selenium.webdriver.common.action_chains import ActionChains
        chain = ActionChains(self.driver)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    def focused(self):
        """The id of what has the focus, or its text."""
        return self.js("return document.activeElement.id || document.activeElement.innerText")

    # ---- what must not be ----

    def trouble(self):
        """Errors of scripts and violations of the content security policy, and what went to the
        console but answers with an HTTP status, which are the page's business."""
        lines = [entry["message"] for entry in self.driver.get_log("browser")
                 if entry["level"] == "SEVERE"]
        return (self.js("return window.trouble") +
                [line for line in lines if "Failed to load resource: the server" not in line])

    def requests(self):
        """What the page asked for since this was asked last: {url, method, headers}."""
        mark = "/icon.svg?mark=%s" % uuid.uuid4()  # the log may be late: it is read as far as this
        self.js("fetch(arguments[0])", mark)
        found = []

        def has_mark():
            found.extend(self._logged_requests())
            return any(request["url"].endswith(mark) for request in found)
        self.wait(has_mark, "all requests are in the log")
        return [request for request in found if not request["url"].endswith(mark)]

    def _logged_requests(self):
        messages = (json.loads(entry["message"])["message"]
                    for entry in self.driver.get_log("performance"))
        return [message["params"]["request"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def hosts(self):
        """Whom the page asked for anything since `requests` or this was asked last."""
        urls = [urllib.parse.urlsplit(request["url"]) for request in self.requests()]
        return {url.scheme if url.scheme in ("data", "blob") else url.netloc for url in urls}

    def screenshot(self, name, size=None):
        """All of the page, however long, into the folder of screenshots. Returns the file."""
        size = size or WIDE
        os.makedirs(SCREENSHOTS, exist_ok=True)
        self.resize(size)
        height = self.js("return document.documentElement.scrollHeight")
        self.resize((size[0], max(size[1], min(height, 4000))))
        # Charts are drawn anew in the frames behind the change.
        self.js_async("for (let i = 0; i < 8; ++i) await new Promise(requestAnimationFrame);")
        path = os.path.join(SCREENSHOTS, name + ".png")
        assert self.driver.save_screenshot(path), path
        self.resize(size)
        return path
