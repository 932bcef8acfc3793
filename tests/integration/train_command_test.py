"""`silhouette train` and `evaluate` on captures with truth, and that tables give the same."""

import csv
import json
import os
import struct
import tempfile
import unittest

import harness

CALL = "conversation:192.168.1.20-203.0.113.7/udp"
BLOCK_S = 10
FIELDS_OF_FILES = ("name", "sha256", "truth_name", "truth_sha256", "left_out")


class Train(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def simulate(self, name, seed, kind="call"):
        """A simulated capture: the flags that name it and its truth."""
        pcap, truth = self.path(name + ".pcap"), self.path(name + ".csv")
        status, _, errors = harness.run_tool("simulate", kind, "--seed", str(seed), "--duration",
                                             "120", "-o", pcap, "--truth", truth)
        self.assertEqual(status, 0, errors)
        return ["--pcap", pcap, "--truth", truth]

    def succeed(self, *args):
        status, out, errors = harness.run_tool(*args)
        self.assertEqual(status, 0, errors)
        return out, errors

    def refused(self, status, words, *args):
        """One line on stderr with these words, and no model."""
        got, out, errors = harness.run_tool(*args)
        self.assertEqual((got, out), (status, ""), errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        for word in words:
            self.assertIn(word, errors)
        self.assertFalse(os.path.exists(self.path("models")))

    def train(self, models, *args):
        """The manifest, and what was said on stderr."""
        out, errors = self.succeed("train", *args, "-o", self.path(models), "--json")
        return json.loads(out), errors

    def read(self, *names):
        with open(self.path(os.path.join(*names)), "rb") as file:
            return file.read()

    def table_of(self, name):
        """What `features` makes of a capture, joined with its truth here."""
        self.succeed("features", self.path(name + ".pcap"), "--protocol", "udp", "-o",
                     self.path("windows.csv"))
        with open(self.path(name + ".csv"), encoding="utf-8") as file:
            truth = list(csv.DictReader(line for line in file if not line.startswith("#")))
        with open(self.path("windows.csv"), encoding="utf-8") as file:
            windows = list(csv.DictReader(file))
        with open(self.path(name + ".pcap"), "rb") as file:
            second, microsecond = struct.unpack("<II", file.read(32)[24:])
        zero = second * 10**9 + microsecond // 500_000 * 500_000_000
        with open(self.path(name + "_table.csv"), "w", encoding="utf-8") as file:
            file.write("# simulated\n")
            writer = csv.writer(file)
            writer.writerow(["label", "block", "window", *windows[0]])
            for row in windows:
                middle = (int(row["start_ns"]) - zero) / 1e9 + 0.25
                for interval in truth:
                    inside = float(interval["start_s"]) <= middle < float(interval["end_s"])
                    if row["subject"] == CALL and inside:
                        writer.writerow([interval["label"], int(middle // BLOCK_S),
                                         int(row["start_ns"]) // 500_000_000, *row.values()])
        return [self.path(name + "_table.csv"), "--label", "label", "--blocks", "block"]

    def test_a_capture_gives_the_model_that_the_table_of_its_windows_gives(self):
        capture = self.simulate("home", 3, "home")
        captured, _ = self.train("models", *capture, "--block-length", f"{BLOCK_S}s")
        tabled, _ = self.train("models_of_table", *self.table_of("home"))
        self.assertEqual(self.read("models", "presence", "1", "model.ubj"),
                         self.read("models_of_table", "presence", "1", "model.ubj"))
        for manifest in captured, tabled:
            for field in FIELDS_OF_FILES:
                manifest["training_data"][0].pop(field, None)
        self.assertEqual(captured, tabled)

    def test_the_card_names_captures_and_truths_and_that_they_are_simulated(self):
        one, two = self.simulate("one", 1), self.simulate("two", 2)
        manifest, errors = self.train("models", *one, *two)
        self.assertEqual(errors, f"one.pcap: 240 windows of {CALL}\n"
                                 f"two.pcap: 240 windows of {CALL}\n")
        self.assertEqual([data["truth_name"] for data in manifest["training_data"]],
                         ["one.csv", "two.csv"])
        self.assertEqual(manifest["evaluation"][0]["split"], "one source left out")
        self.assertEqual(manifest["classes"], ["background", "person"])
        card = self.read("models", "presence", "CARD.md").decode()
        for data in manifest["training_data"]:
            self.assertTrue(data["simulated"])
            for field in FIELDS_OF_FILES[:-1]:
                self.assertIn(data[field], card)
        self.assertNotIn(self.folder, card)
        out, _ = self.succeed("run", one[1], "--truth", one[3], "--models", self.path("models"),
                              "--json")
        self.assertEqual(len(harness.json_lines(out, "verdict")), 240)

    def test_evaluate_judges_captures_as_the_table_of_their_windows(self):
        captured, errors = self.succeed("evaluate", *self.simulate("home", 3, "home"),
                                        "--block-length", f"{BLOCK_S}s", "--json")
        self.assertRegex(errors, r"home.pcap: 240 windows of .*; left out: .* of other subjects")
        table = self.table_of("home")
        tabled, _ = self.succeed("evaluate", *table, "--ignore", "partial", "--json")
        results = []
        for text in captured, tabled:
            lines = [json.loads(line) for line in text.splitlines()]
            self.assertEqual([line["split"] for line in lines], ["random", "blocked"])
            results.append([{k: v for k, v in line.items() if k != "fit_seconds"}
                            for line in lines])
        self.assertEqual(*results)

    def test_wrong_flags_are_named(self):
        one = self.simulate("one", 1)
        pcap = one[:2]
        model = ["-o", self.path("models")]
        for command, more in (("train", model), ("evaluate", [])):
            for args, words in (
                    ([], ["--pcap: no data; give FILE"]),
                    (["w.csv"], ["--label: name the column"]),
                    (["w.csv", *one], ["--pcap: give tables or captures, not both"]),
                    ([*one, *pcap], ["--truth: 1 truth for 2 captures"]),
                    (pcap, ["--truth: 0 truths for 1 capture"]),
                    ([*one, "--label", "x"], ["--label: is of tables"]),
                    ([*one, "--blocks", "x"], ["--blocks: is of tables", "--block-length"]),
                    ([*one, "--block-length", "0s"], ["--block-length"]),
                    (["w.csv", "--label", "x", "--subject-name", CALL], ["requires --pcap"]),
                    ([*one, "--home", "x"], ["--home"])):
                self.refused(2, words, command, *args, *more)
        self.refused(2, ["--features: is of tables"], "evaluate", *one, "--features", "size_mean")
        for split, words in (("foo", "use random"), ("column:x", "is of tables"),
                             ("column:", "use random")):
            self.refused(2, ["--split", words], "evaluate", *one, "--split", split)
        self.refused(2, ["--split: random: is there twice"], "evaluate", *one, "--split", "random",
                     "--split", "random")

    def test_what_cannot_be_learnt_from_leaves_no_model(self):
        _, pcap, _, truth = self.simulate("one", 1)

        def write(name, content):
            with open(self.path(name), "wb") as file:
                file.write(content)
            return self.path(name)

        header = b"start_s,end_s,label\n"
        with open(pcap, "rb") as file:
            cut = write("cut.pcap", file.read()[:-5])
        beside = write("beside.csv", header + b"500,510,person\n510,520,background\n")
        broken = write("broken.csv", header + b"0,x,person\n")
        alone = write("alone.csv", header + b"0,120,person\n")
        halves = write("halves.csv", header + b"0,60,person\n60,120,background\n")
        text = write("text.pcap", b"this is a text, not a capture")
        for args, words in (
                ([cut, truth], ["cut.pcap: cut at byte", "whole captures alone", "tcpdump"]),
                ([text, truth], ["text.pcap: not a capture"]),
                ([pcap, beside], ["beside.csv: tells of 500 s to 520 s", "one.pcap", "to 120 s"]),
                ([pcap, broken], ["broken.csv:2: column end_s"]),
                ([pcap, alone], ["alone.csv: all rows are of class person"]),
                ([pcap, truth, "--classes", "person,nobody"],
                 ["one.csv:", "\"background\" is no class", "person, nobody"]),
                ([pcap, truth, "--subject-name", "device:10.0.0.1"],
                 ["one.pcap: no subject device:10.0.0.1", CALL]),
                ([pcap, truth, "--protocol", "tcp"], ["one.pcap: no packet", "--protocol"])):
            flags = ["--pcap", args[0], "--truth", *args[1:]]
            self.refused(1, words, "train", *flags, "-o", self.path("models"))
            self.refused(1, words, "evaluate", *flags)
        # What was read is told before.
        status, _, errors = harness.run_tool("train", "--pcap", pcap, "--truth", halves, "-o",
                                             self.path("models"))
        self.assertEqual(status, 1)
        self.assertIn("one.pcap: 2 block(s) in the data", errors)
        self.assertIn("one.pcap has 2 blocks, where 5 do: cut them by --block-length", errors)
        self.assertFalse(os.path.exists(self.path("models")))
        self.succeed("train", "--pcap", pcap, "--truth", halves, "-o", self.path("models"),
                     "--block-length", "10s")

    def test_the_published_call_is_learnt_from_its_capture(self):
        args = ["--pcap", harness.shared("presence", "zoom_call_rebuilt.pcap"),
                "--truth", harness.shared("presence", "zoom_call_truth.csv")]
        with open(harness.shared("presence", "zoom_call_windows.csv"), encoding="utf-8") as file:
            people = sum(row["person"] == "1" for row in csv.DictReader(file))
        manifest, errors = self.train("models", *args)
        self.assertIn("1205 windows of conversation:172.20.10.2-", errors)
        self.assertNotIn("left out", errors)
        (data,) = manifest["training_data"]
        self.assertEqual(data["rows"], "1205")
        self.assertFalse(data.get("simulated", False))
        (blocked,) = [result for result in manifest["evaluation"]
                      if result["split"] == "two neighbouring blocks left out"]
        rows = {of["name"]: int(of["rows"]) for of in blocked["classes"]}
        self.assertEqual(rows, {"person": people, "background": 1205 - people})
        self.assertGreater(blocked["accuracy"], 0.75)
        self.assertLess(blocked["accuracy"], 0.95)


if __name__ == "__main__":
    unittest.main()
