"""The Debian package: what it holds, and what it does in a bare Debian from install to purge."""

import atexit
import functools
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness
from debian_root import DebianRoot, output

BUILD = os.path.dirname(harness.BIN)
SERVICES = {"capture": "capture-svc", "classify": "classify-svc", "feature": "feature-svc",
            "gateway": "gateway"}
PROGRAMS = [*SERVICES.values(), "silhouette"]
UNITS = ["silhouette-%s.service" % service for service in SERVICES]
SAMPLE = "/usr/share/silhouette/samples/call.pcap"
TRUTH = "/usr/share/silhouette/samples/call.truth.csv"


def make_package(folder):
    output("sh", "-c", 'umask 022 && cpack --config "$0" -B "$1"',
           os.path.join(BUILD, "CPackConfig.cmake"), folder)
    (name,) = [name for name in os.listdir(folder) if name.endswith(".deb")]
    return os.path.join(folder, name)


@functools.cache
def package():
    if harness.IS_SANITIZED:
        raise unittest.SkipTest("a sanitized build makes no package")
    if not shutil.which("dpkg-shlibdeps"):
        raise unittest.SkipTest("dpkg-dev is not installed; ./dev setup package")
    folder = tempfile.TemporaryDirectory(prefix="silhouette-package-")
    atexit.register(folder.cleanup)
    return make_package(folder.name)


def verdict_lines(text):
    """What is said of conversations, whatever models of devices are there as well."""
    return [line for line in text.splitlines()
            if line.startswith('{"verdict"') and '"model":"presence"' in line]


class Package(unittest.TestCase):
    """What it holds, without installing it."""

    @classmethod
    def setUpClass(cls):
        cls.package = package()
        folder = tempfile.TemporaryDirectory(prefix="silhouette-content-")
        cls.addClassCleanup(folder.cleanup)
        cls.content = folder.name
        output("dpkg-deb", "-R", cls.package, cls.content)

    def path(self, name):
        return os.path.join(self.content, name)

    def field(self, name):
        return output("dpkg-deb", "-f", self.package, name).strip()

    def files(self, under):
        return {os.path.relpath(os.path.join(folder, name), self.path(under))
                for folder, _, names in os.walk(self.path(under)) for name in names}

    def test_packaging_again_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory(prefix="silhouette-package-") as folder:
            again = make_package(folder)
            with open(again, "rb") as first, open(self.package, "rb") as second:
                self.assertEqual(hashlib.sha256(first.read()).hexdigest(),
                                 hashlib.sha256(second.read()).hexdigest())

    def test_it_holds_all_of_an_installation_and_more(self):
        with tempfile.TemporaryDirectory(prefix="silhouette-prefix-") as prefix:
            output("cmake", "--install", BUILD, "--prefix", prefix)
            installed = {os.path.relpath(os.path.join(folder, name), prefix)
                         for folder, _, names in os.walk(prefix) for name in names}
        renamed = {re.sub(r"\.1$", ".1.gz", name).replace("site-functions", "vendor-completions")
                   for name in installed}
        self.assertGreater(len(renamed), 40)
        self.assertEqual(renamed - self.files("usr"), set())
        units = ["lib/systemd/system/" + unit for unit in
                 [*UNITS, "silhouette.target", "silhouette-.service.d/10-common.conf"]]
        doc = ["share/doc/silhouette/" + name
               for name in ("README.md", "SECURITY.md", "changelog.gz", "copyright")]
        self.assertEqual(self.files("usr") - renamed,
                         {*units, *doc, "lib/sysusers.d/silhouette.conf"})

    def test_all_of_it_is_roots_and_nobody_elses_to_write(self):
        for line in output("dpkg-deb", "-c", self.package).splitlines():
            self.assertRegex(line, r"^[d-]rw[x-]r-[x-]r-[x-] root/root ")

    def test_all_of_etc_is_kept_when_people_change_it(self):
        with open(self.path("DEBIAN/conffiles"), encoding="utf-8") as file:
            kept = file.read().split()
        self.assertEqual(sorted(kept), sorted("/etc/" + name for name in self.files("etc")))
        self.assertEqual(len(kept), 4)

    def test_its_version_is_that_of_the_programs_and_of_the_changelog(self):
        version = self.field("Version")
        with gzip.open(self.path("usr/share/doc/silhouette/changelog.gz"), "rt") as file:
            self.assertEqual(file.readline(), "silhouette (%s) bookworm; urgency=medium\n" % version)
        for program in PROGRAMS:
            self.assertEqual(harness.run_binary(program, "--version")[1],
                             "%s %s\n" % (program, version))

    def test_it_depends_on_its_libraries_and_opencv_is_only_suggested(self):
        self.assertIn("libgrpc++1.51 (>= 1.51.1)", self.field("Depends").split(", "))
        self.assertNotIn("opencv", self.field("Depends") + self.field("Recommends"))
        self.assertIn("libopencv-ml406", self.field("Suggests"))

    def test_programs_hold_no_path_of_the_machine_that_built_them(self):
        # With what lies in the folder, as the folder's own name may be part of any other path.
        folders = "|".join(re.escape(name) for name in os.listdir(harness.ROOT))
        path = re.compile((re.escape(harness.ROOT) + "/(%s)/" % folders).encode())
        for name in self.files("usr"):
            with open(self.path("usr/" + name), "rb") as file:
                self.assertIsNone(path.search(file.read()), name)


@functools.cache
def installed():
    """A bare Debian with the package in it; and its files before that."""
    path = package()
    root = DebianRoot(os.path.dirname(BUILD))
    atexit.register(root.close)
    root.run("apt-get", "-q", "update")
    before = root.files()
    shutil.copy(path, root.path("silhouette.deb"))
    root.run("apt-get", "-q", "-y", "install", "/silhouette.deb")
    return root, before


class Installed(unittest.TestCase):
    """What works in it as soon as apt has installed the package."""

    @classmethod
    def setUpClass(cls):
        cls.root, _ = installed()

    def test_the_sample_gives_what_it_gives_where_it_was_built(self):
        status, expected, _ = harness.run_tool("run", harness.SAMPLE, "--json")
        self.assertEqual(status, 0)
        self.assertEqual(self.root.run("silhouette", "run", SAMPLE, "--json"),
                         expected.replace(harness.SAMPLE, SAMPLE))

    def test_every_program_tells_its_version_and_its_flags(self):
        for program in PROGRAMS:
            self.assertEqual(self.root.run(program, "--version"),
                             harness.run_binary(program, "--version")[1])
            self.assertIn("--config FILE", self.root.run(program, "--help"))

    def test_manual_pages_are_those_of_the_programs(self):
        pages = os.listdir(self.root.path("usr/share/man/man1"))
        for program in PROGRAMS:
            with gzip.open(self.root.path("usr/share/man/man1/%s.1.gz" % program)) as file:
                how = ["man"] if program == "silhouette" else ["--man"]
                self.assertEqual(file.read().decode(), self.root.run(program, *how))
        self.assertIn("silhouette-simulate-call.1.gz", pages)

    def test_completions_are_those_of_the_programs(self):
        for program in PROGRAMS:
            how = "completion" if program == "silhouette" else "--completion"
            for shell, name in (("bash", "bash-completion/completions/" + program),
                                ("zsh", "zsh/vendor-completions/_" + program),
                                ("fish", "fish/vendor_completions.d/%s.fish" % program)):
                with open(self.root.path("usr/share/" + name), encoding="utf-8") as file:
                    self.assertEqual(file.read(), self.root.run(program, how, shell), name)

    def test_models_by_opencv_are_found_and_say_what_they_lack(self):
        with self.assertRaises(RuntimeError) as error:
            self.root.run("silhouette", "evaluate", "--pcap", SAMPLE, "--truth", TRUTH,
                          "--block-length", "20s", "--split", "blocked", "--compare")
        self.assertIn("libopencv_ml.so.406: cannot open shared object file", str(error.exception))
        self.assertIn("libopencv-ml406", str(error.exception))

    def test_nothing_starts_by_itself(self):
        wants = self.root.path("etc/systemd/system/multi-user.target.wants")
        self.assertEqual([name for name in os.listdir(wants) if "silhouette" in name], [])


class Running(unittest.TestCase):
    """The services under systemd, with all that their units take from them."""

    @classmethod
    def setUpClass(cls):
        cls.root, _ = installed()
        cls.root.boot()
        cls.root.run("systemctl", "enable", "--now", "silhouette.target")

    def show(self, unit, *properties):
        """What systemd says of a unit."""
        text = self.root.run("systemctl", "show", "-p", ",".join(properties), unit)
        return dict(line.split("=", 1) for line in text.splitlines())

    def process(self, unit):
        return int(self.show(unit, "MainPID")["MainPID"])

    def is_serving(self):
        text = self.root.run("sh", "-c", "silhouette status || true")
        return len(re.findall(r" serving ", text)) == len(UNITS)

    def fetch(self, port, path):
        """What a web port answers, with what there is in a bare Debian."""
        return self.root.run(
            "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/%d; "
            "printf 'GET %s HTTP/1.0\\r\\nHost: localhost:%d\\r\\n\\r\\n' >&3; cat <&3" %
            (port, path, port))

    def metric(self, port, name):
        page = self.fetch(port, "/metrics")
        return float(re.search(r"^%s (\S+)\r?$" % re.escape(name), page, re.MULTILINE).group(1))

    def configure(self, service, text):
        """Adds lines to its config file, for as long as the test runs."""
        path = self.root.path("etc/silhouette/%s.conf" % service)
        with open(path, encoding="utf-8") as file:
            before = file.read()

        def restore():
            with open(path, "w", encoding="utf-8") as file:
                file.write(before)
            self.root.run("systemctl", "restart", "silhouette-" + service)
        self.addCleanup(restore)
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
        self.root.run("systemctl", "restart", "silhouette-" + service)

    def test_what_is_handed_in_gets_the_verdicts_of_one_process(self):
        harness.wait_until(self.is_serving, "all four serve")
        self.root.run("silhouette", "submit", SAMPLE, "--out", "/tmp/results")
        stored = self.root.run("silhouette", "timeline", "--all", "--json")
        _, expected, _ = harness.run_tool("run", harness.SAMPLE, "--all", "--json")
        self.assertEqual(verdict_lines(stored), verdict_lines(expected))
        self.assertEqual(len(verdict_lines(expected)), 240)

    def test_the_page_is_there(self):
        harness.wait_until(self.is_serving, "all four serve")
        page = self.fetch(7180, "/")
        self.assertRegex(page, r"^HTTP/1.\d 200 ")
        self.assertIn("<title>Silhouette", page)

    def test_an_interface_is_captured_from_in_the_services_own_sandbox_as_well(self):
        self.configure("capture", 'interface = ["lo"]\nrequire-sandbox = true\n')
        harness.wait_until(self.is_serving, "all four serve")
        self.root.run("bash", "-c", "for i in {1..100}; do echo x >/dev/udp/127.0.0.1/9; done")
        received = "silhouette_capture_received_packets_total"
        harness.wait_until(lambda: self.metric(9171, received) >= 100, "100 packets")
        status = self.root.run("cat", "/proc/%d/status" % self.process("silhouette-capture"))
        self.assertRegex(status, r"CapEff:\t0{16}\n")

    def test_none_is_root_or_may_become_it(self):
        users = set()
        for unit in UNITS:
            status = self.root.run("cat", "/proc/%d/status" % self.process(unit))
            rights = "0000000000002000" if "capture" in unit else "0" * 16
            self.assertIn("CapEff:\t%s\n" % rights, status, unit)
            self.assertIn("NoNewPrivs:\t1\nSeccomp:\t2\n", status, unit)
            users.add(re.search(r"Uid:\t(\d+)", status).group(1))
        self.assertNotIn("0", users)
        self.assertEqual(len(users), len(UNITS), "a user each")

    def test_keys_and_folders_of_captures_are_read_by_the_group_of_their_service(self):
        folder, key = "/var/captures", "/etc/silhouette/anonymize.key"
        self.addCleanup(self.root.run, "rm", "-r", folder, key)
        self.root.run("sh", "-ec", "umask 027; mkdir %s; cp %s %s; head -c 32 /dev/urandom >%s; "
                      "chgrp -R silhouette-capture %s %s" %
                      (folder, SAMPLE, folder, key, folder, key))
        self.configure("capture", 'watch = ["%s"]\nanonymize = "%s"\n' % (folder, key))
        received = "silhouette_capture_received_packets_total"
        harness.wait_until(self.is_serving, "all four serve")
        harness.wait_until(lambda: self.metric(9171, received) == 28751, "the sample is read")
        for user in ("silhouette", "silhouette-feature", "silhouette-classify"):
            with self.assertRaisesRegex(RuntimeError, "Permission denied", msg=user):
                self.root.run("setpriv", "--reuid", user, "--regid", user, "--init-groups", "cat",
                              key)

    def test_what_is_stored_is_the_gateways_alone(self):
        state = os.stat(self.root.path("var/lib/silhouette"))
        with open(self.root.path("etc/passwd"), encoding="utf-8") as file:
            (user,) = re.findall(r"^silhouette:x:(\d+):.*:/usr/sbin/nologin$", file.read(), re.M)
        self.assertEqual((oct(state.st_mode), state.st_uid), ("0o40700", int(user)))
        self.assertIn("verdicts.db", os.listdir(self.root.path("var/lib/silhouette")))

    def test_one_that_is_killed_comes_back(self):
        before = self.process("silhouette-feature")
        self.root.run("systemctl", "kill", "--signal=KILL", "silhouette-feature")
        harness.wait_until(lambda: self.process("silhouette-feature") not in (0, before),
                           "another process")

    def test_a_mistake_in_a_config_file_ends_it_for_good_and_says_which(self):
        self.configure("feature", 'classify-adress = "127.0.0.1:7103"\n')
        unit = "silhouette-feature.service"
        harness.wait_until(lambda: self.show(unit, "ActiveState")["ActiveState"] == "failed",
                           "an end")
        self.assertEqual(self.show(unit, "ExecMainStatus", "NRestarts"),
                         {"ExecMainStatus": "2", "NRestarts": "0"})
        self.assertIn("no option classify-adress",
                      self.root.run("journalctl", "--no-pager", "-u", unit))

    def test_they_end_in_order(self):
        self.root.run("systemctl", "stop", "silhouette.target")
        self.addCleanup(self.root.run, "systemctl", "start", "silhouette.target")
        for unit in UNITS:
            harness.wait_until(lambda: self.show(unit, "ActiveState")["ActiveState"] == "inactive",
                               unit + " has ended")
            self.assertEqual(self.show(unit, "Result", "ExecMainStatus"),
                             {"Result": "success", "ExecMainStatus": "0"}, unit)

    def test_an_upgrade_starts_again_what_runs_and_keeps_what_was_configured(self):
        self.configure("capture", "# mine\n")
        self.root.run("systemctl", "stop", "silhouette-classify")
        self.addCleanup(self.root.run, "systemctl", "start", "silhouette-classify")
        before = {unit: self.process(unit) for unit in UNITS}
        self.root.run("dpkg", "-i", "/silhouette.deb")
        after = {unit: self.process(unit) for unit in UNITS}
        for unit in UNITS:
            self.assertEqual((before[unit] == 0, after[unit] == 0), ("classify" in unit,) * 2)
            self.assertTrue(before[unit] == 0 or before[unit] != after[unit], unit)
        with open(self.root.path("etc/silhouette/capture.conf"), encoding="utf-8") as file:
            self.assertIn("# mine", file.read())


class Removed(unittest.TestCase):
    """What is left once it is purged, from a machine on which it runs."""

    # Made by apt and by systemd, whatever is installed and removed.
    OTHERS = ("var/log/apt/", "var/log/journal/", "var/lib/apt/extended_states",
              "var/lib/systemd/", "var/tmp/systemd-private-")

    @classmethod
    def setUpClass(cls):
        cls.root, cls.before = installed()
        cls.root.boot()
        cls.root.run("systemctl", "enable", "--now", "silhouette.target")
        cls.root.run("apt-get", "-q", "-y", "purge", "--auto-remove", "silhouette")

    def test_no_process(self):
        self.assertEqual(self.root.run("sh", "-c", "cat /proc/[0-9]*/comm | grep -e -svc -e gateway"
                                       " || true"), "")

    def test_no_file(self):
        os.remove(self.root.path("silhouette.deb"))
        after = self.root.files()
        differ = {path: (self.before.get(path), after.get(path))
                  for path in {*self.before, *after}
                  if self.before.get(path) != after.get(path)
                  and not path.startswith(self.OTHERS)}
        self.assertEqual(differ, {})

    def test_only_the_users_whose_numbers_must_not_become_another_ones(self):
        with open(self.root.path("etc/passwd"), encoding="utf-8") as file:
            self.assertEqual(len(re.findall("^silhouette", file.read(), re.MULTILINE)), 4)


def load_tests(loader, tests, pattern):
    """In the order of a package's life."""
    return unittest.TestSuite(loader.loadTestsFromTestCase(each)
                              for each in (Package, Installed, Running, Removed))


if __name__ == "__main__":
    unittest.main()
