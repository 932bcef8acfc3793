"""A capture that is handed in as a stream gives what its file gives, also when it takes two tries."""

import gzip
import itertools
import random
import subprocess
import sys
import unittest

import grpc

import harness

# What a stream or a bomb may cost beyond what the process takes anyway, bytes.
MOST_MEMORY = 32 << 20
SCALE = 16 if harness.IS_SANITIZED else 1  # asan keeps up to 256 MiB that was freed


def submit(address, origin, run, pieces):
    """Hands in a capture: its responses, one by one; errors are grpc.RpcError."""
    messages = harness.messages("capture_service")
    requests = itertools.chain(
        [messages.SubmitRequest(header=messages.SubmitHeader(origin=origin, run=run))],
        (messages.SubmitRequest(data=piece) for piece in pieces))
    with grpc.insecure_channel(address) as channel:
        rpc = channel.stream_stream("/silhouette.v1.CaptureService/Submit",
                                    request_serializer=messages.SubmitRequest.SerializeToString,
                                    response_deserializer=messages.SubmitResponse.FromString)
        yield from rpc(requests, timeout=harness.TIMEOUT_S)


def submit_all(address, origin, run, pieces):
    """The last response's capture."""
    return list(submit(address, origin, run, pieces))[-1].capture


def odd_pieces(data):
    generator = random.Random(1)
    at = 0
    while at < len(data):
        size = generator.choice((0, 1, 7, 1023, 65537, 200_003))
        yield data[at:at + size]
        at += size


def hand_in_half_and_wait(address):
    """The client that is killed; see Broken."""
    with open(harness.SAMPLE, "rb") as file:
        data = file.read()

    def pieces():
        yield data[:len(data) // 2]
        sys.stdin.read()

    for _ in submit(address, "job", "1", pieces()):
        pass


class Gateway:
    """What a gateway says of a run."""

    def __init__(self, service, origin):
        self.messages = harness.messages("gateway_service")
        self.service = service
        self.origin = origin

    def run(self):
        (run,) = [run for run in harness.call(
            self.service.address(), "GatewayService", "ListRuns", self.messages.ListRunsRequest(),
            self.messages.ListRunsResponse).runs if run.origin == self.origin]
        return run

    def verdicts(self):
        """All of them, but for the names of the run."""
        request = self.messages.ListVerdictsRequest(page_size=10_000)
        request.run.origin = self.origin
        verdicts = harness.call(self.service.address(), "GatewayService", "ListVerdicts", request,
                                self.messages.ListVerdictsResponse).verdicts
        for verdict in verdicts:
            verdict.ClearField("origin")
            verdict.ClearField("run")
        return [verdict.SerializeToString(deterministic=True) for verdict in verdicts]


def list_captures(capture):
    messages = harness.messages("capture_service")
    return harness.call(capture.address(), "CaptureService", "ListCaptures",
                        messages.ListCapturesRequest(), messages.ListCapturesResponse).captures


class OneSuite(unittest.TestCase):
    """With the sample as a file in the store already."""

    def setUp(self):
        self.suite = harness.Suite("--file", harness.SAMPLE)
        self.addCleanup(self.suite.close)
        self.suite.capture.wait_for("ended, ")
        with open(harness.SAMPLE, "rb") as file:
            self.data = file.read()

    def assert_equals_the_file(self, origin):
        file, job = Gateway(self.suite.gateway, "file:call.pcap"), Gateway(self.suite.gateway,
                                                                          origin)
        self.assertEqual(len(file.verdicts()), 240)
        self.assertEqual(job.verdicts(), file.verdicts())
        ran, expected = job.run(), file.run()
        self.assertEqual((ran.ended, ran.incomplete), (True, ""))
        self.assertEqual(ran.accounting, expected.accounting)
        self.assertEqual(ran.watermark_ns, expected.watermark_ns)


class Whole(OneSuite):
    def test_a_stream_in_odd_pieces_packed_or_not_gives_the_verdicts_of_the_file(self):
        state = harness.messages("capture_service").CaptureState.Value("CAPTURE_STATE_DONE")
        for origin, data in (("plain", self.data), ("packed", gzip.compress(self.data, 1))):
            done = submit_all(self.suite.capture.address(), origin, "1", odd_pieces(data))
            self.assertEqual((done.state, done.error), (state, ""))
            self.assertEqual(done.bytes_read, len(data))
            self.assert_equals_the_file(origin)
        listed = list_captures(self.suite.capture)
        self.assertEqual([capture.source for capture in listed],
                         [harness.SAMPLE, "plain", "packed"])
        metrics = self.suite.capture.metrics()
        self.assertEqual(metrics["silhouette_capture_received_packets_total"], 3 * 28751)
        self.assertEqual(metrics["silhouette_capture_pending_packets"], 0)

    def test_what_is_no_capture_is_refused_and_leaves_no_run(self):
        with self.assertRaises(grpc.RpcError) as raised:
            submit_all(self.suite.capture.address(), "job", "1", [b"x" * 100])
        self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("job: not a capture", raised.exception.details())
        with self.assertRaises(ValueError):
            Gateway(self.suite.gateway, "job").run()
        self.assertEqual(self.suite.capture.stop(), 0, "its client was told")


class Broken(OneSuite):
    def assert_stands_in_the_middle(self):
        job = Gateway(self.suite.gateway, "job")
        run = harness.wait_until(job.run, "the run")
        self.assertEqual((run.ended, run.incomplete), (False, ""))
        stored = len(job.verdicts())
        self.assertGreater(stored, 0)
        self.assertLess(stored, 240)

    def hand_in_again(self, capture):
        done = submit_all(capture.address(), "job", "1", odd_pieces(self.data))
        self.assertEqual(done.error, "")
        self.assert_equals_the_file("job")
        metrics = self.suite.gateway.metrics()
        self.assertEqual(metrics["silhouette_gateway_stored_verdicts_total"], 2 * 240)
        self.assertGreater(metrics["silhouette_gateway_repeated_verdicts_total"], 0)

    def wait_for_verdicts(self):
        harness.wait_until(
            lambda: self.suite.gateway.metrics()["silhouette_gateway_stored_verdicts_total"] > 240,
            "verdicts of the first half")

    def test_a_client_that_is_killed_aborts_the_capture_and_another_one_completes_it(self):
        client = subprocess.Popen([sys.executable, __file__, self.suite.capture.address()],
                                  stdin=subprocess.PIPE)
        try:
            self.wait_for_verdicts()
        finally:
            client.kill()
            client.communicate()
        running = harness.messages("capture_service").CaptureState.Value("CAPTURE_STATE_RUNNING")
        harness.wait_until(lambda: list_captures(self.suite.capture)[-1].state != running,
                           "the end of the capture")
        self.assert_stands_in_the_middle()
        self.hand_in_again(self.suite.capture)

    def test_a_capture_svc_that_is_ended_says_so_and_another_one_completes_it(self):
        stopped = []

        def pieces():
            yield self.data[:len(self.data) // 2]
            self.wait_for_verdicts()
            stopped.append(self.suite.capture.stop())
            yield b""

        with self.assertRaises(grpc.RpcError) as raised:
            submit_all(self.suite.capture.address(), "job", "1", pieces())
        self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(raised.exception.details(), "capture-svc is shutting down")
        harness.wait_until(lambda: stopped, "the end of capture-svc")
        self.assertEqual(stopped, [0])
        self.assert_stands_in_the_middle()
        again = harness.Service("capture-svc", self.suite.folder, "--feature-address",
                                self.suite.feature.address())
        self.addCleanup(again.kill_if_running)
        self.hand_in_again(again)


def peak_memory(service):
    """Bytes that the process had in memory at most."""
    with open("/proc/%d/status" % service.process.pid, encoding="ascii") as status:
        (line,) = [line for line in status if line.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


class Memory(OneSuite):
    def assert_takes_little(self, pieces):
        """Behind a first one, for what the process takes anyway."""
        submit_all(self.suite.capture.address(), "first", "1", [self.data])
        before = peak_memory(self.suite.capture)
        done = submit_all(self.suite.capture.address(), "job", "1", pieces)
        self.assertEqual(done.error, "")
        self.assertLess(peak_memory(self.suite.capture) - before, SCALE * MOST_MEMORY)
        return done

    def test_a_gibibyte_takes_no_more_than_a_megabyte(self):
        frame = self.data[40:82] + bytes(65_536 - 42)
        times = (n.to_bytes(4, "little") for n in range(1_700_000_000, 1_800_000_000))
        count = (1 << 30) // len(frame) // SCALE
        records = (next(times) + bytes(4) + 2 * len(frame).to_bytes(4, "little") + frame
                   for _ in range(count))
        done = self.assert_takes_little(itertools.chain([self.data[:24]], records))
        self.assertEqual(done.accounting.received, count)
        self.assertEqual(done.accounting.windowed, count)

    def test_nor_does_what_a_few_bytes_unpack_to(self):
        # A zstd frame (RFC 8878): a window of 8 MiB, the header of the capture, then blocks of four
        # bytes that each stand for 128 KiB of zeros: packets of no bytes, of 1970.
        block, blocks = 1 << 17, 4096 // SCALE
        packed = (b"\x28\xb5\x2f\xfd\x00" + bytes([(23 - 10) << 3]) +
                  (24 << 3).to_bytes(3, "little") + self.data[:24] +
                  blocks * ((block << 3 | 1 << 1).to_bytes(3, "little") + b"\0") +
                  b"\x01\x00\x00")
        done = self.assert_takes_little([packed])
        self.assertEqual(done.bytes_read, len(packed))
        self.assertEqual(done.accounting.received, blocks * block // 16)


if __name__ == "__main__":
    if len(sys.argv) > 1 and ":" in sys.argv[1]:
        hand_in_half_and_wait(sys.argv[1])
    else:
        unittest.main()
