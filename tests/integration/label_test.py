"""`silhouette label`: a truth made by keys from a pipe, and what is refused."""

import os
import resource
import signal
import subprocess
import time
import unittest

import harness
import label_harness
from label_harness import HEADER, TOOL, read_truth


class Piped(label_harness.InFolder):
    """Keys from a pipe."""

    def start(self, *args, **how):
        process = subprocess.Popen([TOOL, "label", "-o", self.truth, *args],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **how)

        def close():
            process.kill()
            process.wait(harness.TIMEOUT_S)
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()

        self.addCleanup(close)
        return process

    def press(self, process, keys):
        process.stdin.write(keys.encode())
        process.stdin.flush()

    def end(self, process):
        """The end of the keys; returns (exit status, stdout, stderr)."""
        out, errors = process.communicate(timeout=harness.TIMEOUT_S)
        return process.returncode, out.decode(), errors.decode()

    def test_keys_become_intervals_on_the_wall_clock(self):
        before_ns = time.time_ns()
        process = self.start()
        self.press(process, "b")
        self.wait_for_labels("background")
        middle_ns = time.time_ns()
        self.press(process, "p")
        self.wait_for_labels("background", "person")
        status, out, errors = self.end(process)
        after_ns = time.time_ns()
        self.assertEqual(status, 0, errors)
        (start, turn, _), (turned, end, _) = read_truth(self.truth)
        self.assertEqual(turn, turned)
        for earlier, later in ((before_ns, start), (start, middle_ns), (middle_ns, turn),
                               (turn, end), (end, after_ns)):
            self.assertLess(earlier, later)
        self.assertRegex(out, r"^.*truth\.csv: 2 intervals; background \d:\d\d\.\d, "
                              r"person \d:\d\d\.\d\n$")
        self.assertIn("b      background", errors)
        self.assertRegex(errors, r"\n\d\d:\d\d:\d\d\.\d\d\d  background\n")
        self.assertRegex(errors, r"person   after \d:\d\d\.\d of background\n")
        self.assertNotIn("\033", errors)

    def test_q_ends_although_the_pipe_stays_open(self):
        process = self.start()
        self.press(process, "b\nq\n")
        self.assertEqual(process.wait(harness.TIMEOUT_S), 0)
        self.assertEqual(self.labels(), ["background"])

    def test_a_pause_is_a_gap_and_an_undone_key_never_was(self):
        process = self.start("--classes", "open,shut,somebody", "--keys", "1,2,3")
        self.press(process, "1")
        self.wait_for_labels("open")
        self.press(process, " ")
        self.press(process, "2")
        self.wait_for_labels("open", "shut")
        self.press(process, "3")
        self.wait_for_labels("open", "shut", "somebody")
        self.press(process, "u")
        self.wait_for_labels("open", "shut")
        self.press(process, "uu")
        self.wait_for_labels("open")
        self.press(process, "2")
        self.wait_for_labels("open", "shut")
        status, _, errors = self.end(process)
        self.assertEqual(status, 0, errors)
        first, second = read_truth(self.truth)
        self.assertEqual(first[1], second[0], "the pause is undone too")
        self.assertIn("undone: somebody; shut since ", errors)

    def test_with_all_undone_there_is_no_file(self):
        process = self.start()
        self.press(process, "p")
        self.wait_for_labels("person")
        self.press(process, "uu")
        harness.wait_until(lambda: not os.path.exists(self.truth), "no file")
        status, out, errors = self.end(process)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("nothing to undo", errors)
        self.assertIn("nothing was recorded", errors)

    def test_what_is_no_key_is_said_and_changes_nothing(self):
        process = self.start()
        self.press(process, "pxp\x1b")
        status, _, errors = self.end(process)
        self.assertEqual(status, 0, errors)
        self.assertIn("\nx is no key\n", errors)
        self.assertEqual(self.labels(), ["person"])

    def test_the_open_interval_grows_on_disk_and_kill_9_leaves_it_whole(self):
        process = self.start()
        self.press(process, "bp")
        self.wait_for_labels("background", "person")
        first_end = read_truth(self.truth)[-1][1]
        harness.wait_until(lambda: read_truth(self.truth)[-1][1] > first_end, "a later end")
        process.kill()
        process.wait(harness.TIMEOUT_S)
        self.assertEqual(self.labels(), ["background", "person"])
        status, out, errors = harness.run_tool("label", "--check", self.truth, harness.SAMPLE)
        self.assertEqual(status, 1, "readable, but not of that day")
        self.assertIn("2 intervals; absolute times", out)
        self.assertIn("do not overlap", errors)

    def test_every_signal_ends_in_order(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number.name):
                process = self.start("--force")
                self.press(process, "p")
                self.wait_for_labels("person")
                process.send_signal(number)
                status, out, errors = self.end(process)
                self.assertEqual(status, 0, errors)
                self.assertIn("1 interval; person", out)
                os.remove(self.truth)

    def test_nobody_reading_the_messages_does_not_stop_it(self):
        process = self.start()
        process.stderr.readline()
        process.stderr.close()
        self.press(process, "b")
        self.wait_for_labels("background")
        self.press(process, "p")
        self.wait_for_labels("background", "person")
        self.press(process, "q")
        self.assertEqual(process.wait(harness.TIMEOUT_S), 0)

    def test_a_full_disk_is_said_and_what_was_recorded_comes_on_standard_output(self):
        def no_file_may_grow():
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

        # Python ignores SIGXFSZ, and so the tool inherits it: writing fails, as on a full disk.
        process = self.start(preexec_fn=no_file_may_grow, restore_signals=False)
        self.press(process, "p")
        while b"cannot be written" not in (line := process.stderr.readline()):
            self.assertNotEqual(line, b"")
        self.assertIn(b"trying again each second", line)
        status, out, errors = self.end(process)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"^# recorded by .*\n%s\n\d+,\d+,person\n$" % HEADER)
        self.assertIn("standard output has what was recorded", errors)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_full_standard_output_fails_but_the_file_is_there(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([TOOL, "label", "-o", self.truth], input=b"p", stdout=full,
                                  stderr=subprocess.PIPE, timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output cannot be written", done.stderr)
        self.assertEqual(self.labels(), ["person"])


class Refused(label_harness.InFolder):
    def refused(self, status, words, *args):
        got, out, errors = harness.run_tool("label", *args)
        self.assertEqual((got, out), (status, ""), errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        for word in words:
            self.assertIn(word, errors)

    def test_a_truth_is_not_written_over_without_force(self):
        self.write("truth.csv", "precious")
        self.refused(1, ["truth.csv", "exists", "--force"], "-o", self.truth)
        with open(self.truth, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")
        done = subprocess.run([TOOL, "label", "-o", self.truth, "--force"], input=b"p",
                              capture_output=True, timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.labels(), ["person"])

    def test_force_without_a_key_leaves_the_old_truth(self):
        self.write("truth.csv", "precious")
        status, _, errors = harness.run_tool("label", "-o", self.truth, "--force")
        self.assertEqual(status, 1)
        self.assertIn("nothing was recorded", errors)
        with open(self.truth, encoding="utf-8") as file:
            self.assertEqual(file.read(), "precious")

    def test_outputs_that_cannot_be(self):
        self.refused(2, ["--out", "/dev/full", "no ordinary file"], "-o", "/dev/full")
        self.refused(2, ["--out", "no ordinary file"], "-o", "-")
        self.refused(2, ["--out", self.folder, "directory"], "-o", self.folder)
        self.refused(1, ["nosuch/t.csv", "cannot be written", "check its folder"], "-o",
                     os.path.join(self.folder, "nosuch/t.csv"))

    def test_wrong_flags(self):
        self.refused(2, ["--classes", "twice"], "-o", self.truth, "--classes", "a,a")
        self.refused(2, ["--keys", "1 for 2"], "-o", self.truth, "--keys", "x")
        self.refused(2, ["CAPTURE", "--check"], harness.SAMPLE)
        self.refused(2, ["--check", "CAPTURE"], "--check", harness.SAMPLE_TRUTH)
        self.refused(2, ["--json", "--check"], "--json")
        self.refused(2, ["--check", "--force"], "--force", "--check", harness.SAMPLE_TRUTH,
                     harness.SAMPLE)


if __name__ == "__main__":
    unittest.main()
