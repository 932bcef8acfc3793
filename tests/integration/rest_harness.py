"""A gateway with its web port, asked by http.client and curl."""

import contextlib
import http.client
import json
import os
import subprocess
import tempfile
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
