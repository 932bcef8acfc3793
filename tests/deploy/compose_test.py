"""compose.yaml: what it says of the images and folders is so, and its services and its Prometheus run by the very
commands and environment that it gives them."""

import ctypes
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

import yaml

import containerfile
import manifests
import queries
from kubectl import harness
from four_processes_test import verdict_lines
from manifests import SERVICES
from veth_link import CLONE_NEWNET, enter, ip

ROOT = harness.ROOT
IMAGES = containerfile.images()


def read_yaml(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return yaml.safe_load(file)


COMPOSE = read_yaml("compose.yaml")["services"]
BUILT = {name: service for name, service in COMPOSE.items() if "build" in service}


def interpolate(text, variables):
    """${NAME:-default}, as Compose does."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda m: variables.get(m[1]) or m[2], str(text))


def mounts(service):
    """{path inside: source}"""
    return {volume.split(":")[1]: volume.split(":")[0] for volume in service.get("volumes", [])}


class File(unittest.TestCase):
    def test_images_are_targets_of_one_version(self):
        self.assertEqual(set(BUILT), {*SERVICES, "tool"})
        (version,) = {rest.partition("=")[2] for name, rest in containerfile.instructions()
                      if rest.startswith("VERSION=")}
        for name, service in BUILT.items():
            target = service["build"]["target"]
            self.assertIn(target, IMAGES)
            self.assertEqual(service["image"], "silhouette/%s:%s" % (target, version))
            self.assertTrue(os.path.exists(os.path.join(ROOT, service["build"]["dockerfile"])))
            if name != "tool":
                self.assertEqual(target, name)

    def test_what_is_mounted_from_here_is_here(self):
        for service in COMPOSE.values():
            for source in mounts(service).values():
                if source.startswith("."):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, source)), source)

    def test_arguments_and_variables_are_flags_of_the_programs(self):
        for name in SERVICES:
            _, text, _ = harness.run_binary(name, "--help")
            for argument in COMPOSE[name].get("command", []):
                self.assertRegex(text, r"(?m)^  %s\b" % argument.partition("=")[0])
            for variable in COMPOSE[name].get("environment", {}):
                self.assertIn("(Env:%s)" % variable, text)

    def test_nobody_has_more_rights_than_needed(self):
        for name, service in COMPOSE.items():
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertIs(service["read_only"], True)
            is_capture = name == "capture-svc"
            self.assertEqual(service.get("cap_add", []), ["NET_RAW"] if is_capture else [])
            self.assertEqual("no-new-privileges:true" in service["security_opt"], not is_capture)
            self.assertNotIn("privileged", service)

    def test_nobody_logs_in_to_grafana(self):
        given = COMPOSE["grafana"]["environment"]
        self.assertEqual({name: given[name] for name in given
                          if re.match("GF_(AUTH|SECURITY|USERS)_", name)},
                         {"GF_AUTH_ANONYMOUS_ENABLED": "true", "GF_AUTH_DISABLE_LOGIN_FORM": "true",
                          "GF_AUTH_BASIC_ENABLED": "false",
                          "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true"})

    def test_services_may_take_the_memory_that_their_pods_may(self):
        units = {"m": 1 / 1024, "g": 1}
        for name in SERVICES:
            limit = manifests.cluster("dev").pod(name).container["resources"]["limits"]["memory"]
            given = COMPOSE[name]["mem_limit"]
            self.assertEqual(float(given[:-1]) * units[given[-1]], manifests.gibibytes(limit), name)

    def test_who_writes_has_somewhere_to(self):
        # All else is read-only.
        for name, volume in (("gateway", "/var/lib/silhouette"), ("prometheus", "/prometheus"),
                             ("grafana", "/var/lib/grafana")):
            self.assertIn(volume, mounts(COMPOSE[name]), name)
        for name in ("gateway", "tool", "grafana"):
            self.assertIn("/tmp", COMPOSE[name]["tmpfs"], name)

    def test_who_sends_ends_before_who_receives(self):
        for sender, receiver in zip(SERVICES, SERVICES[1:]):
            self.assertEqual(COMPOSE[sender]["depends_on"], [receiver])

    def test_grafana_finds_prometheus_and_the_dashboards(self):
        provisioning = mounts(COMPOSE["grafana"])["/etc/grafana/provisioning"]
        (source,) = read_yaml(provisioning, "datasources", "prometheus.yaml")["datasources"]
        self.assertEqual(source["uid"], "silhouette-prometheus")
        self.assertIn("--web.listen-address=" + source["url"].removeprefix("http://"),
                      COMPOSE["prometheus"]["command"])
        (provider,) = read_yaml(provisioning, "dashboards", "silhouette.yaml")["providers"]
        self.assertEqual(mounts(COMPOSE["grafana"])[provider["options"]["path"]], "./k8s/dashboards")

    def test_prometheus_takes_its_configuration(self):
        if not shutil.which("promtool"):
            self.skipTest("Debian's prometheus is not installed")
        source = mounts(COMPOSE["prometheus"])["/etc/prometheus/prometheus.yml"]
        done = subprocess.run(["promtool", "check", "config", os.path.join(ROOT, source)], text=True,
                              capture_output=True, timeout=harness.TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        config = read_yaml(source)
        folder = os.path.dirname(config["rule_files"][0])
        self.assertEqual(mounts(COMPOSE["prometheus"])[folder], "./k8s/alerts")


class Machine:
    """Runs compose.yaml's services in a network of their own, where all ports are free. In the place of something else
    are: programs, by those that were built here; volumes, by temporary folders; files of the repository that are
    mounted, by themselves."""

    def __init__(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("making a network namespace needs root")
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.folder = tempfile.mkdtemp(prefix="silhouette-compose-")
        self.running = []
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
            ip("link", "set", "lo", "up")
        except (OSError, RuntimeError, FileNotFoundError) as error:
            self.close()
            raise unittest.SkipTest("no network namespace here: %s" % error) from error

    def close(self):
        for process in reversed(self.running):
            process.terminate()
            process.wait(harness.TIMEOUT_S)
        enter("/proc/self/fd/%d" % self._home)
        os.close(self._home)
        shutil.rmtree(self.folder)

    def _here(self, service, text):
        for inside, source in mounts(service).items():
            here = os.path.join(ROOT if source.startswith(".") else self.folder, source)
            if not source.startswith("."):
                os.makedirs(here, exist_ok=True)
            text = text.replace("=" + inside, "=" + os.path.normpath(here))
        return text

    def command(self, name, *more):
        service = COMPOSE[name]
        words = list(more) or [self._here(service, word) for word in service.get("command", [])]
        if name not in BUILT:
            return [name, *words]
        (program,) = IMAGES[service["build"]["target"]].entrypoint
        return [os.path.join(harness.BIN, os.path.basename(program)), *words]

    def environment(self, name):
        sanitizers = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
        return {"PATH": os.environ["PATH"], "TMPDIR": self.folder, **sanitizers,
                **{key: interpolate(value, {}) for key, value
                   in COMPOSE[name].get("environment", {}).items()}}

    def start(self, name):
        log = open(os.path.join(self.folder, name + ".log"), "w", encoding="utf-8")
        with log:
            self.running.append(subprocess.Popen(
                self.command(name), env=self.environment(name), cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def tool(self, *words):
        """As `docker compose run --rm tool WORDS`."""
        cwd = ROOT  # where the image has its samples: /usr/local/share/silhouette
        done = subprocess.run(self.command("tool", *words), env=self.environment("tool"), cwd=cwd,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=harness.TIMEOUT_S, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=harness.TIMEOUT_S) as answer:
            return answer.read().decode()
    except OSError:
        return None


class Runs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine()
        cls.addClassCleanup(cls.machine.close)
        for name in SERVICES:
            cls.machine.start(name)
        harness.wait_until(lambda: ask("http://127.0.0.1:7180/"), "the page is there")

    def test_the_sample_is_handed_in_as_the_header_of_the_file_says(self):
        with open(os.path.join(ROOT, "compose.yaml"), encoding="utf-8") as file:
            (words,) = re.findall(r"docker compose run --rm tool (.*)", file.read())
        self.machine.tool(*words.split())
        _, alone, _ = harness.run_tool("run", harness.SAMPLE, "--all", "--json")
        stored = verdict_lines(self.machine.tool("timeline", "--all", "--json"))
        self.assertEqual(len(stored), 240)
        self.assertEqual([json.loads(line)["verdict"]["probability"] for line in stored],
                         [json.loads(line)["verdict"]["probability"]
                          for line in verdict_lines(alone)])

    def test_prometheus_scrapes_all_four(self):
        if not shutil.which("prometheus"):
            self.skipTest("Debian's prometheus is not installed")
        self.machine.start("prometheus")

        def targets():
            answer = ask("http://127.0.0.1:9090/api/v1/query?query=up") or "{}"
            found = json.loads(answer).get("data", {}).get("result", [])
            return {each["metric"]["job"]: each["value"][1] for each in found}
        harness.wait_until(lambda: targets() == {queries.job(name): "1" for name in SERVICES},
                           "all four are up")


if __name__ == "__main__":
    unittest.main()
