"""The images' own scripts, run in a Debian of their own without a container engine: what is in the images, and that the
programs work in them with the rights that the manifests give them."""

import json
import os
import subprocess
import tempfile
import unittest

import containerfile
import image_root
import manifests
import veth_link
from capture_harness import OnTheLink, set_up_link, stored
from capture_rights_test import capabilities, thread_statuses
from image_root import Root, Running
from kubectl import harness
from manifests import SERVICES

TARGETS = containerfile.images()
IMAGES = {}  # those that are made
# Put there from outside when an image is made.
NOT_ITS_OWN = ("", "proc", "sys", "etc", "etc/resolv.conf", "etc/hosts", "etc/hostname", "dev",
               "dev/null")


def setUpModule():
    """All images come first: at the end of a link there is no way to Debian's servers."""
    if harness.IS_SANITIZED:
        raise unittest.SkipTest("what a sanitizer watches has libraries that go into no image")
    image_root.base()  # skips where it cannot be made
    folder = tempfile.TemporaryDirectory(prefix="silhouette-stage-")
    unittest.addModuleCleanup(folder.cleanup)
    global OUT, AGAIN
    OUT = image_root.stage(folder.name)
    # The tool's image brings OpenCV, and is for the slow tests.
    for target in TARGETS if os.environ.get("SILHOUETTE_TEST_ALL") else SERVICES:
        # One of them has its packages from a server that is named.
        more = {"MIRROR": image_root.mirror()} if target == "feature-svc" else {}
        IMAGES[target] = make(target, **more)
    AGAIN = make("capture-svc")
    set_up_link()


def make(target, **more):
    made = Root(target, OUT, **more)
    unittest.addModuleCleanup(made.close)
    return made


def packages(group):
    with open(os.path.join(harness.ROOT, "packages.txt"), encoding="utf-8") as file:
        lines = [line.partition("#")[0].strip() for line in file]
    begin = lines.index("[%s]" % group) + 1
    end = next((number for number in range(begin, len(lines)) if lines[number].startswith("[")), None)
    return {line for line in lines[begin:end] if line}


class Containerfile(unittest.TestCase):
    def test_each_image_runs_the_script_as_another_user_with_labels(self):
        self.assertEqual(set(TARGETS), {*SERVICES, "silhouette"})
        for target, made in TARGETS.items():
            self.assertEqual(made.steps, ["--mount=type=bind,from=build,source=/out,target=/out "
                                          "/out/runtime.sh " + target])
            self.assertEqual(made.entrypoint, ["/usr/local/bin/" + target])
            self.assertEqual(made.user, "10001:10001")
            for label in ("title", "description", "licenses", "version", "revision", "base.name"):
                self.assertIn("org.opencontainers.image." + label, made.labels, target)


class Stage(unittest.TestCase):
    def test_the_group_run_of_packages_txt_is_what_the_programs_are_linked_with(self):
        used = set()
        for target in TARGETS:
            with open(os.path.join(OUT, target, "packages"), encoding="utf-8") as file:
                used.update(file.read().split())
        self.assertEqual(used, packages("run"))

    def test_a_library_that_is_not_in_that_group_is_an_error_that_names_it(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "deploy", "image"))
            for name in os.listdir(os.path.join(harness.ROOT, "deploy", "image")):
                os.link(os.path.join(harness.ROOT, "deploy", "image", name),
                        os.path.join(folder, "deploy", "image", name))
            with open(os.path.join(harness.ROOT, "packages.txt"), encoding="utf-8") as file:
                text = file.read().replace("\nlibpcap0.8 ", "\n#libpcap0.8 ")
            with open(os.path.join(folder, "packages.txt"), "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run(
                [os.path.join(folder, "deploy", "image", "stage.sh"),
                 os.path.join(os.path.dirname(OUT), "install"), os.path.join(folder, "out")],
                capture_output=True, text=True, timeout=harness.TIMEOUT_S, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("capture-svc is linked with libpcap.so.0.8 of package 'libpcap0.8', which is "
                      "not in [run] of packages.txt", done.stderr)


class Image(unittest.TestCase):
    def test_the_program_starts_as_the_images_user(self):
        for target, image in IMAGES.items():
            status, said = image.run(TARGETS[target].entrypoint[0], "--version",
                                     rights=["net_raw"] if target == "capture-svc" else [])
            self.assertEqual((status, said), (0, target + " 0.1.0\n"))

    def test_nothing_can_be_gained_and_only_capture_svc_has_a_capability(self):
        for target, image in IMAGES.items():
            told = image.files()
            for path, about in told.items():
                kind, mode = about.split()[:2]
                self.assertFalse(kind == "f" and int(mode, 8) & 0o6000, (target, path))
            found = subprocess.run(["getcap", "-r", image.path + "/usr"], text=True,
                                   capture_output=True, check=True).stdout.split()[1::2]
            self.assertEqual(found, ["cap_net_raw=ep"] if target == "capture-svc" else [], target)
            self.assertEqual(told["var/lib/silhouette"].split()[:3], ["d", "0700", "10001:10001"])
            for path in filter(lambda each: each.startswith("usr/local/"), told):
                self.assertEqual(told[path].split()[2], "0:0", path)

    def test_no_list_no_archive_no_log_and_no_time_is_left(self):
        for target, image in IMAGES.items():
            told = image.files()
            for folder in ("var/lib/apt/lists/", "var/cache/apt/", "var/log/", "tmp/", "var/tmp/",
                           "var/cache/ldconfig/"):
                self.assertEqual([path for path in told if path.startswith(folder)], [], target)
            newest = max(float(about.split()[4]) for path, about in told.items()
                         if path not in NOT_ITS_OWN)
            self.assertLessEqual(newest, image_root.EPOCH)

    def test_the_bill_of_materials_lists_every_package_and_what_it_was_built_with(self):
        for target, image in IMAGES.items():
            with open(image.path + "/usr/local/share/silhouette/sbom.spdx.json",
                      encoding="utf-8") as file:
                bill = json.load(file)
            installed = subprocess.run(
                image.command("dpkg-query", "-W", "-f", "${Package} ${Version}\n"),
                capture_output=True, text=True, check=True).stdout.splitlines()
            kinds = {"RUNTIME": set(), "BUILD": set()}
            by_id = {each["SPDXID"]: each for each in bill["packages"]}
            self.assertEqual(len(by_id), len(bill["packages"]))
            for relation in bill["relationships"]:
                kind = relation["relationshipType"].removesuffix("_DEPENDENCY_OF")
                if kind in kinds:
                    package = by_id[relation["spdxElementId"]]
                    kinds[kind].add("%(name)s %(versionInfo)s" % package)
                    (reference,) = package["externalRefs"]
                    self.assertRegex(reference["referenceLocator"],
                                     r"^pkg:deb/debian/[a-z0-9.%A-F-]+@[\w.%~-]+\?arch=\w+&distro=bookworm$")
            self.assertEqual(kinds["RUNTIME"], set(installed))
            self.assertEqual({each.split()[0] for each in kinds["BUILD"]}, packages("build"))
            self.assertEqual(bill["spdxVersion"], "SPDX-2.3")
            self.assertEqual(by_id["SPDXRef-Silhouette"]["versionInfo"], "0.1.0")
            with open(os.path.join(OUT, target, "packages"), encoding="utf-8") as file:
                self.assertLessEqual(set(file.read().split()),
                                     {each.split()[0] for each in installed})

    def test_made_again_it_is_the_same_to_the_byte_and_the_second(self):
        first, second = IMAGES["capture-svc"].files(), AGAIN.files()
        different = {path for path in {*first, *second} if first.get(path) != second.get(path)}
        self.assertLessEqual(different, set(NOT_ITS_OWN))

    def test_packages_come_from_the_server_that_is_named(self):
        with open(IMAGES["feature-svc"].path + "/etc/apt/sources.list", encoding="utf-8") as file:
            said = file.read()
        self.assertEqual(
            [line.split()[2:] for line in said.splitlines()],
            [[image_root.mirror(), "bookworm", "main"],
             [image_root.mirror(), "bookworm-updates", "main"],
             [image_root.mirror() + "-security", "bookworm-security", "main"]])

    def test_the_tools_image_has_all_programs_and_the_sample(self):
        if "silhouette" not in IMAGES:
            self.skipTest("slow; ./dev test --all runs it")
        told = IMAGES["silhouette"].files()
        for name in (*SERVICES, "silhouette", "submit-folder"):
            self.assertIn("usr/local/bin/" + name, told)
        status, said = IMAGES["silhouette"].run(
            "silhouette", "run", "/usr/local/share/silhouette/samples/call.pcap", "--all", "--json")
        self.assertEqual((status, said.count('"model":"presence"')), (0, 240), said[-500:])
        status, said = IMAGES["silhouette"].run("ldd", "/usr/local/lib/silhouette/silhouette_opencv.so")
        self.assertEqual((status, said.count("not found")), (0, 0), said)


class Process:
    """What thread_statuses wants to know."""

    def __init__(self, pid):
        self.pid = pid


class Rights(OnTheLink):
    """Another user than root, a file system that is read-only, no capability but the one of capture-svc."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in SERVICES:
            mounts = manifests.cluster("dev").pod(name).container.get("volumeMounts") or []
            IMAGES[name].make_read_only(*(mount["mountPath"] for mount in mounts))

    def start(self, name, *arguments):
        """A service in its image, with the rights of the manifest."""
        security = manifests.cluster("dev").pod(name).container["securityContext"]
        command = IMAGES[name].command_of_user(
            "/usr/local/bin/" + name, *arguments, "--listen", "127.0.0.1:0", "--health-listen",
            "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
            rights=[each.lower() for each in security["capabilities"].get("add", [])],
            may_gain=security["allowPrivilegeEscalation"])
        started = Running(command)
        self.addCleanup(started.kill_if_running)
        return started

    def test_each_starts_on_a_read_only_file_system_without_root(self):
        for name in SERVICES[1:]:
            more = (["--store", "/var/lib/silhouette/verdicts.db", "--web-listen", "127.0.0.1:0"]
                    if name == "gateway" else [])
            service = self.start(name, *more)
            for status in thread_statuses(Process(service.pid)):
                self.assertEqual(status["Uid"].split(), [image_root.USER] * 4, name)
                self.assertEqual(capabilities(status), [0] * 5, name)
                self.assertEqual(status["NoNewPrivs"], "1", name)
            self.assertEqual(service.stop(), 0, name)

    def test_nothing_can_be_written_beside_the_volumes(self):
        for path in ("/tmp/new", "/usr/local/bin/new", "/var/lib/silhouette/new"):
            status, said = IMAGES["classify-svc"].run("touch", path)
            self.assertNotEqual(status, 0)
            self.assertRegex(said, "Read-only file system|Permission denied")
        self.assertEqual(IMAGES["gateway"].run("touch", "/var/lib/silhouette/new")[0], 0)

    def test_capture_svc_captures_and_keeps_no_right(self):
        with harness.Suite() as suite:
            suite.capture.stop()
            capture = self.start("capture-svc", "--interface", veth_link.INTERFACE,
                                 "--require-sandbox", "--feature-address", suite.feature.address())
            statuses = thread_statuses(Process(capture.pid))
            passed = self.link.send(500, 0.5)
            self.assertEqual(capture.stop(), 0, capture.said)
            verdicts, summary = stored(suite.gateway)
        self.assertEqual([summary["packets"][term] for term in ("received", "windowed")], [passed] * 2)
        self.assertGreater(len(verdicts), 0)
        self.assertGreater(len(statuses), 1)
        for status in statuses:
            self.assertEqual(status["Uid"].split(), [image_root.USER] * 4)
            # The bounding set may stay, as nothing can be executed any more.
            inherited, permitted, effective, _, ambient = capabilities(status)
            self.assertEqual([inherited, permitted, effective, ambient], [0] * 4)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))

    def test_capture_svc_needs_just_what_the_manifest_gives(self):
        for rights, may_gain in (([], True), (["net_raw"], False)):
            status, said = IMAGES["capture-svc"].run(
                "/usr/local/bin/capture-svc", "--interface", veth_link.INTERFACE, "--listen",
                "127.0.0.1:0", rights=rights, may_gain=may_gain)
            self.assertNotEqual(status, 0, said)
            self.assertRegex(said, "(?i)not permitted")


if __name__ == "__main__":
    unittest.main()
