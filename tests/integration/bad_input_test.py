"""Bad input gives one line on stderr that names the file or flag, the reason and the remedy."""

import gzip
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

import harness


def write_pcap(path, link_type, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type))
        for second, frame in enumerate(frames):
            file.write(struct.pack("<IIII", 1700000000 + second, 0, len(frame), len(frame)))
            file.write(frame)


class BadInput(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def refused(self, status, words, *args, binary="silhouette"):
        """Runs; checks the status and that stderr is one line with all the words; gives stdout."""
        got, out, errors = harness.run_binary(binary, *args)
        self.assertEqual(got, status, errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        for word in words:
            self.assertIn(word, errors)
        return out

    def test_no_such_file(self):
        self.refused(1, ["nosuch.pcap", "no such file", "check"], "run", self.path("nosuch.pcap"))

    def test_a_directory(self):
        self.refused(1, [self.folder, "directory", "name a file"], "run", self.folder)

    def test_an_empty_file(self):
        self.refused(1, ["x.pcap", "empty", "capture again"], "run", self.path("x.pcap", b""))

    def test_not_a_capture(self):
        self.refused(1, ["x.pcap", "not a capture", "give a pcap"], "run",
                     self.path("x.pcap", b"hello, world, this is text"))

    def test_a_capture_without_packets(self):
        path = self.path("x.pcap")
        write_pcap(path, 1, [])
        self.refused(1, ["x.pcap", "no packets", "longer"], "run", path)

    def test_a_capture_without_ip_says_so_and_accounts_for_its_packets(self):
        path = self.path("x.pcap")
        write_pcap(path, 1, [b"\xff" * 12 + b"\x08\x06" + b"\0" * 28] * 5)
        out = self.refused(1, ["x.pcap", "no IP packets"], "run", path, "--json")
        (summary,) = harness.json_lines(out, "summary")
        self.assertEqual(summary["packets"]["received"], 5)
        self.assertEqual(summary["packets"]["filtered_by_reason"], {"not_ip": 5})

    def test_a_capture_packed_by_gzip_or_from_a_pipe_gives_the_same(self):
        _, plain, _ = harness.run_tool("run", harness.SAMPLE, "--json")
        with open(harness.SAMPLE, "rb") as sample:
            whole = sample.read()
        packed = self.path("call.pcap.with.another.name", gzip.compress(whole))
        status, out, errors = harness.run_tool("run", packed, "--json")
        self.assertEqual((status, errors), (0, ""))
        piped = subprocess.run([os.path.join(harness.BIN, "silhouette"), "run", "-", "--json"],
                               input=whole, capture_output=True, timeout=harness.TIMEOUT_S)
        self.assertEqual(piped.returncode, 0, piped.stderr)
        for other in (out, piped.stdout.decode()):
            self.assertEqual(harness.json_lines(other, "verdict"),
                             harness.json_lines(plain, "verdict"))

    def test_an_unknown_link_type(self):
        path = self.path("x.pcap")
        write_pcap(path, 147, [b"abc" * 10])
        self.refused(1, ["x.pcap", "link type 147", "not supported"], "run", path)

    def test_a_cut_capture_gives_everything_up_to_the_cut_and_says_where(self):
        with open(harness.SAMPLE, "rb") as sample:
            whole = sample.read()
        # Behind 1723 whole records of 16 + 42 bytes, inside the next.
        path = self.path("cut.pcap", whole[:100_000])
        out = self.refused(1, ["cut.pcap", "byte 100000", "packet 1724"], "run", path, "--all",
                           "--json")
        (summary,) = harness.json_lines(out, "summary")
        self.assertEqual(summary["packets"]["received"], 1723)
        self.assertIn("byte 100000", summary["cut"])
        exact = self.path("exact.pcap", whole[:24 + 1723 * 58])
        status, whole_out, _ = harness.run_tool("run", exact, "--all", "--json")
        self.assertEqual(status, 0)
        self.assertEqual(harness.json_lines(out, "verdict"),
                         harness.json_lines(whole_out, "verdict"))

    def test_a_truth_with_overlapping_intervals(self):
        truth = self.path("t.csv", b"start_s,end_s,label\n0,10,person\n5,20,background\n")
        self.refused(1, ["t.csv:3", "overlaps", "line 2"], "run", harness.SAMPLE, "--truth", truth)

    def test_a_truth_with_a_reversed_interval(self):
        truth = self.path("t.csv", b"start_s,end_s,label\n10,5,person\n")
        self.refused(1, ["t.csv:2", "reversed"], "run", harness.SAMPLE, "--truth", truth)

    def test_a_truth_of_another_time(self):
        truth = self.path("t.csv", b"start_s,end_s,label\n5000,6000,person\n")
        self.refused(1, ["truth", "no window"], "run", harness.SAMPLE, "--truth", truth)

    def test_an_empty_model_folder(self):
        self.refused(1, [self.folder, "no model", "--models"], "run", harness.SAMPLE, "--models",
                     self.folder)

    def test_damaged_models_are_refused_with_what_does_not_match(self):
        good = os.path.join(harness.ROOT, "models", "presence")
        for name, damage, words in (
                ("model.ubj", lambda b: b[:100], ["model.ubj", "not an XGBoost model"]),
                ("manifest.json", lambda b: b[:100], ["manifest.json", "not a model manifest"]),
                ("manifest.json", lambda b: b.replace(b'"schema_hash": "', b'"schema_hash": "0'),
                 ["manifest.json", "schema_hash"]),
                ("manifest.json", lambda b: b.replace(b'"probabilities": [\n    0.', b'"probabilities": [\n    0.9'),
                 ["manifest.json", "golden row"])):
            shutil.rmtree(self.path("presence"), ignore_errors=True)
            shutil.copytree(good, self.path("presence"))
            file = os.path.join(self.folder, "presence", "1", name)
            with open(file, "rb") as before:
                bad = damage(before.read())
            with open(file, "wb") as after:
                after.write(bad)
            self.refused(1, [*words, "model refused"], "run", harness.SAMPLE, "--models",
                         self.folder)
            self.refused(1, words, "--models", self.folder, binary="classify-svc")

    def test_wrong_flags_are_usage_errors(self):
        for args, words in (
                (["run"], ["FILE", "--help"]),
                ([], ["--help"]),
                (["frobnicate"], ["frobnicate", "run"]),
                (["run", harness.SAMPLE, "--home", "300.0.0.0/8"], ["--home", "300.0.0.0"]),
                (["run", harness.SAMPLE, "--home", "10.0.0.0/40"], ["--home", "10.0.0.0/40"]),
                (["run", harness.SAMPLE, "--lateness", "soon"], ["--lateness", "soon"]),
                (["run", harness.SAMPLE, "--align", "never"], ["--align", "never"]),
                (["run", harness.SAMPLE, "--model", "nope"], ["--model nope", "presence"]),
                (["run", harness.SAMPLE, "--nope"], ["--nope"]),
                (["simulate", "call", "--duration", "0.3"], ["duration", "0.5"]),
                (["simulate", "call", "-o", "x", "--truth", "x"], ["--truth", "itself"])):
            self.refused(2, words, *args)

    def test_a_model_in_a_folder_of_another_name(self):
        shutil.copytree(os.path.join(harness.ROOT, "models", "presence"), self.path("other"))
        self.refused(1, ["other/1", "presence version 1", "NAME/VERSION"], "run", harness.SAMPLE,
                     "--models", self.folder)

    def test_a_truth_with_a_label_that_no_model_says(self):
        truth = self.path("t.csv", b"start_s,end_s,label\n0,10,person\n10,20,Nobody\n")
        self.refused(1, ["line 3", "Nobody", "background, person"], "run", harness.SAMPLE,
                     "--truth", truth)

    def test_a_truth_that_is_not_utf8(self):
        truth = self.path("t.csv", b"start_s,end_s,label\n0,10,pers\xe9on\n")
        self.refused(1, ["t.csv:2", "UTF-8"], "run", harness.SAMPLE, "--truth", truth)

    def test_a_file_name_that_is_not_utf8_can_be_read(self):
        path = os.fsencode(self.folder) + b"/caf\xe9.pcap"
        shutil.copy(harness.SAMPLE, path)
        status, out, errors = harness.run_tool("run", path, "--json")
        self.assertEqual((status, errors), (0, ""))
        (summary,) = harness.json_lines(out, "summary")
        self.assertTrue(summary["source"].endswith("caf\\xe9.pcap"))

    def test_packets_cut_before_their_headers_end(self):
        path = self.path("x.pcap")
        write_pcap(path, 1, [b"\x02" * 12 + b"\x08\x00\x45\x00"] * 5)
        self.refused(1, ["x.pcap", "snap length"], "run", path)

    def test_a_cut_capture_with_another_fault_says_both(self):
        with open(harness.SAMPLE, "rb") as sample:
            path = self.path("cut.pcap", sample.read()[:100_000])
        self.refused(1, ["byte 100000", "then: ", "nobody"], "run", path, "--subject", "nobody")

    def test_an_unknown_subject(self):
        self.refused(1, ["nobody", "--all"], "run", harness.SAMPLE, "--subject", "nobody")

    def test_no_gateway_at_the_address(self):
        self.refused(1, ["127.0.0.1:1", "--gateway"], "timeline", "--gateway", "127.0.0.1:1")


class Ports(unittest.TestCase):
    FREE = {"--listen": "127.0.0.1:0", "--health-listen": "127.0.0.1:0",
            "--metrics-listen": "127.0.0.1:0", "--log-level": "error"}

    def start(self, name, flag, value):
        flags = {**self.FREE, **({"--store": ""} if name == "gateway" else {}), flag: value}
        return harness.run_binary(name, *(word for pair in flags.items() for word in pair))

    def test_a_port_in_use_is_named_with_its_flag(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            for name in ("gateway", "classify-svc", "feature-svc", "capture-svc"):
                for flag in ("--listen", "--health-listen", "--metrics-listen"):
                    status, _, errors = self.start(name, flag, address)
                    self.assertEqual(status, 1, errors)
                    self.assertEqual(errors.count("\n"), 1, errors)
                    self.assertIn(f"{name}: {flag} {address}: cannot listen there", errors)

    def test_an_address_that_is_none_is_a_usage_error(self):
        for address in ("127.0.0.1:99999", "127.0.0.1", ":0", "127.0.0.1:http"):
            status, _, errors = self.start("gateway", "--listen", address)
            self.assertEqual(status, 2, errors)
            self.assertIn("--listen " + address, errors)
        status, _, errors = self.start("gateway", "--listen", "127.example.com:0")
        self.assertEqual(status, 2, errors)
        self.assertIn("--insecure", errors)

    def test_two_services_never_share_a_port(self):
        with tempfile.TemporaryDirectory() as folder:
            first = harness.Service("gateway", folder, "--store", "")
            try:
                status, _, errors = self.start("gateway", "--listen", first.address())
                self.assertEqual(status, 1)
                self.assertIn("cannot listen there", errors)
            finally:
                first.kill_if_running()

    def test_beyond_loopback_a_service_wants_insecure_said_aloud(self):
        for name in ("gateway", "classify-svc", "feature-svc", "capture-svc"):
            status, _, errors = self.start(name, "--listen", "0.0.0.0:0")
            self.assertEqual(status, 2, errors)
            self.assertIn("--insecure", errors)
            self.assertIn("--tls-cert", errors)

    def test_a_store_that_cannot_be_made_is_named(self):
        status, _, errors = self.start("gateway", "--store", "/nowhere/x.db")
        self.assertEqual(status, 1)
        self.assertIn("/nowhere/x.db", errors)


if __name__ == "__main__":
    unittest.main()
