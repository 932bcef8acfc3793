"""submit-folder, with a script in the place of `silhouette` whose exit status each file holds."""

import os
import signal
import subprocess
import tempfile
import unittest

from kubectl import harness

SUBMIT_FOLDER = os.path.join(harness.ROOT, "deploy", "image", "submit-folder")
# Each line of a file is the exit status of one try; the last one stays. "wait" waits for SIGTERM.
SILHOUETTE = """#!/bin/sh
for file; do :; done
echo "${file##*/}" >>"$TRIES"
try=$(grep -cxF "${file##*/}" "$TRIES")
lines=$(wc -l <"$file")
status=$(sed -n "$((try < lines ? try : lines))p" "$file")
[ "$status" != wait ] || { trap 'kill $!; echo ended >>"$TRIES"; exit 1' TERM; echo waits; sleep 60 & wait; }
exit "$status"
"""
SLEEP = '#!/bin/sh\necho "sleep $1" >>"$TRIES"\nexec /bin/sleep 0\n'


class SubmitFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-submit-folder-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(self.path("captures"))
        self.write("tries", "")
        self.write("bin/silhouette", SILHOUETTE)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), 0o755)

    def captures(self, **statuses):
        for name, lines in statuses.items():
            self.write("captures/%s.pcap" % name, "".join("%s\n" % line for line in lines))

    def start(self):
        return subprocess.Popen(
            [SUBMIT_FOLDER, self.path("captures")], stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": self.path("bin") + ":/usr/bin:/bin", "TRIES": self.path("tries"),
                 "SHARES": "1", "JOB_COMPLETION_INDEX": "0"})

    def run_it(self):
        """(exit status, lines that it said, what was tried)"""
        self.write("bin/sleep", SLEEP)
        with self.start() as process:
            _, said = process.communicate(timeout=harness.TIMEOUT_S)
        return process.returncode, said.splitlines(), self.tried()

    def tried(self):
        with open(self.path("tries"), encoding="utf-8") as file:
            return file.read().splitlines()

    def test_a_bad_file_is_named_and_the_others_are_handed_in(self):
        self.captures(a=[0], b=[1], c=[0], d=[1])
        status, said, tried = self.run_it()
        self.assertEqual((status, tried), (0, ["a.pcap", "b.pcap", "c.pcap", "d.pcap"]))
        self.assertEqual(said, ["submit-folder: %s failed" % self.path("captures", "b.pcap"),
                                "submit-folder: %s failed" % self.path("captures", "d.pcap"),
                                "submit-folder: 2 of 4 failed: b.pcap, d.pcap"])

    def test_it_waits_for_a_gateway_that_is_away_for_a_while(self):
        self.captures(a=[3, 3, 0], b=[0])
        status, said, tried = self.run_it()
        self.assertEqual((status, tried),
                         (0, ["a.pcap", "sleep 5", "a.pcap", "sleep 5", "a.pcap", "b.pcap"]))
        self.assertEqual(said, ["submit-folder: the gateway is away; again in 5 s"] * 2)

    def test_a_gateway_that_stays_away_fails_the_pod_after_a_minute(self):
        self.captures(a=[3], b=[0])
        status, _, tried = self.run_it()
        self.assertEqual((status, tried), (3, ["a.pcap", "sleep 5"] * 12))

    def test_what_no_other_file_would_mend_fails_at_once(self):
        for wrong in (2, 126, 127, 137):
            self.write("tries", "")
            self.captures(a=[wrong], b=[0])
            self.assertEqual(self.run_it(), (wrong, [], ["a.pcap"]))

    def test_sigterm_reaches_what_it_runs_and_ends_it(self):
        self.captures(a=["wait"], b=[0])
        with self.start() as process:
            self.addCleanup(process.kill)
            self.assertEqual(process.stdout.readline(), "waits\n")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(harness.TIMEOUT_S), 143)
        self.assertEqual(self.tried(), ["a.pcap", "ended"])

    def test_sigterm_ends_the_wait_for_the_gateway(self):
        self.captures(a=[3])
        with self.start() as process:
            self.addCleanup(process.kill)
            self.assertIn("again in 5 s", process.stderr.readline())
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(harness.TIMEOUT_S), 143)
        self.assertEqual(self.tried(), ["a.pcap"])


if __name__ == "__main__":
    unittest.main()
