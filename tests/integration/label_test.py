"""`silhouette label`: a truth made by keys, on a terminal and without, and checked against captures."""

import fcntl
import json
import os
import pty
import re
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

import harness

TOOL = os.path.join(harness.BIN, "silhouette")
HEADER = "start_ns,end_ns,label"


def read_truth(path):
    """[(start_ns, end_ns, label)] of a file with absolute times."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    assert lines[0].startswith("# recorded by silhouette label "), lines
    assert lines[1] == HEADER, lines
    rows = [line.split(",") for line in lines[2:]]
    return [(int(start), int(end), label) for start, end, label in rows]


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-label-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.truth = os.path.join(self.folder, "truth.csv")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def labels(self):
        """Those on disk so far."""
        return [row[2] for row in read_truth(self.truth)] if os.path.exists(self.truth) else []

    def wait_for_labels(self, *labels):
        harness.wait_until(lambda: self.labels() == list(labels), "%s in the file" % (labels,))


class Piped(InFolder):
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


class Refused(InFolder):
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


class Terminal:
    """`silhouette label` on a terminal of its own."""

    def __init__(self, test, *args):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        environment = {**os.environ, "TERM": "xterm"}
        environment.pop("NO_COLOR", None)
        # A session whose terminal it is, so that Ctrl-C is for it.
        self.process = subprocess.Popen(
            [TOOL, "label", *args], stdin=self.slave, stdout=self.slave, stderr=self.slave,
            start_new_session=True, env=environment,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self._screen = b""
        self._seen = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        test.addCleanup(self._close)

    def _read(self):
        while True:
            try:
                piece = os.read(self.master, 4096)
            except OSError:
                return
            with self._seen:
                self._screen += piece
                self._seen.notify_all()

    def _close(self):
        self.process.kill()
        self.process.wait(harness.TIMEOUT_S)
        os.close(self.slave)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def wait_for(self, pattern):
        """Waits until the screen has shown it; what was shown up to there is gone."""
        found = None

        def shown():
            nonlocal found
            found = re.search(pattern.encode(), self._screen)
            return found is not None

        with self._seen:
            if not self._seen.wait_for(shown, harness.TIMEOUT_S):
                raise AssertionError("%r is not in …%r" % (pattern, self._screen[-500:]))
            self._screen = self._screen[found.end():]

    def mode(self):
        return termios.tcgetattr(self.slave)

    def echoes(self):
        return bool(self.mode()[3] & termios.ECHO)


class OnATerminal(InFolder):
    def test_the_screen_shows_what_is_so_and_for_how_long(self):
        terminal = Terminal(self, "-o", self.truth)
        terminal.wait_for("Press the key of what is so now")
        terminal.wait_for(r"p      person\r\n")
        terminal.wait_for("nothing recorded yet")
        terminal.press("p")
        terminal.wait_for(r"\r\n")
        terminal.wait_for(r"person\033\[0m  0:00\.[3-9]   in all: person 0:00\.\d")
        terminal.press(" ")
        terminal.wait_for(r"  pause   after 0:0\d\.\d of person\r\n")
        terminal.wait_for(r"pause\033\[0m  0:00\.\d")
        terminal.press("b")
        terminal.wait_for(r"background\033\[0m  0:00\.[1-9]   in all: background")
        terminal.press("\x7f")
        terminal.wait_for(r"undone: background; pause since ")
        terminal.press("q")
        self.assertEqual(terminal.process.wait(harness.TIMEOUT_S), 0)
        terminal.wait_for(r"\r\033\[K.*1 interval; person 0:0\d\.\d\r\n")
        self.assertEqual(terminal.mode(), terminal.before)
        self.assertEqual(self.labels(), ["person"])

    def test_keys_are_not_echoed_and_wait_for_no_line(self):
        terminal = Terminal(self, "-o", self.truth)
        terminal.wait_for("nothing recorded yet")
        self.assertFalse(terminal.echoes())
        terminal.press("b")
        self.wait_for_labels("background")

    def test_ctrl_c_writes_the_file_and_leaves_the_terminal_as_it_was(self):
        terminal = Terminal(self, "-o", self.truth)
        terminal.wait_for("nothing recorded yet")
        terminal.press("b")
        terminal.wait_for("in all: background")
        terminal.press("p")
        terminal.wait_for("in all: .*person")
        terminal.press("\x03\x03")
        self.assertEqual(terminal.process.wait(harness.TIMEOUT_S), 0)
        self.assertEqual(terminal.mode(), terminal.before)
        self.assertEqual(self.labels(), ["background", "person"])

    def test_signals_leave_the_terminal_as_it_was(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number.name):
                terminal = Terminal(self, "-o", self.truth, "--force")
                terminal.wait_for("nothing recorded yet")
                terminal.press("p")
                terminal.wait_for("in all: person")
                terminal.process.send_signal(number)
                self.assertEqual(terminal.process.wait(harness.TIMEOUT_S), 0)
                self.assertEqual(terminal.mode(), terminal.before)

    def test_a_refusal_leaves_the_terminal_as_it_was(self):
        self.write("truth.csv", "precious")
        terminal = Terminal(self, "-o", self.truth)
        terminal.wait_for("--force")
        self.assertEqual(terminal.process.wait(harness.TIMEOUT_S), 1)
        self.assertEqual(terminal.mode(), terminal.before)

    def test_what_cannot_be_written_stays_on_the_screen_and_is_tried_again(self):
        terminal = Terminal(self, "-o", self.truth)
        terminal.wait_for("nothing recorded yet")
        os.makedirs(self.truth + ".partial/x")  # in the way of the next version
        terminal.press("p")
        terminal.wait_for(r"cannot be written: Is a directory; .*; trying again each second\r\n")
        terminal.wait_for("person.*   NOT SAVED   in all: person")
        shutil.rmtree(self.truth + ".partial")
        terminal.wait_for(r"truth\.csv: is written again\r\n")
        terminal.press("q")
        self.assertEqual(terminal.process.wait(harness.TIMEOUT_S), 0)
        self.assertEqual(self.labels(), ["person"])

    def test_arrow_keys_and_ctrl_z_are_no_keys(self):
        terminal = Terminal(self, "-o", self.truth, "--classes", "asleep,door")
        terminal.wait_for("nothing recorded yet")
        terminal.press("\x1b[A\x1b[1;5D\x1bOA\x1a")
        terminal.press("d")
        terminal.wait_for("in all: door")
        terminal.press("\x04")
        self.assertEqual(terminal.process.wait(harness.TIMEOUT_S), 0)
        self.assertEqual(self.labels(), ["door"])

    def test_the_terminal_going_away_ends_it_in_order(self):
        terminal = Terminal(self, "-o", self.truth)
        terminal.wait_for("nothing recorded yet")
        terminal.press("p")
        self.wait_for_labels("person")
        os.close(terminal.master)
        terminal.process.wait(harness.TIMEOUT_S)
        self.assertEqual(self.labels(), ["person"])


class Check(InFolder):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-label-")
        cls.addClassCleanup(folder.cleanup)
        cls.capture = os.path.join(folder.name, "call.pcap")
        cls.relative = os.path.join(folder.name, "call.truth.csv")
        status, _, errors = harness.run_tool("simulate", "call", "--duration", "60", "-o",
                                             cls.capture)
        assert status == 0, errors
        status, out, errors = harness.run_tool("label", "--check", cls.relative, cls.capture,
                                               "--json")
        assert (status, errors) == (0, ""), errors
        cls.fit = json.loads(out)

    def check(self, truth, *args):
        return harness.run_tool("label", "--check", truth, args[0] if args else self.capture,
                                *args[1:])

    def absolute(self, shift_ns=0, scale=1):
        """The simulated truth with absolute times, shifted."""
        zero_ns = self.fit["truth"]["zero_ns"] + shift_ns
        with open(self.relative, encoding="utf-8") as file:
            rows = [line.split(",") for line in file if line[0].isdigit()]
        lines = ["%d,%d,%s" % ((zero_ns + int(float(start) * 1e9)) // scale,
                               (zero_ns + int(float(end) * 1e9)) // scale, label)
                 for start, end, label in rows]
        return self.write("absolute.csv", "\n".join([HEADER, *lines]))

    def test_a_simulated_call_fits_its_truth(self):
        fit = self.fit
        self.assertEqual((fit["fits"], fit["warnings"]), (True, []))
        self.assertEqual((fit["truth"]["absolute"], fit["truth"]["simulated"]), (False, True))
        length_ns = fit["capture"]["to_ns"] - fit["capture"]["from_ns"]
        self.assertEqual(sum(fit["labelled_ns"].values()) + fit["unlabelled_ns"], length_ns)
        self.assertLess(abs(length_ns - 60e9), 1e9)
        self.assertEqual(set(fit["labelled_ns"]), {"background", "person"})
        _, out, _ = harness.run_tool("packets", self.capture, "--json")
        times = [json.loads(line)["time_ns"] for line in out.splitlines()]
        self.assertEqual(fit["capture"]["packets"], len(times))
        self.assertEqual((fit["capture"]["from_ns"], fit["capture"]["to_ns"] - 1),
                         (min(times), max(times)))
        status, text, errors = self.check(self.relative)
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("times count from ", text)
        self.assertIn(", simulated", text)
        self.assertNotIn("Warning", text)

    def test_absolute_and_relative_times_fit_alike_and_as_run_scores_them(self):
        truth = self.absolute()
        status, out, errors = self.check(truth, self.capture, "--json")
        self.assertEqual((status, errors), (0, ""))
        fit = json.loads(out)
        self.assertTrue(fit["truth"]["absolute"])
        self.assertEqual(fit["labelled_ns"], self.fit["labelled_ns"])
        summaries = []
        for path in (truth, self.relative):
            _, out, _ = harness.run_tool("run", self.capture, "--truth", path, "--json")
            (summary,) = harness.json_lines(out, "summary")
            self.assertEqual(summary["zero_ns"], self.fit["truth"]["zero_ns"])
            summaries.append((summary["scored_windows"], summary["confusion"]))
        self.assertEqual(*summaries)

    def test_a_partial_fit_is_warned_of(self):
        status, out, errors = self.check(self.absolute(30 * 10**9))
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("Warning: 50.", out)
        self.assertIn("of the capture has no truth", out)
        self.assertIn("lies outside of the capture", out)

    def test_no_overlap_names_both_spans_and_the_hours_between(self):
        for shift_s, words in ((7203, ["2 h after", "0:03.0", "editcap -t 7200"]),
                               (-19800, ["5.5 h before", "editcap -t -19800"]),
                               (1000, ["check that they belong together"])):
            status, out, errors = self.check(self.absolute(shift_s * 10**9), self.capture,
                                             "--json")
            self.assertEqual(status, 1)
            self.assertFalse(json.loads(out)["fits"])
            self.assertEqual(errors.count("\n"), 1)
            self.assertEqual(len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d to .*? UTC",
                                            errors)), 2)
            for word in ["absolute.csv", "call.pcap", *words]:
                self.assertIn(word, errors)

    def test_times_in_seconds_are_recognized(self):
        status, _, errors = self.check(self.absolute(scale=10**9))
        self.assertEqual(status, 1)
        self.assertIn("look like seconds since the Unix epoch", errors)

    def test_broken_files_are_named_with_line_and_remedy(self):
        bad = self.write("bad.csv", HEADER + "\n5,3,person\n")
        status, out, errors = self.check(bad)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("bad.csv:2: column end_ns: the interval is reversed", errors)
        status, _, errors = self.check(os.path.join(self.folder, "no.csv"))
        self.assertEqual(status, 1)
        self.assertIn("no.csv: no such file", errors)
        status, _, errors = self.check(self.relative, bad)
        self.assertEqual(status, 1)
        self.assertIn("bad.csv: not a capture", errors)

    def test_a_cut_capture_is_checked_up_to_the_cut_and_fails(self):
        cut = os.path.join(self.folder, "cut.pcap")
        with open(self.capture, "rb") as whole, open(cut, "wb") as file:
            file.write(whole.read()[:-5])
        status, out, errors = self.check(self.relative, cut, "--json")
        self.assertEqual(status, 1)
        fit = json.loads(out)
        self.assertTrue(fit["fits"])
        self.assertEqual(fit["capture"]["packets"], self.fit["capture"]["packets"] - 1)
        self.assertIn("cut.pcap", errors)
        self.assertIn("cut", fit["capture"])

    def test_a_capture_without_packets_is_refused(self):
        empty = os.path.join(self.folder, "empty.pcap")
        with open(empty, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        status, out, errors = self.check(self.relative, empty)
        self.assertEqual((status, out), (1, ""))
        self.assertIn("empty.pcap: holds no packets", errors)

    def test_a_capture_from_standard_input(self):
        with open(self.capture, "rb") as capture:
            done = subprocess.run([TOOL, "label", "--check", self.relative, "-", "--json"],
                                  stdin=capture, capture_output=True, timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["labelled_ns"], self.fit["labelled_ns"])

    def test_a_full_standard_output_fails(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([TOOL, "label", "--check", self.relative, self.capture],
                                  stdout=full, stderr=subprocess.PIPE, timeout=harness.TIMEOUT_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output cannot be written", done.stderr)


if __name__ == "__main__":
    unittest.main()
