"""Captures with little in them, or oddly: each packet is accounted for, and answers are sound."""

import json
import os
import struct
import tempfile
import unittest

import harness

START_S = 1_700_000_000
DEVICE, SERVER = (192, 168, 1, 20), (203, 0, 113, 7)
WEEK_S = 7 * 86400


def frame(source, destination, size=60):
    udp = struct.pack(">HHHH", 40000, 443, size - 34, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 64, 17, 0, bytes(source),
                     bytes(destination))
    return (bytes(12) + b"\x08\x00" + ip + udp).ljust(size, b"\0")


def sent(size=60):
    return frame(DEVICE, SERVER, size)


def received(size=60):
    return frame(SERVER, DEVICE, size)


class Odd(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-odd-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "odd.pcap")

    def write(self, packets):
        """(seconds since START_S, frame) of each."""
        with open(self.path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for time, data in packets:
                micros = round(time * 1e6)
                file.write(struct.pack("<IIII", START_S + micros // 10**6, micros % 10**6,
                                       len(data), len(data)) + data)
        return len(packets)

    def judge(self, packets, model):
        """What a bundled model says of the device; every packet is accounted for, nothing alarms."""
        count = self.write(packets)
        status, out, errors = harness.run_tool(
            "run", self.path, "--models", harness.MODELS, "--json", "--subject",
            "device:192.168.1.20", "--model", model)
        self.assertEqual(status, 0, errors)
        packets = [summary["packets"] for summary in harness.json_lines(out, "summary")]
        self.assertEqual(sum(run["received"] for run in packets), count)
        self.assertEqual(sum(run["windowed"] for run in packets), count)
        self.assertEqual(harness.json_lines(out, "incident"), [])
        return harness.json_lines(out, "verdict")

    def test_a_device_that_appears_for_one_packet(self):
        for model in ("threat", "threat-slow", "camera-motion"):
            (verdict, *_) = self.judge([(1, sent())], model)
            self.assertEqual(verdict["features"].get("out_packets",
                                                     verdict["features"].get("outbound_packets")), 1)

    def test_packets_that_all_carry_one_timestamp(self):
        (verdict,) = self.judge([(1, sent() if i % 2 else received()) for i in range(40)], "threat")
        self.assertEqual(verdict["features"]["all_packets"], 40)
        self.assertEqual(verdict["features"]["all_iat_mean"], 0)

    def test_one_direction_alone(self):
        for one, silent in ((sent, "in_packets"), (received, "out_packets")):
            verdicts = self.judge([(i / 2, one(200)) for i in range(60)], "threat")
            self.assertEqual(len(verdicts), 6)
            self.assertEqual({verdict["features"][silent] for verdict in verdicts}, {0})

    def test_a_week_of_silence(self):
        verdicts = self.judge([(1, sent()), (2, received()), (WEEK_S, sent()),
                               (WEEK_S + 1, received())], "threat")
        # No window tells of days without a packet: they would be 120,000 of 5 s. The clock's jump
        # makes two runs.
        self.assertLess(len(verdicts), 60)
        starts = [verdict["window_start_ns"] for verdict in verdicts]
        self.assertGreater(max(starts) - min(starts), (WEEK_S - 60) * 10**9)


class UnknownModels(unittest.TestCase):
    """A model that asks for what this build has not is refused, and named."""

    def refusal(self, change):
        with tempfile.TemporaryDirectory(prefix="silhouette-odd-") as models:
            version = os.path.join(models, "presence", "1")
            os.makedirs(version)
            source = os.path.join(harness.CALL_MODELS, "presence", "1")
            for name in os.listdir(source):
                with open(os.path.join(source, name), "rb") as file:
                    content = file.read()
                if name == "manifest.json":
                    manifest = json.loads(content)
                    change(manifest)
                    content = json.dumps(manifest).encode()
                with open(os.path.join(version, name), "wb") as file:
                    file.write(content)
            status, _, errors = harness.run_tool("run", harness.SAMPLE, "--models", models)
            self.assertNotEqual(status, 0)
            return errors

    def test_a_subject_kind_that_no_build_has(self):
        errors = self.refusal(lambda manifest: manifest["spec"].update(subject="SUBJECT_KIND_PLANET"))
        self.assertIn("manifest.json", errors)
        self.assertIn("SUBJECT_KIND_PLANET", errors)

    def test_a_schema_that_no_build_has(self):
        errors = self.refusal(lambda manifest: manifest["spec"].update(schema="traffic.v9"))
        self.assertIn("traffic.v9", errors)
        self.assertIn("traffic.v2", errors)  # what there is


if __name__ == "__main__":
    unittest.main()
