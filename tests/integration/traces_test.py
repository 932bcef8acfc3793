"""Log lines as JSON, and the trace that follows a batch over the four services."""

import json
import os
import re
import sqlite3
import tempfile
import time
import unittest
import urllib.request
from datetime import datetime

import harness
from up_harness import Up

STAGES = [("capture-svc", "packets sent"), ("feature-svc", "windows sent"),
          ("classify-svc", "verdicts sent"), ("gateway", "verdicts stored")]
JSON_LOGS = ("--log-format", "json", "--log-level", "debug")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")
# The example of W3C Trace Context.
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENTS = "00-%s-00f067aa0ba902b7-01" % TRACE_ID


def parse(lines):
    """The objects of JSON log lines, which all must be."""
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            raise AssertionError("not JSON: %r" % line) from None
    return found


def began_s(line):
    """When a stage began, s since the Unix epoch."""
    time_text = line["time"]
    whole = datetime.fromisoformat(time_text[:19] + "+00:00").timestamp()
    return whole + float("0" + time_text[19:-1]) - line["duration_ms"] / 1000


class FourProcesses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with harness.Suite("--file", harness.SAMPLE, every=JSON_LOGS) as suite:
            suite.capture.wait_for("ended, ")
            for service in reversed(suite.services):
                service.stop()
            cls.logs = {service.name: service.log for service in suite.services}
        cls.lines = {name: parse(log) for name, log in cls.logs.items()}

    def stage(self, service, message):
        return [line for line in self.lines[service] if line["message"] == message]

    def test_every_line_is_an_object_with_time_level_service_and_message(self):
        for name, lines in self.lines.items():
            self.assertGreater(len(lines), 3)
            for line in lines:
                self.assertRegex(line["time"], TIME)
                self.assertIn(line["level"], ("debug", "info", "warn", "error"))
                self.assertEqual(line["service"], name)
                self.assertTrue(line["message"])

    def test_a_batch_is_followed_over_all_four_by_one_trace_and_span(self):
        before, followed = None, []
        for service, message in STAGES:
            lines = {line["trace_id"]: line for line in self.stage(service, message)}
            # Each batch has a trace of its own, and no hop makes one up.
            if before is None:
                self.assertEqual(len(lines), len(self.stage(service, message)))
            else:
                self.assertLessEqual(set(lines), set(before), service)
            followed.append(lines)
            before = lines
        self.assertGreater(len(before), 3)
        for trace_id in before:
            hops = [lines[trace_id] for lines in followed]
            for same in ("span_id", "origin", "run"):
                self.assertEqual(len({hop[same] for hop in hops}), 1, hops)
            self.assertRegex(trace_id, "^[0-9a-f]{32}$")
            self.assertRegex(hops[0]["span_id"], "^[0-9a-f]{16}$")

    def test_stages_begin_in_the_order_of_the_hops(self):
        by_trace = [{line["trace_id"]: began_s(line) for line in self.stage(*stage)}
                    for stage in STAGES]
        traces = list(by_trace[-1])
        in_order = [trace for trace in traces
                    if sorted(times := [hop[trace] for hop in by_trace]) == times]
        # A line is written a little behind its time, so that one may seem to begin late.
        self.assertGreater(len(in_order), len(traces) / 2)

    def test_lines_say_how_much_and_how_long(self):
        counts = {"packets": 28751, "windows": 240, "verdicts": 240}
        for service, message in STAGES:
            unit = message.split()[0]
            lines = self.stage(service, message)
            self.assertEqual(sum(line[unit] for line in lines), counts[unit], service)
            for line in lines:
                self.assertGreaterEqual(line["duration_ms"], 0)
                self.assertGreaterEqual(line["duration_ms"], line.get("queued_ms", 0))
        self.assertEqual(sum(line["new"] for line in self.stage(*STAGES[-1])), 240)

    def test_the_streams_of_a_capture_share_its_trace(self):
        (ended,) = [line for line in self.lines["capture-svc"] if "ended, " in line["message"]]
        for service in ("feature-svc", "classify-svc", "gateway"):
            opened = [line for line in self.lines[service] if line["message"].endswith(" opened")]
            self.assertEqual([line["trace_id"] for line in opened], [ended["trace_id"]], service)

    def test_no_line_holds_an_address_of_a_packet(self):
        for name, log in self.logs.items():
            for line in log:
                self.assertNotIn("192.168.1.20", line, name)
                self.assertNotIn("203.0.113.7", line, name)


class Job(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.up = Up(*JSON_LOGS)
        cls.addClassCleanup(cls.up.__exit__)

    def ask(self, path, data=None, headers=None):
        request = urllib.request.Request(self.up.page + path, data, headers or {})
        with urllib.request.urlopen(request, timeout=harness.TIMEOUT_S) as answer:
            return answer.read()

    def submit(self, job, headers=None):
        """Hands the sample in, and waits until it is done; the job."""
        with open(harness.SAMPLE, "rb") as file:
            self.ask("v1/jobs?name=call.pcap&job=" + job, file.read(), headers)
        self.ask("v1/jobs:watch?job=" + job)
        return json.loads(self.ask("v1/jobs/" + job))["job"]

    def lines_of(self, trace_id, service, message):
        return [line for line in parse(self.up.said[:])
                if line.get("trace_id") == trace_id and line["service"] == service and
                message in line["message"]]

    def assert_followed(self, trace_id):
        for service, message in STAGES:
            lines = harness.wait_until(lambda: self.lines_of(trace_id, service, message),
                                       "%s of %s" % (message, service))
            self.assertTrue(all(line["origin"].startswith("job:") for line in lines))
        batches = self.lines_of(trace_id, *STAGES[0])
        self.assertEqual(len({line["span_id"] for line in batches}), len(batches))
        self.assertGreater(len(batches), 1)
        self.assertTrue(self.lines_of(trace_id, "capture-svc", "handed in by"))
        self.assertTrue(self.lines_of(trace_id, "feature-svc", "opened"))

    def test_the_traceparent_of_a_rest_client_is_that_of_its_jobs_batches(self):
        job = self.submit("by-rest", {"traceparent": CLIENTS})
        self.assertEqual(job["traceparent"], CLIENTS)
        self.assert_followed(TRACE_ID)

    def test_the_traceparent_of_a_grpc_client_is_that_of_its_jobs_batches(self):
        import grpc
        messages, job_messages = harness.messages("gateway_service"), harness.messages("job")
        trace_id = "0af7651916cd43dd8448eb211c80319c"
        request, header = messages.SubmitPcapRequest, messages.SubmitPcapHeader
        with open(harness.SAMPLE, "rb") as file:
            parts = [request(header=header(name="call.pcap", job="by-grpc"))]
            while piece := file.read(1 << 20):
                parts.append(request(data=piece))
        with grpc.insecure_channel(self.up.gateway) as channel:
            submit = channel.stream_unary(
                "/silhouette.v1.GatewayService/SubmitPcap",
                request_serializer=request.SerializeToString,
                response_deserializer=messages.SubmitPcapResponse.FromString)
            answer = submit(iter(parts), timeout=harness.TIMEOUT_S,
                            metadata=[("traceparent", "00-%s-b7ad6b7169203331-01" % trace_id)])
        self.assertNotEqual(answer.job.state, job_messages.JOB_STATE_FAILED)
        self.assertIn(trace_id, answer.job.traceparent)
        self.ask("v1/jobs:watch?job=by-grpc")
        self.assert_followed(trace_id)

    def test_a_job_without_one_or_with_nonsense_has_a_trace_of_its_own(self):
        for name, headers in (("without", {}), ("nonsense", {"traceparent": "00-x\u00e4-y"})):
            job = self.submit(name, headers)
            self.assertEqual(job["state"], "JOB_STATE_DONE")
            trace_id = TRACEPARENT.fullmatch(job["traceparent"]).group(1)
            self.assertNotEqual(trace_id, TRACE_ID)
            self.assert_followed(trace_id)


class SlowBatches(unittest.TestCase):
    def test_a_slow_batch_is_told_at_level_info_with_its_trace(self):
        with harness.Suite(every=("--log-format", "json", "--slow-batch", "300")) as suite:
            store = sqlite3.connect(os.path.join(suite.folder, "verdicts.db"), timeout=60)
            store.execute("BEGIN IMMEDIATE")  # the gateway's writes wait
            capture = harness.Service("capture-svc", suite.folder, "--feature-address",
                                      suite.feature.address(), "--file", harness.SAMPLE)
            try:
                suite.gateway.wait_for("stream from")
                time.sleep(0.5)  # slower than it may be
                store.rollback()
                store.close()
                suite.gateway.wait_for("verdicts stored")
                capture.wait_for("ended, ")
            finally:
                capture.kill_if_running()
            slow = [line for line in parse(suite.gateway.log)
                    if line["message"] == "verdicts stored"]
            self.assertEqual(len(slow), 1)  # of several, in ten seconds
            self.assertEqual(slow[0]["level"], "info")
            self.assertGreaterEqual(slow[0]["duration_ms"], 300)
            self.assertRegex(slow[0]["trace_id"], "^[0-9a-f]{32}$")


class Failures(unittest.TestCase):
    def test_why_a_program_ends_is_a_line_of_its_json_log(self):
        cases = (("gateway", "--store", "/nowhere/verdicts.db"),
                 ("classify-svc", "--models", "/nowhere"),
                 ("feature-svc", "--spec", "nonsense"),
                 ("capture-svc", "--lateness", "nonsense"),
                 ("silhouette", "run", "/nowhere.pcap"))
        for command in cases:
            for flags, environment in ((["--log-format", "json"], {}),
                                       ([], {"SILHOUETTE_LOG_FORMAT": "json"})):
                status, _, errors = harness.run_binary(*command, *flags, env=environment)
                self.assertIn(status, (1, 2), command)
                last = parse(errors.splitlines())[-1]
                self.assertEqual((last["level"], last["service"]), ("error", command[0]))
                self.assertIn(command[-1], last["message"])

    def test_without_the_flag_it_is_a_plain_line(self):
        status, _, errors = harness.run_binary("silhouette", "run", "/nowhere.pcap")
        self.assertEqual(status, 1)
        self.assertTrue(errors.startswith("silhouette run: "), errors)

    def test_a_name_that_a_client_makes_up_stays_within_its_line(self):
        evil = "x\n{\"level\":\"error\",\"message\":\"forged\"}\x1b[2J\u2028\u202e"
        capture = harness.messages("capture_service")
        import grpc
        for log_format in ("json", "text"):
            with tempfile.TemporaryDirectory() as folder:
                service = harness.Service("capture-svc", folder, "--log-format", log_format,
                                          "--feature-address", "127.0.0.1:1")
                try:
                    header = capture.SubmitHeader(origin=evil, run="1")
                    with grpc.insecure_channel(service.address()) as channel:
                        submit = channel.stream_stream(
                            "/silhouette.v1.CaptureService/Submit",
                            request_serializer=capture.SubmitRequest.SerializeToString,
                            response_deserializer=capture.SubmitResponse.FromString)
                        requests = [capture.SubmitRequest(header=header),
                                    capture.SubmitRequest(data=b"no capture")]
                        with self.assertRaises(grpc.RpcError):
                            list(submit(iter(requests), timeout=harness.TIMEOUT_S))
                    service.wait_for("handed in by")
                    service.stop()
                finally:
                    service.kill_if_running()
                (line,) = [line for line in service.log if "handed in by" in line]
                if log_format == "json":
                    self.assertEqual(json.loads(line)["origin"], evil)
                    parse(service.log)
                else:
                    self.assertIn("\\x0a{", line)
                    for character in "\x1b\u2028\u202e":
                        self.assertNotIn(character, line)


if __name__ == "__main__":
    unittest.main()
