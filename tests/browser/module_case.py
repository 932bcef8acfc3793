"""What the tests of the page's modules share: a document without the app, and a gateway whose answers
a test may make up."""

import os
import tempfile
import unittest

import browser
from browser import Browser, harness

# `stand({path: answers})` answers requests: the last answer goes on for ever. One is the text of a
# body, an object as JSON, {status, code, message} of an error, null where there is no connection, or
# a function of (url, options). `hurry()` makes all pauses short; `waits` are those that were asked
# for, in ms, and `performance.now` goes on by them alone.
STAND_INS = """
    const before = {fetch: window.fetch, setTimeout: window.setTimeout,
                    XMLHttpRequest: window.XMLHttpRequest};
    const later = window.setTimeout.bind(window), really = window.fetch.bind(window);
    const errorOf = ({status, code, message}) => new Response(
        JSON.stringify({error: {code, message: message ?? 'told so'}}), {status});
    const asked = [];
    const stand = (answers) => {
      window.fetch = async (url, options) => {
        const path = String(url).split('?')[0], left = answers[path];
        if (!left) return really(url, options);
        asked.push([path, options]);
        const answer = left.length > 1 ? left.shift() : left[0];
        if (answer === null) throw new TypeError('no connection');
        if (typeof answer === 'function') return answer(url, options);
        if (answer.status) return errorOf(answer);
        return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer));
      };
    };
    const waits = [];
    let now = 0;
    const hurry = () => {
      performance.now = () => now;
      window.setTimeout = (done, ms) => later(() => {
        waits.push(ms);
        now += ms;
        done();
      }, 0);
    };
    const until = async (condition) => {
      while (!condition()) await new Promise((resolve) => later(resolve, 10));
    };
    const tidy = () => {
      Object.assign(window, before);
      delete performance.now;
    };
"""


class ModuleTest(unittest.TestCase):
    """A tab that all tests of a file share."""

    tab = None

    @classmethod
    def setUpClass(cls):
        browser.skip_without_one()
        if ModuleTest.tab is None:
            ModuleTest._start()

    @classmethod
    def _start(cls):
        def forget():
            ModuleTest.tab = None
        folder = tempfile.TemporaryDirectory(prefix="silhouette-modules-")
        unittest.addModuleCleanup(folder.cleanup)
        gateway = harness.Service("gateway", folder.name, "--store",
                                  os.path.join(folder.name, "verdicts.db"))
        unittest.addModuleCleanup(gateway.kill_if_running)
        # Where clocks change twice a year.
        ModuleTest.tab = Browser(timezone="Europe/Berlin")
        unittest.addModuleCleanup(forget)
        unittest.addModuleCleanup(ModuleTest.tab.close)
        cls.tab.command("Network.enable")
        cls.tab.command("Network.setBlockedURLs", urls=["*/app.js"])
        cls.tab.driver.get("http://%s/" % gateway.address("web"))

    def run_js(self, module, body, *arguments):
        """What a body returns that sees the module as `m`."""
        return self.tab.js_async("const m = await import('/%s.js');%s try {%s} finally { tidy(); }" %
                                 (module, STAND_INS, body), *arguments)
