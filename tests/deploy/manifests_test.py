"""What holds for every object that is applied: it fits the others, the programs and the images, and gives nobody more
than it needs."""

import os
import re
import unittest

import containerfile
import kubectl
import manifests
from kubectl import harness
from manifests import SERVICES

IMAGES = containerfile.images()
# What only the capture namespace is for.
PRIVILEGED = "capture-svc"


def clusters():
    for name in manifests.CLUSTERS:
        yield name, manifests.cluster(name)


def all_pods():
    for name, cluster in clusters():
        for pod in cluster.pods():
            yield name, cluster, pod


def image_of(pod):
    """The target of its image: "registry/silhouette/gateway:1" is gateway."""
    return pod.container["image"].rpartition("/")[2].partition(":")[0]


def listeners(cluster, pod):
    """{port: host} of all that its arguments and variables tell it to listen on."""
    environment = cluster.environment(pod, {"status.hostIP": "HOST"})
    values = [argument.partition("=")[2] for argument in cluster.arguments(pod, environment)
              if re.match(r"--(\w+-)?listen=", argument)]
    values += [value for name, value in environment.items() if name.endswith("LISTEN")]
    return {int(value.rpartition(":")[2]): value.rpartition(":")[0] for value in values}


def addresses(cluster, pod):
    """What it connects to: (host, port)."""
    environment = cluster.environment(pod)
    values = [argument.partition("=")[2] for argument in cluster.arguments(pod, environment)
              if re.match(r"--\w+-address=", argument)]
    values += [value for name, value in environment.items() if name == "SILHOUETTE_GATEWAY"]
    return [(value.rpartition(":")[0], int(value.rpartition(":")[2])) for value in values]


def option(cluster, pod, name):
    """Value of a flag in its arguments."""
    (value,) = [argument.partition("=")[2] for argument in cluster.arguments(pod, {})
                if argument.startswith("--%s=" % name)]
    return value


def pre_stop_s(pod):
    command = pod.container.get("lifecycle", {}).get("preStop", {"exec": {"command": ["sleep", "0"]}})
    name, seconds = command["exec"]["command"]
    assert name == "sleep"
    return int(seconds)


def gibibytes(text):
    number, unit = re.fullmatch(r"([0-9.]+)([KMG])i?B?", text).groups()
    return float(number) / {"K": 2**20, "M": 2**10, "G": 1}[unit]


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
        with open(os.path.join(harness.ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
            (version,) = re.findall(r"project\(silhouette VERSION (\S+)", file.read())
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

    def test_the_gateways_volume_holds_what_it_may_store(self):
        for _, cluster in clusters():
            pod = cluster.pod("gateway")
            environment = cluster.environment(pod)
            (claim,) = pod.workload["spec"]["volumeClaimTemplates"]
            room = gibibytes(claim["spec"]["resources"]["requests"]["storage"])
            used = sum(gibibytes(environment[name])
                       for name in ("SILHOUETTE_MAX_STORE", "SILHOUETTE_SPOOL_QUOTA"))
            self.assertLessEqual(used, 0.8 * room)  # the rest is for SQLite's log


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


class Security(unittest.TestCase):
    def test_no_pod_is_root_or_may_write_to_its_image_or_knows_the_api(self):
        for _, cluster, pod in all_pods():
            security, own = pod.spec["securityContext"], pod.container["securityContext"]
            self.assertIs(security["runAsNonRoot"], True, pod)
            user = IMAGES[image_of(pod)].user
            self.assertEqual("%d:%d" % (security["runAsUser"], security["runAsGroup"]), user, pod)
            self.assertNotIn("0", user.split(":"))
            self.assertEqual(security["seccompProfile"], {"type": "RuntimeDefault"}, pod)
            self.assertIs(own["readOnlyRootFilesystem"], True, pod)
            self.assertEqual(own["capabilities"]["drop"], ["ALL"], pod)
            self.assertNotIn("privileged", own)
            self.assertIs(pod.spec["automountServiceAccountToken"], False, pod)
            self.assertIs(pod.spec["enableServiceLinks"], False, pod)
            account = cluster.find("ServiceAccount", pod.spec["serviceAccountName"], pod.namespace)
            self.assertIs(account["automountServiceAccountToken"], False, pod)
            for kind in ("hostPID", "hostIPC", "hostUsers"):
                self.assertNotIn(kind, pod.spec)
            for volume in pod.volumes().values():
                self.assertNotIn("hostPath", volume, pod)

    def test_capture_svc_alone_has_a_right_and_the_nodes_network(self):
        for _, _, pod in all_pods():
            own = pod.container["securityContext"]
            if pod.name == PRIVILEGED:
                self.assertEqual(own["capabilities"], {"drop": ["ALL"], "add": ["NET_RAW"]})
                self.assertTrue(pod.is_on_host_network)
                self.assertEqual(pod.spec["dnsPolicy"], "ClusterFirstWithHostNet")
                self.assertIn("--require-sandbox", pod.container["args"])
                continue
            self.assertIs(own["allowPrivilegeEscalation"], False, pod)
            self.assertNotIn("add", own["capabilities"], pod)
            self.assertFalse(pod.is_on_host_network, pod)

    def test_namespaces_hold_pods_to_that(self):
        for _, cluster in clusters():
            levels = {each["metadata"]["name"]:
                      each["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
                      for each in cluster.of_kind("Namespace")}
            self.assertEqual(levels, {"silhouette": "restricted", "silhouette-capture": "privileged"})
            for pod in cluster.pods():
                self.assertEqual(levels[pod.namespace] == "privileged", pod.name == PRIVILEGED)

    def test_no_config_map_holds_a_secret_and_none_is_written_down(self):
        for _, cluster in clusters():
            self.assertEqual(cluster.of_kind("Secret"), [])
            for config in cluster.of_kind("ConfigMap"):
                for name, value in config["data"].items():
                    self.assertNotRegex(name, "TOKEN|KEY|CERT|PASSWORD|SECRET|ANONYMIZE")
                    self.assertNotIn("BEGIN", value)
        for _, _, pod in all_pods():
            for variable in pod.container.get("env") or []:
                if re.search("TOKEN|KEY|CERT|ANONYMIZE", variable["name"]):
                    self.assertRegex(variable["value"], "^/etc/silhouette/", pod)

    def test_secrets_are_read_only_and_for_the_pods_group(self):
        for _, _, pod in all_pods():
            mounts = {mount["name"]: mount for mount in pod.container.get("volumeMounts") or []}
            for name, volume in pod.volumes().items():
                if "secret" in volume:
                    self.assertEqual(volume["secret"]["defaultMode"], 0o440, pod)
                    self.assertIs(mounts[name]["readOnly"], True, pod)
                    self.assertIn("fsGroup", pod.spec["securityContext"])


class References(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(harness.ROOT, "docs", "deploy.md"), encoding="utf-8") as file:
            cls.provided = set(re.findall(r"(?m)^\| (\w+) `([\w-]+)` in `([\w-]+)`", file.read()))

    def check_is_there(self, cluster, kind, name, namespace, by):
        is_made = kind == "Secret" and any(
            each["spec"]["secretName"] == name and each["metadata"]["namespace"] == namespace
            for each in cluster.of_kind("Certificate"))
        if not is_made and cluster.find(kind, name, namespace) is None:
            self.assertIn((kind, name, namespace), self.provided,
                          "%s: neither made nor in the table of docs/deploy.md" % by)

    def test_what_pods_refer_to_is_there_or_documented_as_to_be_provided(self):
        for _, cluster, pod in all_pods():
            self.assertIsNotNone(
                cluster.find("ServiceAccount", pod.spec["serviceAccountName"], pod.namespace), pod)
            for source in pod.container.get("envFrom", []):
                self.check_is_there(cluster, "ConfigMap", source["configMapRef"]["name"],
                                    pod.namespace, pod)
            for volume in pod.volumes().values():
                if "secret" in volume:
                    self.check_is_there(cluster, "Secret", volume["secret"]["secretName"],
                                        pod.namespace, pod)
                if "persistentVolumeClaim" in volume:
                    self.check_is_there(cluster, "PersistentVolumeClaim",
                                        volume["persistentVolumeClaim"]["claimName"],
                                        pod.namespace, pod)

    def test_what_is_documented_as_to_be_provided_is_asked_for(self):
        asked = set()
        for _, cluster, pod in all_pods():
            for volume in pod.volumes().values():
                if "secret" in volume:
                    asked.add(("Secret", volume["secret"]["secretName"], pod.namespace))
                if "persistentVolumeClaim" in volume:
                    asked.add(("PersistentVolumeClaim",
                               volume["persistentVolumeClaim"]["claimName"], pod.namespace))
            for ingress in cluster.of_kind("Ingress"):
                asked.update(("Secret", each["secretName"], ingress["metadata"]["namespace"])
                             for each in ingress["spec"]["tls"])
        self.assertLessEqual(self.provided, asked)

    def test_addresses_are_services_ports_and_pods_that_are_there(self):
        for _, cluster, pod in all_pods():
            for host, port in addresses(cluster, pod):
                name, namespace, _ = host.split(".")
                service = cluster.find("Service", name, namespace)
                (told,) = [each for each in service["spec"]["ports"] if each["port"] == port]
                self.assertEqual(service["spec"]["clusterIP"], "None")  # a name is all its pods
                receiver = cluster.pod(name)
                self.assertEqual(receiver.port(told["targetPort"]), port)
                self.assertLessEqual(service["spec"]["selector"].items(), receiver.labels.items())

    def test_every_service_finds_pods_and_every_port_of_it_is_one_of_theirs(self):
        for _, cluster in clusters():
            self.assertEqual({each["metadata"]["name"] for each in cluster.of_kind("Service")},
                             set(SERVICES))
            for service in cluster.of_kind("Service"):
                pod = cluster.pod(service["metadata"]["name"])
                self.assertEqual(service["metadata"]["namespace"], pod.namespace)
                for port in service["spec"]["ports"]:
                    self.assertEqual(pod.port(port["targetPort"]), port["port"])

    def test_certificates_name_the_host_that_clients_connect_to(self):
        cluster = manifests.cluster("prod")
        names = {each["metadata"]["name"]: each["spec"].get("dnsNames", [])
                 for each in cluster.of_kind("Certificate")}
        issuers = {each["metadata"]["name"] for each in cluster.of_kind("ClusterIssuer")}
        for each in cluster.of_kind("Certificate"):
            self.assertIn(each["spec"]["issuerRef"]["name"], issuers)
        for pod in cluster.pods():
            (volume,) = [each for each in pod.volumes().values() if "secret" in each
                         and each["secret"]["secretName"] == pod.name + "-tls"]
            self.assertIn(pod.name, names)
            for host, _ in addresses(cluster, pod):
                self.assertIn(host, names[host.partition(".")[0]], pod)

    def test_budgets_autoscalers_monitors_and_ingresses_find_what_they_are_about(self):
        for _, cluster in clusters():
            budgets = {each["metadata"]["name"]: each for each in cluster.of_kind("PodDisruptionBudget")}
            # A DaemonSet's pods are not evicted.
            self.assertEqual(set(budgets), {"feature-svc", "classify-svc", "gateway"})
            for name, budget in budgets.items():
                pod = cluster.pod(name)
                self.assertEqual(budget["metadata"]["namespace"], pod.namespace)
                self.assertLessEqual(budget["spec"]["selector"]["matchLabels"].items(),
                                     pod.labels.items())
                # Of one replica that one, or its node could never be emptied.
                self.assertEqual(budget["spec"]["maxUnavailable"], 1)
            (scaler,) = cluster.of_kind("HorizontalPodAutoscaler")
            target = scaler["spec"]["scaleTargetRef"]
            pod = cluster.pod(target["name"])
            self.assertEqual((target["kind"], target["apiVersion"]),
                             (pod.kind, pod.workload["apiVersion"]))
            self.assertIn("cpu", pod.container["resources"]["requests"])  # what its target is a share of
            for ingress in cluster.of_kind("Ingress"):
                (rule,) = ingress["spec"]["rules"]
                backend = rule["http"]["paths"][0]["backend"]["service"]
                service = cluster.find("Service", backend["name"], ingress["metadata"]["namespace"])
                self.assertIn(backend["port"]["name"],
                              [port["name"] for port in service["spec"]["ports"]])
                gateway = cluster.pod("gateway")
                self.assertEqual(cluster.environment(gateway)["SILHOUETTE_WEB_HOST"], rule["host"])

    def test_each_service_is_monitored(self):
        cluster = manifests.cluster("prod")
        monitors = cluster.of_kind("ServiceMonitor")
        self.assertEqual({each["metadata"]["name"] for each in monitors}, set(SERVICES))
        for monitor in monitors:
            service = cluster.find("Service", monitor["metadata"]["name"],
                                   monitor["metadata"]["namespace"])
            self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(),
                                 service["metadata"]["labels"].items())
            (endpoint,) = monitor["spec"]["endpoints"]
            (port,) = [each for each in service["spec"]["ports"] if each["name"] == endpoint["port"]]
            self.assertIn(port["port"], range(9170, 9174))

    def test_classify_svc_is_spread_over_nodes_and_in_prod_over_zones(self):
        for name, keys in (("dev", {"kubernetes.io/hostname"}),
                           ("prod", {"kubernetes.io/hostname", "topology.kubernetes.io/zone"})):
            pod = manifests.cluster(name).pod("classify-svc")
            spread = pod.spec["topologySpreadConstraints"]
            self.assertEqual({each["topologyKey"] for each in spread}, keys)
            for each in spread:
                self.assertLessEqual(each["labelSelector"]["matchLabels"].items(), pod.labels.items())

    def test_all_objects_have_the_recommended_labels(self):
        for name, cluster in clusters():
            for each in cluster.objects:
                labels = each["metadata"].get("labels", {})
                for label in ("name", "component", "part-of"):
                    self.assertIn("app.kubernetes.io/" + label, labels,
                                  (name, each["kind"], each["metadata"]["name"]))
                self.assertEqual(labels["app.kubernetes.io/part-of"], "silhouette")
            for pod in cluster.pods():
                self.assertEqual(pod.labels["app.kubernetes.io/name"], pod.name)
                self.assertEqual(pod.labels, pod.workload["metadata"]["labels"])

    def test_the_jobs_shares_are_its_completions(self):
        for _, cluster in clusters():
            pod = cluster.pod("submit")
            self.assertEqual(pod.workload["spec"]["completionMode"], "Indexed")
            self.assertEqual(cluster.environment(pod)["SHARES"],
                             str(pod.workload["spec"]["completions"]))

    def test_every_file_below_k8s_is_used(self):
        named = set()
        for folder, _, files in os.walk(kubectl.K8S):
            if "kustomization.yaml" in files:
                with open(os.path.join(folder, "kustomization.yaml"), encoding="utf-8") as file:
                    text = file.read()
                named.update(os.path.normpath(os.path.join(folder, name))
                             for name in re.findall(r"(?m)^ +- ([\w./-]+)$", text))
        for folder, _, files in os.walk(kubectl.K8S):
            if os.path.basename(folder) in ("dashboards", "alerts"):
                continue  # for a Prometheus and a Grafana
            for name in files:
                if name != "kustomization.yaml":
                    self.assertIn(os.path.join(folder, name), named)


if __name__ == "__main__":
    unittest.main()
