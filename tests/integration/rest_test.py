"""The gateway's REST and page, as http.client and curl see them."""

import contextlib
import http.client
import json
import os
import tempfile
import unittest
import urllib.parse

import harness
from rest_harness import EVIL, FIRST_NS, ORIGIN, WINDOW_NS, Gateway, batch, push


class Lists(Gateway):
    def test_runs_subjects_and_verdicts_page_by_page(self):
        push(self.gateway, batch(1, range(0, 20)), batch(2, range(20, 30), ended=True))
        (run,) = self.get("/v1/runs")["runs"]
        self.assertEqual((run["origin"], run["run"], run["ended"]), (ORIGIN, "run 1", True))
        self.assertEqual(run["firstPacketNs"], str(FIRST_NS))
        which = {"run.origin": ORIGIN, "run.run": "run 1"}
        subjects = self.get("/v1/subjects", **which)["subjects"]
        self.assertEqual({s["subject"] for s in subjects},
                         {EVIL, "conversation:10.0.0.2-192.0.2.1/udp"})
        found, token = [], ""
        while True:
            page = self.get("/v1/verdicts", pageSize=7, pageToken=token, **which)
            self.assertLessEqual(len(page["verdicts"]), 7)
            found += page["verdicts"]
            token = page["nextPageToken"]
            if not token:
                break
        self.assertEqual(len({(v["windowStartNs"], v["subject"]) for v in found}), 60)

    def test_filters_and_both_spellings_of_names(self):
        push(self.gateway, batch(1, range(10)))
        person = self.get("/v1/verdicts", **{"class": "person"})["verdicts"]
        self.assertEqual({v["class"] for v in person}, {"person"})
        for names in ({"subjects": [EVIL], "from_ns": FIRST_NS + WINDOW_NS,
                       "to_ns": FIRST_NS + 3 * WINDOW_NS},
                      {"subjects": [EVIL], "fromNs": FIRST_NS + WINDOW_NS,
                       "toNs": FIRST_NS + 3 * WINDOW_NS}):
            some = self.get("/v1/verdicts", **names)["verdicts"]
            self.assertEqual([v["subject"] for v in some], [EVIL, EVIL])
        both = self.get("/v1/verdicts", subjects=[EVIL, "conversation:10.0.0.2-192.0.2.1/udp"])
        self.assertEqual(len(both["verdicts"]), 20)

    def test_a_subject_named_like_html_stays_text(self):
        push(self.gateway, batch(1, [0]))
        status, headers, content = self.ask("/v1/subjects")
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertIn(EVIL, [s["subject"] for s in content["subjects"]])
        status, raw = self.curl(path="/v1/subjects")
        self.assertNotIn("<script", raw)

    def test_what_is_wrong_with_a_request_is_told(self):
        push(self.gateway, batch(1, [0]))
        self.assertIn("pageSize: \"many\"", self.error(400, "/v1/verdicts?pageSize=many"))
        self.assertIn("fromNs", self.error(400, "/v1/verdicts?fromNs=1.5"))
        self.assertIn("forward, viterbi", self.error(400, "/v1/timeline?method=best"))
        self.assertIn("run.origin", self.error(400, "/v1/verdicts?origin=x"))
        self.assertIn("two hex digits", self.error(400, "/v1/verdicts?run.origin=%2"))
        self.assertIn("page", self.error(400, "/v1/verdicts?pageToken=nonsense"))
        self.assertIn("no run", self.error(404, "/v1/verdicts?run.origin=nobody"))
        self.assertIn("/v1/openapi.json", self.error(404, "/v1/run"))
        status, headers, _ = self.ask("/v1/runs", method="DELETE")
        self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"))

    def test_head_tells_the_headers_alone(self):
        status, headers, content = self.ask("/v1/runs", method="HEAD")
        self.assertEqual((status, content), (200, b""))
        self.assertGreater(int(headers["Content-Length"]), 0)

    def test_the_api_describes_itself(self):
        document = self.get("/v1/openapi.json")
        self.assertEqual(document["openapi"], "3.0.3")
        self.assertIn("/v1/jobs/{job}:cancel", document["paths"])

    def test_requests_are_counted_by_route(self):
        self.get("/v1/runs")
        self.error(404, "/v1/<script>")
        self.ask("/app.js")
        for route, status in (("GET /v1/runs", "2xx"), ("other", "4xx"), ("page", "2xx")):
            harness.wait_until(
                lambda: self.web_metric("requests_total", route=route, status=status) == 1, route)


class Page(Gateway):
    def test_its_files_are_there_with_their_types_and_no_right_but_their_own(self):
        for path, kind in (("/", "text/html"), ("/app.js", "text/javascript"),
                           ("/base.css", "text/css"), ("/chart.js", "text/javascript")):
            status, headers, content = self.ask(path)
            self.assertEqual(status, 200)
            self.assertTrue(headers["Content-Type"].startswith(kind), path)
            self.assertGreater(len(content), 100)
            policy = headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            again, _, nothing = self.ask(path, headers={"If-None-Match": headers["ETag"]})
            self.assertEqual((again, nothing), (304, b""))

    def test_it_asks_nothing_of_other_servers(self):
        _, _, page = self.ask("/")
        self.assertNotIn(b"http://", page)
        self.assertNotIn(b"https://", page)
        self.assertNotIn(b"<script>", page)
        self.assertNotIn(b" style=", page)


class Strangers(Gateway):
    def test_a_name_that_is_not_ours_is_misdirected(self):
        for host in ("attacker.example", "attacker.example:%d" % self.port, "127.0.0.1.nip.io"):
            self.assertIn("--web-host", self.error(421, "/v1/runs", headers={"Host": host}))
            self.assertEqual(self.ask("/", headers={"Host": host})[0], 421)
        for host in ("localhost", "127.0.0.1:%d" % self.port, "[::1]:1"):
            self.assertEqual(self.ask("/v1/runs", headers={"Host": host})[0], 200)
        self.assertEqual(self.web_metric("refused_total", reason="host"), 6)

    def test_a_page_of_another_site_is_refused(self):
        own = "http://127.0.0.1:%d" % self.port
        self.assertEqual(self.ask("/v1/runs", headers={"Origin": own})[0], 200)
        for origin in ("http://attacker.example", "null", "http://127.0.0.1:1"):
            self.error(403, "/v1/runs", headers={"Origin": origin})
            self.error(403, "/v1/jobs", method="POST", headers={"Origin": origin}, body=b"x" * 100)
        self.error(403, "/v1/runs", headers={"Sec-Fetch-Site": "cross-site",
                                             "Sec-Fetch-Mode": "no-cors"})

    def test_another_name_is_ours_when_it_is_said(self):
        self.gateway.stop()
        self.start("--web-host", "cam.example", "--web-host", "silhouette.lan")
        for host in ("cam.example", "Silhouette.LAN:443"):
            self.assertEqual(self.ask("/v1/runs", headers={"Host": host})[0], 200)
        self.error(421, "/v1/runs", headers={"Host": "other.example"})


class Token(Gateway):
    TOKEN = "0123456789abcdef-first"

    def setUp(self):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(self.TOKEN + "\n")
        self.path = file.name
        self.addCleanup(os.remove, self.path)
        self.FLAGS = ("--web-token-file", self.path)
        super().setUp()

    def with_token(self, token, path="/v1/runs"):
        return self.ask(path, headers={"Authorization": "Bearer " + token})

    def test_the_api_wants_it_the_page_does_not(self):
        status, headers, _ = self.ask("/v1/runs")
        self.assertEqual((status, headers["WWW-Authenticate"]), (401, "Bearer"))
        for path in ("/v1/openapi.json", "/v1/nothing", "/v1/verdicts:watch"):
            self.assertEqual(self.ask(path)[0], 401, path)
        self.assertEqual(self.with_token("wrong" + self.TOKEN)[0], 401)
        self.assertEqual(self.with_token(self.TOKEN)[0], 200)
        self.assertEqual(self.ask("/app.js")[0], 200)

    def test_a_new_token_counts_while_the_gateway_runs(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("another-token-0123456789")
        harness.wait_until(lambda: self.with_token("another-token-0123456789")[0] == 200,
                           "the new token counts")
        self.assertEqual(self.with_token(self.TOKEN)[0], 401)

    def test_a_file_that_others_read_draws_a_warning(self):
        os.chmod(self.path, 0o644)
        self.gateway.stop()
        self.start(*self.FLAGS)
        self.gateway.wait_for("everybody on this machine can read")


class Start(unittest.TestCase):
    FREE = ("--store", "", "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0",
            "--metrics-listen", "127.0.0.1:0", "--log-level", "error")

    def refused(self, status, words, *flags):
        got, _, errors = harness.run_binary("gateway", *self.FREE, *flags)
        self.assertEqual(got, status, errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        for word in words:
            self.assertIn(word, errors)

    def test_beyond_loopback_it_wants_a_token(self):
        self.refused(2, ["--web-listen 0.0.0.0:0", "--web-token-file", "--web-insecure"],
                     "--web-listen", "0.0.0.0:0")

    def test_what_is_wrong_with_its_flags_is_named(self):
        with tempfile.NamedTemporaryFile() as empty:
            self.refused(2, ["--web-token-file", empty.name, "openssl rand"],
                         "--web-token-file", empty.name)
        self.refused(1, ["--web-token-file", "/nowhere/token"], "--web-token-file", "/nowhere/token")
        self.refused(2, ["--web-listen nonsense"], "--web-listen", "nonsense")
        self.refused(2, ["--max-watchers", "--web-threads"], "--max-watchers", "300")

    def test_a_port_in_use_is_named_and_never_shared(self):
        with tempfile.TemporaryDirectory() as folder:
            first = harness.Service("gateway", folder, "--store", "")
            try:
                address = first.address("web")
                self.refused(1, [f"gateway: --web-listen {address}: cannot listen there"],
                             "--web-listen", address)
            finally:
                first.kill_if_running()

    def test_without_an_address_there_is_no_web(self):
        with tempfile.TemporaryDirectory() as folder:
            gateway = harness.Service("gateway", folder, "--store", "", "--web-listen", "")
            self.addCleanup(gateway.kill_if_running)
            self.assertNotIn("web", gateway.ports)
            self.assertEqual(gateway.stop(), 0)


class Capture(unittest.TestCase):
    def test_a_capture_of_four_processes_is_on_the_web(self):
        with harness.Suite("--file", harness.SAMPLE, "--run", "web", "--once") as suite:
            suite.capture.process.wait(harness.TIMEOUT_S)
            connection = http.client.HTTPConnection("127.0.0.1", suite.gateway.ports["web"],
                                                    timeout=harness.TIMEOUT_S)
            with contextlib.closing(connection):
                connection.request("GET", "/v1/subjects?run.run=web")
                run = json.load(connection.getresponse())["subjects"]
                connection.request("GET", "/v1/runs")
                (told,) = json.load(connection.getresponse())["runs"]
                self.assertTrue(told["ended"])
                query = urllib.parse.urlencode({"run.origin": told["origin"], "run.run": "web",
                                                "subject": run[0]["subject"]})
                connection.request("GET", "/v1/timeline?" + query)
                timeline = json.load(connection.getresponse())
            self.assertEqual(timeline["method"], "TIMELINE_METHOD_VITERBI")
            self.assertGreater(len(timeline["segments"]), 1)


if __name__ == "__main__":
    unittest.main()
