"""The gateway's REST, server-sent events and page, as http.client and curl see them."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import harness

ORIGIN = "node-1/eth0:1"
EVIL = "device:<script>alert(1)</script>&\"'"
WINDOW_NS = 500_000_000
FIRST_NS = 1_700_000_000_000_000_000


def batch(sequence, windows, ended=False):
    """Verdicts of two subjects, as classify-svc would send them; `windows` are numbers."""
    made = harness.messages("verdict").VerdictBatch()
    made.header.origin, made.header.run, made.header.sequence = ORIGIN, "run 1", sequence
    made.header.first_packet_ns = made.header.watermark_ns = FIRST_NS
    made.header.end_of_run = ended
    made.models.add(name="presence", version="1", classes=["background", "person"],
                    schema="presence.v1", length_ns=WINDOW_NS, hop_ns=WINDOW_NS)
    for window in windows:
        for subject in ("conversation:10.0.0.2-192.0.2.1/udp", EVIL):
            made.verdicts.add(subject=subject, window_start_ns=FIRST_NS + window * WINDOW_NS,
                              class_index=window % 2, probabilities=[0.25, 0.75],
                              features=[900, 1, 900, .005, .001, .005, 50, 50, 100])
    return made


def push(gateway, *batches):
    """Stores batches; returns once they are acked."""
    import grpc
    batch_pb = harness.messages("batch")
    with grpc.insecure_channel(gateway.address()) as channel:
        rpc = channel.stream_stream("/silhouette.v1.GatewayService/Push",
                                    request_serializer=lambda m: m.SerializeToString(),
                                    response_deserializer=batch_pb.Ack.FromString)
        for _ in rpc(iter(batches), timeout=harness.TIMEOUT_S):
            pass


class Events:
    """An event stream over http.client; events as dicts of their fields."""

    def __init__(self, port, path, **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=harness.TIMEOUT_S)
        self.connection.request("GET", path, headers={k.replace("_", "-"): v
                                                      for k, v in headers.items()})
        self.answer = self.connection.getresponse()

    def next(self):
        event = {}
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            line = line.rstrip("\n")
            if not line and "data" in event:
                return event
            name, _, value = line.partition(": ")
            if name:
                event[name] = value

    def verdicts(self, count):
        """Reads until there are so many; the verdicts and the last id."""
        found, last = [], None
        while len(found) < count:
            event = self.next()
            found += json.loads(event["data"])["verdicts"]
            last = event["id"]
        return found, last

    def close(self):
        self.answer.close()
        self.connection.close()


class Gateway(unittest.TestCase):
    FLAGS = ()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="silhouette-test-")
        self.addCleanup(self.folder.cleanup)
        self.start(*self.FLAGS)

    def start(self, *flags):
        self.gateway = harness.Service("gateway", self.folder.name, "--store",
                                       os.path.join(self.folder.name, "verdicts.db"), *flags)
        self.addCleanup(self.gateway.kill_if_running)
        self.port = self.gateway.ports["web"]

    def ask(self, path, method="GET", headers=None, body=None):
        """Status, headers and body, which is parsed where it is JSON."""
        with contextlib.closing(http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=harness.TIMEOUT_S)) as connection:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            content = answer.read()
            if answer.headers.get("Content-Type") == "application/json" and method != "HEAD":
                content = json.loads(content)
            return answer.status, answer.headers, content

    def get(self, path, **parameters):
        """A JSON answer with status 200."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        status, _, content = self.ask(path + ("?" + query if query else ""))
        self.assertEqual(status, 200, content)
        return content

    def error(self, status, path, **kwargs):
        got, _, content = self.ask(path, **kwargs)
        self.assertEqual(got, status, content)
        return content["error"]["message"]

    def curl(self, *args, path=""):
        """What curl prints, and its exit status."""
        done = subprocess.run(["curl", "-sS", "--max-time", str(harness.TIMEOUT_S), *args,
                               "http://127.0.0.1:%d%s" % (self.port, path)],
                              capture_output=True, timeout=harness.TIMEOUT_S, check=False)
        return done.returncode, done.stdout.decode()

    def web_metric(self, name, **labels):
        inner = ",".join('%s="%s"' % pair for pair in labels.items())
        return self.gateway.metrics().get(
            "silhouette_gateway_web_" + name + ("{%s}" % inner if inner else ""), 0)


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
        self.gateway.wait_for("others than its owner can read")


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


class Watch(Gateway):
    def watch(self, path="/v1/verdicts:watch", **headers):
        events = Events(self.port, path, **headers)
        self.addCleanup(events.close)
        return events

    def test_verdicts_come_as_they_are_stored(self):
        events = self.watch()
        self.assertEqual(events.answer.headers["Content-Type"], "text/event-stream")
        self.assertEqual(events.answer.headers["Cache-Control"], "no-store")
        self.assertEqual(json.loads(events.next()["data"])["verdicts"], [])
        push(self.gateway, batch(1, range(5)))
        found, _ = events.verdicts(10)
        self.assertEqual(len(found), 10)
        self.assertIn(EVIL, {v["subject"] for v in found})

    def test_the_last_event_id_goes_on_where_it_was(self):
        events = self.watch()
        start = events.next()["id"]
        push(self.gateway, batch(1, range(5)))
        _, last = events.verdicts(10)
        events.close()
        push(self.gateway, batch(2, range(5, 8)))
        found, _ = self.watch(Last_Event_ID=last).verdicts(6)
        self.assertEqual({int(v["windowStartNs"]) for v in found},
                         {FIRST_NS + w * WINDOW_NS for w in (5, 6, 7)})
        found, _ = self.watch("/v1/verdicts:watch?cursor=" + start).verdicts(16)
        self.assertEqual(len(found), 16)

    def test_filters_apply_and_a_cursor_of_elsewhere_is_an_error(self):
        events = self.watch("/v1/verdicts:watch?subjects=" + urllib.parse.quote(EVIL, safe=""))
        events.next()
        push(self.gateway, batch(1, range(3)))
        found, _ = events.verdicts(3)
        self.assertEqual({v["subject"] for v in found}, {EVIL})
        self.assertIn("cursor", self.error(400, "/v1/verdicts:watch?cursor=nonsense"))
        status, _, content = self.ask("/v1/verdicts:watch", headers={"Last-Event-ID": "1:1"})
        self.assertEqual((status, content["error"]["code"]), (409, "ABORTED"))

    def test_a_client_that_goes_ends_its_stream(self):
        events = self.watch()
        events.next()
        self.assertEqual(self.gateway.metrics()["silhouette_gateway_watchers"], 1)
        events.close()
        harness.wait_until(
            lambda: self.gateway.metrics()["silhouette_gateway_watchers"] == 0, "its RPC ends",
            seconds=5)
        self.assertEqual(self.web_metric("watchers"), 0)

    def test_curl_follows_too(self):
        curl = subprocess.Popen(
            ["curl", "-sSN", "http://127.0.0.1:%d/v1/verdicts:watch" % self.port],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(curl.stdout.close)
        self.addCleanup(curl.wait)
        self.addCleanup(curl.kill)
        self.assertEqual(curl.stdout.readline(), "retry: 3000\n")
        while not curl.stdout.readline().startswith("data: "):
            pass
        push(self.gateway, batch(1, [0]))
        line = ""
        while not line.startswith("data: "):
            line = curl.stdout.readline()
        self.assertEqual(len(json.loads(line[6:])["verdicts"]), 2)

    def test_an_orderly_stop_ends_streams_at_once(self):
        events = self.watch()
        events.next()
        self.assertEqual(self.gateway.stop(), 0)
        last = events.next()
        self.assertEqual(last["event"], "error")
        self.assertEqual(json.loads(last["data"])["error"]["code"], "CANCELLED")
        self.assertIsNone(events.next())

    def test_200_watchers_leave_room_for_requests_and_the_next_is_refused(self):
        watchers = [self.watch() for _ in range(200)]
        for events in watchers:
            self.assertEqual(events.answer.status, 200)
            events.next()
        status, headers, content = self.ask("/v1/verdicts:watch")
        self.assertEqual(status, 503)
        self.assertGreater(int(headers["Retry-After"]), 0)
        self.assertIn("--max-watchers", content["error"]["message"])
        for _ in range(20):
            self.assertEqual(self.get("/v1/runs"), {"runs": []})
        push(self.gateway, batch(1, [0]))
        for events in watchers:
            self.assertEqual(len(events.verdicts(2)[0]), 2)
        self.assertEqual(self.web_metric("watchers"), 200)
        self.assertEqual(self.web_metric("refused_total", reason="watchers"), 1)
        for events in watchers:
            events.close()
        harness.wait_until(lambda: self.web_metric("watchers") == 0, "all of them are gone")


class Crowd(Gateway):
    FLAGS = ("--web-threads", "8", "--max-watchers", "0")

    def test_a_connection_too_many_is_answered_503_and_closed(self):
        idle = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(8)]
        for connection in idle:
            self.addCleanup(connection.close)
        harness.wait_until(lambda: self.web_metric("connections") == 8, "they are served")
        status, headers, content = self.ask("/v1/runs")
        self.assertEqual(status, 503)
        self.assertIn("--web-threads", content["error"]["message"])
        self.assertEqual(headers["Connection"], "close")
        self.assertIn("Retry-After", headers)
        for connection in idle:
            connection.close()
        harness.wait_until(lambda: self.web_metric("connections") == 0, "they are gone")
        self.get("/v1/runs")

    def test_many_short_requests_from_many_threads(self):
        failures = []

        def ask():
            try:
                for _ in range(50):
                    status, _, _ = self.ask("/v1/runs")
                    if status not in (200, 503):
                        failures.append(status)
            except OSError as error:
                failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


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
