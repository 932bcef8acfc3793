"""What pods are told fits the programs, the images and their ends."""

import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

import containerfile
import kubectl
import manifests
from kubectl import harness
from manifests import (SERVICES, all_pods, clusters, gibibytes, image_of, listeners, option,
                       pre_stop_s)

IMAGES = containerfile.images()
TCP, UDP = 6, 17


def cores(text):
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def capture_to_ports(targets):
    """A capture of raw IP (link type 101): a packet to each (protocol, port)."""
    pcap = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for protocol, port in targets:
        length = 20 + (20 if protocol == TCP else 8)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, 0, 0, 64, protocol, 0,
                         bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
        above = (struct.pack(">HHIIBBHHH", 40000, port, 0, 0, 0x50, 2, 0, 0, 0) if protocol == TCP
                 else struct.pack(">HHHH", 40000, port, 8, 0))
        pcap += struct.pack("<IIII", 0, 0, length, length) + ip + above
    return pcap


class Pods(unittest.TestCase):
    def test_each_service_is_what_it_has_to_be(self):
        for name, cluster in clusters():
            kinds = {pod.name: pod.kind for pod in cluster.pods()}
            self.assertEqual(kinds, {"capture-svc": "DaemonSet", "feature-svc": "StatefulSet",
                                     "classify-svc": "Deployment", "gateway": "StatefulSet",
                                     "submit": "Job"}, name)
            for single in ("feature-svc", "gateway"):
                self.assertEqual(cluster.pod(single).workload["spec"]["replicas"], 1)
            # Its replicas are the autoscaler's, which an apply must not take back.
            self.assertNotIn("replicas", cluster.pod("classify-svc").workload["spec"])

    def test_selectors_and_templates_agree(self):
        for _, _, pod in all_pods():
            if pod.kind != "Job":
                selector = pod.workload["spec"]["selector"]["matchLabels"]
                self.assertLessEqual(selector.items(), pod.labels.items(), pod)

    def test_images_are_targets_of_the_containerfile_and_of_one_version(self):
        version = kubectl.project_version()
        for _, _, pod in all_pods():
            self.assertIn(image_of(pod), IMAGES)
            self.assertEqual(pod.container["image"].partition(":")[2], version, pod)
        for image in IMAGES.values():
            self.assertEqual(image.labels["org.opencontainers.image.version"], "${VERSION}")
        self.assertIn(("ARG", "VERSION=" + version), list(containerfile.instructions()))

    def test_arguments_and_variables_are_flags_of_the_program(self):
        for _, cluster, pod in all_pods():
            program = os.path.basename(IMAGES[image_of(pod)].entrypoint[0])
            words = [program, *(["submit"] if pod.name == "submit" else []), "--help"]
            _, text, _ = harness.run_binary(*words)
            for argument in pod.container["args"] if pod.name != "submit" else []:
                flag, _, value = argument.partition("=")
                self.assertRegex(text, r"(?m)^  (-\w,)?%s\b" % flag, pod)
            for name in cluster.environment(pod):
                if name.startswith("SILHOUETTE_"):
                    self.assertIn("(Env:%s)" % name, text, pod)

    def test_ports_that_are_told_are_ports_that_are_listened_on(self):
        for _, cluster, pod in all_pods():
            if pod.kind == "Job":
                continue
            told = {port["containerPort"] for port in pod.container["ports"]}
            web = {7180} if pod.name == "gateway" else set()  # on loopback when nothing is said
            self.assertEqual(told, set(listeners(cluster, pod)) | web, pod)
            self.assertEqual(told, set(IMAGES[image_of(pod)].ports), pod)

    def test_nobody_listens_beyond_the_pod_without_tls_unless_that_is_said(self):
        for name, cluster, pod in all_pods():
            if pod.kind == "Job":
                continue
            environment = cluster.environment(pod)
            if name == "dev":
                self.assertEqual(environment["SILHOUETTE_INSECURE"], "true", pod)
                continue
            self.assertNotIn("SILHOUETTE_INSECURE", environment, pod)
            for each in ("CERT", "KEY", "CA"):
                self.assertIn("SILHOUETTE_TLS_" + each, environment, pod)
        prod = manifests.cluster("prod")
        environment = prod.environment(prod.pod("gateway"))
        self.assertIn("SILHOUETTE_WEB_TOKEN_FILE", environment)
        self.assertNotIn("SILHOUETTE_WEB_INSECURE", environment)

    def test_capture_svc_listens_on_its_nodes_own_address_alone(self):
        for _, cluster in clusters():
            self.assertEqual(set(listeners(cluster, cluster.pod("capture-svc")).values()), {"HOST"})

    def test_files_that_are_named_lie_on_mounted_volumes(self):
        for _, cluster, pod in all_pods():
            environment = cluster.environment(pod)
            mounts = {mount["mountPath"]: mount for mount in pod.container.get("volumeMounts") or []}
            texts = [*environment.values(), *(argument.partition("=")[2] or argument
                                              for argument in cluster.arguments(pod, environment))]
            for path in filter(lambda text: text.startswith("/"), texts):
                self.assertTrue(any(path == mount or path.startswith(mount + "/")
                                    for mount in mounts), (pod, path))
            for mount in mounts.values():
                self.assertIn(mount["name"], pod.volumes(), pod)

    def test_each_has_requests_and_limits(self):
        for _, _, pod in all_pods():
            resources = pod.container["resources"]
            for name in ("cpu", "memory"):
                self.assertIn(name, resources["requests"], pod)
                self.assertIn(name, resources["limits"], pod)

    def test_what_may_wait_in_memory_is_within_the_limit(self):
        for _, cluster in clusters():
            # An interface and the two captures that a gateway hands in at a time; 20 streams, and twice what a flood
            # of subjects took. In MiB.
            for name, streams, besides in (("capture-svc", 3, 64), ("feature-svc", 20, 512)):
                pod = cluster.pod(name)
                buffers = streams * int(cluster.environment(pod)["SILHOUETTE_LINK_BUFFER"])
                limit = 1024 * gibibytes(pod.container["resources"]["limits"]["memory"])
                self.assertLessEqual(buffers + besides, limit, name)

    def test_the_gateways_volume_holds_what_it_may_store(self):
        for _, cluster in clusters():
            pod = cluster.pod("gateway")
            environment = cluster.environment(pod)
            (claim,) = pod.workload["spec"]["volumeClaimTemplates"]
            room = gibibytes(claim["spec"]["resources"]["requests"]["storage"])
            used = sum(gibibytes(environment[name])
                       for name in ("SILHOUETTE_MAX_STORE", "SILHOUETTE_SPOOL_QUOTA"))
            self.assertLessEqual(used, 0.8 * room)  # the rest is for SQLite's log


    def test_the_autoscalers_target_is_a_share_of_what_a_pod_may_use(self):
        cluster = manifests.cluster("prod")
        resources = cluster.pod("classify-svc").container["resources"]
        self.assertGreaterEqual(cores(resources["requests"]["cpu"]),
                                cores(resources["limits"]["cpu"]) / 2)

    def test_all_write_their_log_for_a_collector(self):
        for _, cluster in clusters():
            for name in SERVICES:
                environment = cluster.environment(cluster.pod(name))
                self.assertEqual(environment["SILHOUETTE_LOG_FORMAT"], "json", name)

    def test_capture_svc_does_not_see_what_the_services_say_also_not_in_tunnels(self):
        if not shutil.which("tcpdump"):
            self.skipTest("tcpdump is not installed")
        cluster = manifests.cluster("prod")
        expression = cluster.environment(cluster.pod("capture-svc"))["SILHOUETTE_FILTER"]
        unseen = [(TCP, port) for port in range(7100, 7104)]
        unseen += [(UDP, port) for port in (4789, 8472, 6081, 51820, 51821)]  # VXLAN, Geneve, WireGuard
        seen = [(TCP, 443), (TCP, 7104), (TCP, 8472), (UDP, 443), (UDP, 7101)]
        with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
            file.write(capture_to_ports(unseen + seen))
            file.flush()
            done = subprocess.run(["tcpdump", "-nn", "-r", file.name, expression], text=True,
                                  capture_output=True, timeout=harness.TIMEOUT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([int(port) for port in re.findall(r"> 10\.0\.0\.2\.(\d+)", done.stdout)],
                         [port for _, port in seen], done.stdout)


class Probes(unittest.TestCase):
    def test_all_three_ask_the_health_port(self):
        for _, cluster, pod in all_pods():
            if pod.kind == "Job":
                continue
            for name in ("startupProbe", "livenessProbe", "readinessProbe"):
                grpc = pod.container[name]["grpc"]
                self.assertEqual(grpc["port"], pod.port("health"), (pod, name))
                # Overall health is for readiness: feature-svc without models must not be restarted.
                self.assertEqual(grpc.get("service", ""),
                                 "" if name == "readinessProbe" else "silhouette.v1.StatusService")
            self.assertEqual(listeners(cluster, pod)[pod.port("health")],
                             "HOST" if pod.is_on_host_network else "0.0.0.0", pod)


class Ends(unittest.TestCase):
    """How pods end."""

    def test_there_is_time_for_what_comes_before_and_for_the_orderly_shutdown(self):
        for _, cluster, pod in all_pods():
            if pod.kind == "Job":
                continue
            grace_s = int(option(cluster, pod, "grace"))
            self.assertGreaterEqual(pod.spec["terminationGracePeriodSeconds"],
                                    pre_stop_s(pod) + grace_s + 5, pod)

    def test_who_sends_ends_before_who_receives(self):
        for _, cluster in clusters():
            waits = [pre_stop_s(cluster.pod(name)) for name in SERVICES]
            self.assertEqual(waits[0], 0)
            for earlier, later in zip(waits, waits[1:]):
                self.assertGreaterEqual(later - earlier, 5)


if __name__ == "__main__":
    unittest.main()
