"""Captures that are handed in on the page, and what comes of them."""

import base64
import os
import re
import tempfile
import unittest

import verdicts
from browser import harness
from page_case import (SUBJECT, PageTest, line_count, place, rest, strip_pixel, theme_colour,
                       tool_subjects)


class Jobs(PageTest):
    def job(self, name):
        """The state of the newest job of a capture, as the page tells."""
        return self.tab.js("""
            const jobs = [...document.querySelectorAll('.job')];
            const job = jobs.find((each) => each.querySelector('h2').textContent.startsWith(
                arguments[0]));
            return job ? {...job.dataset, text: job.innerText} : {};""", name)

    def wait_for_state(self, name, state):
        self.tab.wait(lambda: self.job(name).get("state") == state, "%s is %s" % (name, state))
        return self.job(name)

    def choose(self, *paths):
        self.tab.driver.find_element("id", "files").send_keys("\n".join(paths))

    def test_chosen_files_become_a_job_whose_timeline_is_drawn_over_its_truth(self):
        self.open("#/status")
        self.choose(harness.SAMPLE, harness.SAMPLE_TRUTH)
        job = self.wait_for_state("call.pcap", "done")
        self.assertIn("28,751 packets read, 240 windows stored", job["text"])
        self.tab.click("[data-job='%s'] h2 a" % job["job"])
        self.wait_for_timeline()
        (subject,), summary = tool_subjects("run", harness.SAMPLE, "--truth", harness.SAMPLE_TRUTH)
        self.assert_segments(subject["segments"])
        self.tab.wait_for("#timeline[data-truth='%d']" % len(truth_rows()))
        for start, end, label in truth_rows():
            middle = verdicts.START_NS + int((start + end) / 2 * 10**9)
            colour = {"person": "c1", "background": "other"}[label]
            self.assertEqual(strip_pixel(self.tab, middle, 2), theme_colour(self.tab, colour))
        (agreement,) = self.tab.data("#agreement")
        self.assertAlmostEqual(float(agreement["share"]), summary["timeline_accuracy"], delta=1e-6)
        self.assertIn("simulated", self.tab.text("#agreement"))
        self.assert_no_trouble()

    def test_files_that_are_dropped_become_jobs(self):
        self.open("#/models")
        with open(harness.SAMPLE, "rb") as file:
            data = base64.b64encode(file.read()).decode()
        self.tab.js("""
            const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));
            const files = new DataTransfer();
            files.items.add(new File([bytes], 'dropped.pcap'));
            const fire = (type) => document.body.dispatchEvent(new DragEvent(
                type, {dataTransfer: files, bubbles: true, cancelable: true}));
            fire('dragenter');
            window.overlay = !document.querySelector('#drop').hidden;
            fire('dragover');
            fire('drop');""", data)
        self.assertTrue(self.tab.js("return window.overlay"))
        self.assertFalse(self.tab.is_seen("#drop"))
        job = self.wait_for_state("dropped.pcap", "done")
        self.tab.click("[data-job='%s'] .button.primary" % job["job"])
        self.wait_for_timeline()
        (subject,), _ = tool_subjects("run", harness.SAMPLE)
        self.assert_segments(subject["segments"])

    def test_results_are_downloaded_as_the_gateway_gives_them(self):
        self.open("#/jobs")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "results.pcap")
            os.symlink(harness.SAMPLE, path)
            self.choose(path)
            job = self.wait_for_state("results.pcap", "done")
            self.tab.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
            for format_name, ending, lines in (("jsonl", ".jsonl", 240), ("csv", ".csv", 241),
                                               ("segments", ".segments.csv", 4)):
                self.tab.click("[data-job='%s'] [data-format='%s']" % (job["job"], format_name))
                saved = os.path.join(folder, job["job"] + ending)
                self.tab.wait(lambda: line_count(saved) == lines, saved)

    def test_what_is_no_capture_fails_with_the_words_of_the_gateway_and_can_be_deleted(self):
        self.open("#/jobs")
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            file.write(b"this is no capture at all, whatever its name says\n" * 100)
            file.flush()
            name = os.path.basename(file.name)
            self.choose(file.name)
            job = self.wait_for_state(name, "failed")
        error = self.tab.text("[data-job='%s'] .error" % job["job"])
        self.assertIn("not a capture", error)
        self.tab.accept_after_click("[data-job='%s'] [data-action='delete']" % job["job"])
        self.tab.wait(lambda: not self.job(name), "it is gone")

    def test_a_truth_alone_goes_with_the_run_that_is_looked_at(self):
        self.suite.capture_file(harness.SAMPLE, "without truth")
        self.open("#/jobs")
        self.choose(harness.SAMPLE_TRUTH)
        self.tab.wait_for("#message .note")
        self.assertIn("a truth goes with a capture", self.tab.text("#message"))
        where = place("file:call.pcap", "without truth", SUBJECT)
        self.open(where)
        self.wait_for_timeline()
        self.choose(harness.SAMPLE_TRUTH)
        self.tab.wait_for("#timeline[data-truth='%d']" % len(truth_rows()))
        self.tab.refresh()
        self.tab.wait_for("#timeline[data-truth='%d']" % len(truth_rows()))

    def test_truths_of_other_names_are_told_of_on_the_page_of_jobs(self):
        self.open("#/status")
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("odd.pcap", "one.csv", "two.csv")]
            for path in paths:
                with open(path, "w", encoding="utf-8") as file:
                    file.write("start_s,end_s,label\n0,1,person\n")
            self.choose(*paths)
            self.wait_for_state("odd.pcap", "failed")
        self.assertIn("one.csv, two.csv: a truth goes with a capture", self.tab.text("#message"))

    def test_a_job_that_waits_says_for_what_and_can_be_cancelled(self):
        self.suite.capture.stop()
        self.addCleanup(self.start_capture)
        self.open("#/jobs")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "waiting.pcap")
            os.symlink(harness.SAMPLE, path)
            self.choose(path)
            self.wait_for_state("waiting.pcap", "queued")
            self.tab.wait(lambda: "capture-svc" in self.job("waiting.pcap")["text"], "why")
            self.assertEqual(self.tab.text("#open-jobs"), "1")
            self.tab.click("[data-job='%s'] [data-action='cancel']" %
                           self.job("waiting.pcap")["job"])
            self.wait_for_state("waiting.pcap", "cancelled")
            self.tab.wait(lambda: not self.tab.is_seen("#open-jobs"), "none is open")

    def start_capture(self):
        self.suite.capture = harness.Service(
            "capture-svc", self.suite.folder, "--feature-address", self.suite.feature.address(),
            listen=self.suite.capture.address())
        self.suite.services[3] = self.suite.capture

    def test_an_upload_can_be_cancelled_and_the_next_one_goes_on(self):
        self.open("#/jobs")
        self.slow_down()
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("given-up.pcap", "next.pcap")]
            for path in paths:
                os.symlink(harness.SAMPLE, path)
            self.choose(*paths)
            # "uploading" is the page's own word; the time is the gateway's, which knows of it by then.
            self.tab.wait(lambda: "handed in at" in self.job("given-up.pcap").get("text", ""),
                          "the gateway has some of it")
            self.assertEqual(self.job("given-up.pcap")["state"], "uploading")
            self.assertEqual(self.job("next.pcap")["state"], "waiting")
            self.tab.click("[data-job='%s'] [data-action='cancel']" %
                           self.job("given-up.pcap")["job"])
            self.wait_for_state("given-up.pcap", "cancelled")
            self.tab.set_online(True)
            self.wait_for_state("next.pcap", "done")

    def slow_down(self):
        """So that uploads have a midst: the sample takes 40 s."""
        self.tab.command("Network.enable")
        self.tab.command("Network.emulateNetworkConditions", offline=False, latency=0,
                         downloadThroughput=-1, uploadThroughput=40_000)
        self.addCleanup(self.tab.set_online, True)

    def test_an_upload_goes_on_when_the_gateway_is_restarted_meanwhile(self):
        self.open("#/jobs")
        self.slow_down()
        self.tab.js("""
            window.broken = 0;
            const send = XMLHttpRequest.prototype.send;
            XMLHttpRequest.prototype.send = function(body) {
                this.addEventListener('error', () => ++window.broken);
                return send.call(this, body);
            };""")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "resumed.pcap")
            os.symlink(harness.SAMPLE, path)
            self.choose(path)
            self.tab.wait(lambda: re.search(r"^[1-9].* of 1\.6 MiB sent$", self.job(
                "resumed.pcap").get("text", ""), re.M), "some of it is sent")
            told = self.tab.wait(lambda: self.received("resumed.pcap"), "some of it is received")
            self.assertLess(*told)
            self.tab.requests()
            self.suite.stop_gateway()
            # With a gateway that is back at once, Chromium itself sends all of it again.
            self.tab.wait(lambda: self.tab.js("return window.broken") > 0, "the page knows")
            self.suite.restart_gateway()
            self.tab.set_online(True)
            job = self.wait_for_state("resumed.pcap", "done")
            self.assertIn("28,751 packets read", job["text"])
        again = [request for request in self.tab.requests() if request["method"] == "PUT"]
        self.assertIn("Upload-Offset", again[-1]["headers"])

    def received(self, name):
        """Bytes that the gateway has of a capture and all of its bytes, once it has some."""
        job = rest(self.suite, "/v1/jobs/" + self.job(name)["job"])["job"]
        received, total = int(job["receivedBytes"]), int(job["totalBytes"])
        return (received, total) if received > 0 else None


def truth_rows():
    """(start, end, label) of the sample's truth, in seconds."""
    with open(harness.SAMPLE_TRUTH, encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return [(float(start), float(end), label)
            for start, end, label in (line.split(",") for line in lines[1:])]


if __name__ == "__main__":
    unittest.main()
