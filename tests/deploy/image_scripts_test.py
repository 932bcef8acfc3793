"""The scripts of deploy/image that need no Debian of their own to be tested in, and how the Containerfile calls them."""

import os
import shutil
import subprocess
import tempfile
import unittest

import containerfile
from kubectl import harness

SCRIPTS = os.path.join(harness.ROOT, "deploy", "image")
DAY = "20250701T000000Z"
# What build.sh calls, each in its place: says its name and the variables that it got.
STAND_IN = """#!/bin/sh
echo "${0##*/} $1" "MIRROR=${MIRROR-none}" "SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH-none}" >>"$CALLS"
mkdir -p "$OUT/install"
"""


def make_executable(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-image-scripts-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def run_script(self, *words, **environment):
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=harness.TIMEOUT_S, check=False,
                              env={"PATH": "/usr/bin:/bin", **environment})

    def sources(self, mirror):
        """What sources.sh says, and the lines that it leaves for apt."""
        shutil.rmtree(self.path("apt"), ignore_errors=True)
        os.makedirs(self.path("apt", "sources.list.d"))
        with open(self.path("apt", "sources.list.d", "debian.sources"), "w", encoding="utf-8"):
            pass
        done = self.run_script(os.path.join(SCRIPTS, "sources.sh"), self.path("apt"), MIRROR=mirror)
        if not os.path.exists(self.path("apt", "sources.list")):
            return done, None
        self.assertEqual(os.listdir(self.path("apt")), ["sources.list"])
        with open(self.path("apt", "sources.list"), encoding="utf-8") as file:
            return done, file.read().splitlines()

    def test_a_mirror_of_a_day_has_the_security_updates_of_that_day(self):
        server = "http://snapshot.debian.org/archive/"
        for end in ("", "/"):
            _, lines = self.sources(server + "debian/" + DAY + end)
            self.assertEqual(lines, [
                "deb [check-valid-until=no] " + server + "debian/" + DAY + " bookworm main",
                "deb [check-valid-until=no] " + server + "debian/" + DAY + " bookworm-updates main",
                "deb [check-valid-until=no] " + server + "debian-security/" + DAY
                + " bookworm-security main"])
        _, lines = self.sources("http://debian.example.com/debian")
        self.assertIn("http://debian.example.com/debian-security bookworm-security", lines[2])

    def test_without_a_mirror_apt_keeps_its_sources_and_an_odd_one_is_refused(self):
        self.assertIsNone(self.sources("")[1])
        done, lines = self.sources("http://example.com/packages")
        self.assertEqual((done.returncode, lines), (1, None))
        self.assertIn("does not end with /debian or /debian/DAY", done.stderr)

    def build(self, **environment):
        """The calls of build.sh, in their order."""
        shutil.rmtree(self.folder)
        os.makedirs(self.path("deploy", "image"))
        shutil.copy(os.path.join(SCRIPTS, "build.sh"), self.path("deploy", "image"))
        for name in ("dev", "deploy/image/sources.sh", "deploy/image/stage.sh", "bin/cmake"):
            make_executable(self.path(name), STAND_IN)
        done = self.run_script(
            self.path("deploy", "image", "build.sh"), self.path("out"), CALLS=self.path("calls"),
            OUT=self.path("out"), **{**environment, "PATH": self.path("bin") + ":/usr/bin:/bin"})
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("calls"), encoding="utf-8") as file:
            return file.read().splitlines()

    def test_the_build_takes_its_packages_from_the_mirror_and_its_time_from_outside(self):
        calls = self.build(MIRROR="m", SOURCE_DATE_EPOCH="17")
        given = " MIRROR=m SOURCE_DATE_EPOCH=17"
        self.assertEqual(calls[:3], ["sources.sh " + given, "dev setup" + given,
                                     "cmake --preset" + given])
        self.assertTrue(all(call.endswith(given) for call in calls), calls)

    def test_an_empty_time_is_not_handed_to_the_compiler(self):
        for call in self.build(MIRROR="", SOURCE_DATE_EPOCH=""):
            self.assertTrue(call.endswith(" SOURCE_DATE_EPOCH=none"), call)


class Containerfile(unittest.TestCase):
    def test_each_stage_that_runs_something_has_the_day_and_the_time(self):
        given, stages = set(), 0
        for name, rest in containerfile.instructions():
            if name == "FROM":
                given = set()
            elif name == "ARG":
                given.update(rest.split())
            elif name == "RUN":
                self.assertLessEqual({"MIRROR", "SOURCE_DATE_EPOCH"}, given, rest)
                stages += 1
        self.assertEqual(stages, 1 + len(containerfile.images()))

    def test_its_first_line_names_the_syntax(self):
        # So that every BuildKit, however old, knows `RUN --mount`.
        with open(containerfile.PATH, encoding="utf-8") as file:
            self.assertEqual(file.readline(), "# syntax=docker/dockerfile:1\n")


if __name__ == "__main__":
    unittest.main()
