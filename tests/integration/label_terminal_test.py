"""`silhouette label` on a terminal: the screen, the keys, and what it leaves behind."""

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import threading
import unittest

import harness
import label_harness
from label_harness import TOOL


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


class OnATerminal(label_harness.InFolder):
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


if __name__ == "__main__":
    unittest.main()
