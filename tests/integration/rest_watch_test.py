"""The gateway's event streams, and many clients at once, as http.client and curl see them."""

import json
import socket
import subprocess
import threading
import unittest
import urllib.parse

import harness
from rest_harness import EVIL, FIRST_NS, WINDOW_NS, Events, Gateway, batch, push


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
        harness.wait_until(lambda: self.web_metric("watchers") == 0, "so does its answer",
                           seconds=5)

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


if __name__ == "__main__":
    unittest.main()
