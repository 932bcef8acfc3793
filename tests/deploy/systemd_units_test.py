"""The units for systemd, by systemd's own judgement, and their config files, by the services'."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("SILHOUETTE_BIN", os.path.join(ROOT, "build", "release", "bin"))
UNITS = os.path.join(ROOT, "deploy", "systemd")
CONFIGS = os.path.join(ROOT, "deploy", "debian")
SERVICES = {"capture": "capture-svc", "classify": "classify-svc", "feature": "feature-svc",
            "gateway": "gateway"}
TIMEOUT_S = 120
# What systemd-analyze says they are exposed by: the network itself, and that other daemons are the
# same machine's.
NEEDED = {"RootDirectory=/RootImage=", "RestrictAddressFamilies=~AF_NETLINK",
          "RestrictAddressFamilies=~AF_UNIX", "RestrictAddressFamilies=~AF_(INET|INET6)",
          "PrivateNetwork=", "DeviceAllow=", "IPAddressDeny="}
# Listening on an interface, and giving that right up again.
BY_CAPTURE = {"RestrictAddressFamilies=~AF_PACKET", "AmbientCapabilities=", "PrivateUsers=",
              "CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)",
              "SystemCallFilter=~@privileged"}
EXPOSED_BY = {"capture": NEEDED | BY_CAPTURE, "classify": NEEDED,
              "feature": NEEDED, "gateway": NEEDED}
# In all, where 100 is a service without any restriction and 0 one with all.
MOST_EXPOSED = {"capture": 18, "classify": 12, "feature": 12, "gateway": 11}


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=TIMEOUT_S)
    return done.returncode, done.stdout, done.stderr


def settings_of(service):
    """The lines of its unit and of what all have in common."""
    lines = []
    for name in ("silhouette-%s.service" % service, "silhouette-.service.d/10-common.conf"):
        with open(os.path.join(UNITS, name), encoding="utf-8") as file:
            lines += file.read().splitlines()
    return lines


def config_of(service):
    with open(os.path.join(CONFIGS, service + ".conf"), encoding="utf-8") as file:
        return file.read()


class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("systemd-analyze"):
            raise unittest.SkipTest("systemd is not installed; ./dev setup test")
        folder = tempfile.TemporaryDirectory(prefix="silhouette-units-")
        cls.addClassCleanup(folder.cleanup)
        cls.root = folder.name
        shutil.copytree(UNITS, os.path.join(cls.root, "usr/lib/systemd/system"))
        for name in ("basic", "multi-user", "network", "shutdown", "sysinit"):  # which they name
            path = os.path.join(cls.root, "usr/lib/systemd/system", name + ".target")
            with open(path, "w", encoding="utf-8") as file:
                file.write("[Unit]\nDescription=%s\n" % name)
        os.makedirs(os.path.join(cls.root, "usr/bin"))
        for program in SERVICES.values():
            shutil.copy("/bin/true", os.path.join(cls.root, "usr/bin", program))

    def names(self):
        return ["silhouette-%s.service" % service for service in SERVICES]

    def test_systemd_has_nothing_to_say_against_them(self):
        status, out, errors = run("systemd-analyze", "verify", "--man=no", "--root=" + self.root,
                                  "silhouette.target", *self.names())
        self.assertEqual((status, out, errors), (0, "", ""))

    def test_they_are_exposed_by_what_they_need_and_nothing_else(self):
        for service, most in MOST_EXPOSED.items():
            status, out, errors = run(
                "systemd-analyze", "security", "--offline=true", "--root=" + self.root,
                "--threshold=%d" % most, "--json=short", "silhouette-%s.service" % service)
            self.assertEqual(status, 0, out + errors)
            self.assertEqual({each["name"] for each in json.loads(out) if each["exposure"]},
                             EXPOSED_BY[service], service)

    def test_the_target_starts_all_four(self):
        with open(os.path.join(UNITS, "silhouette.target"), encoding="utf-8") as file:
            wanted = [name for line in file if line.startswith("Wants=")
                      for name in line.strip().removeprefix("Wants=").split()]
        self.assertEqual(sorted(wanted), sorted(self.names()))

    def test_only_capture_may_do_more_than_any_user_and_that_is_one_thing(self):
        for service in SERVICES:
            rights = "CAP_NET_RAW" if service == "capture" else ""
            self.assertIn("CapabilityBoundingSet=" + rights, settings_of(service), service)
            given = [line for line in settings_of(service)
                     if line.startswith("AmbientCapabilities=")]
            self.assertEqual(given, ["AmbientCapabilities=CAP_NET_RAW"] if rights else [])

    def test_none_is_killed_while_it_may_still_flush(self):
        for service, program in SERVICES.items():
            (text,) = [line for line in settings_of(service) if line.startswith("TimeoutStopSec=")]
            _, out, _ = run(os.path.join(BIN, program), "--help")
            grace = int(re.search(r"--grace INT.*\]=(\d+)", out).group(1))
            self.assertGreaterEqual(int(text.partition("=")[2]), 2 * grace, service)


class Configs(unittest.TestCase):
    def test_each_is_understood_by_its_service_as_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            for service, program in SERVICES.items():
                store = ["--store", os.path.join(folder, "verdicts.db"), "--spool",
                         os.path.join(folder, "spool"), "--web-listen", "127.0.0.1:0"]
                status, _, errors = run(
                    os.path.join(BIN, program), "--config",
                    os.path.join(CONFIGS, service + ".conf"), "--listen", "nowhere",
                    *(store if service == "gateway" else []))
                # What it has against nowhere comes behind all that it has against the file.
                self.assertEqual((status, "--listen nowhere" in errors), (2, True), errors)

    def test_what_they_suggest_are_options_of_the_service(self):
        for service, program in SERVICES.items():
            turned_on = re.sub(r"(?m)^#([a-z-]+ = )", r"\1", config_of(service))
            options = tomllib.loads(turned_on)
            self.assertGreater(len(options), len(tomllib.loads(config_of(service))), service)
            _, text, _ = run(os.path.join(BIN, program), "--help")
            for name in options:
                self.assertIn(" --%s " % name, text, service)


if __name__ == "__main__":
    unittest.main()
