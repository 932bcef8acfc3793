"""What objects name is there, and everything that is there is named."""

import json
import os
import re
import unittest

import yaml

import kubectl
import manifests
import queries
import schema
from kubectl import harness
from manifests import SERVICES, addresses, all_pods, clusters


def find(value, *names):
    """All that objects have under fields of these names."""
    if isinstance(value, list):
        for each in value:
            yield from find(each, *names)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name in names:
                yield each
            yield from find(each, *names)


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
            self.assertEqual(endpoint["relabelings"], [{
                "targetLabel": "job", "replacement": queries.job(monitor["metadata"]["name"])}])

    def test_the_operator_gets_the_alerts_and_grafana_all_dashboards(self):
        cluster = manifests.cluster("prod")
        (rule,) = cluster.of_kind("PrometheusRule")
        with open(os.path.join(kubectl.K8S, "alerts", "silhouette.yaml"), encoding="utf-8") as file:
            self.assertEqual(rule["spec"], yaml.safe_load(file),
                             "k8s/monitoring/make-rules.sh makes them alike")
        given = {name: json.loads(text) for config in cluster.of_kind("ConfigMap")
                 if config["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
                 for name, text in config["data"].items()}
        folder = os.path.join(kubectl.K8S, "dashboards")
        self.assertEqual(set(given), {name for name in os.listdir(folder) if name.endswith(".json")})
        for config in cluster.of_kind("ConfigMap"):
            # What `kubectl apply` notes of an object has to fit into its annotations.
            self.assertLess(len(json.dumps(config)), 200_000)
        source = cluster.find("ConfigMap", "silhouette-data-source", "monitoring")
        (found,) = yaml.safe_load(source["data"]["silhouette.yaml"])["datasources"]
        self.assertEqual(found["uid"], "silhouette-prometheus")

    def test_what_the_docs_name_is_there(self):
        with open(os.path.join(harness.ROOT, "docs", "deploy.md"), encoding="utf-8") as file:
            text = file.read()
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            self.assertTrue(os.path.exists(os.path.join(harness.ROOT, "docs", link)), link)
        for path in re.findall(r"(?:apply|delete) -k ([\w/-]+)", text):
            self.assertGreater(len(kubectl.build(path.removeprefix("k8s/"))), 0)

    def test_the_pod_of_the_docs_that_copies_the_store_mounts_it_and_is_let_in(self):
        with open(os.path.join(harness.ROOT, "docs", "deploy.md"), encoding="utf-8") as file:
            (text,) = re.findall(r"(?ms)^```yaml\n(.*?)^```", file.read())
        copy = yaml.safe_load(text)
        self.assertEqual(schema.check_pod(copy), [])
        gateway = manifests.cluster("dev").pod("gateway")
        self.assertEqual(copy["metadata"]["namespace"], gateway.namespace)
        (container,), (volume,) = copy["spec"]["containers"], copy["spec"]["volumes"]
        self.assertEqual(volume["persistentVolumeClaim"]["claimName"], "store-gateway-0")
        self.assertIn({"name": volume["name"], "mountPath": "/var/lib/silhouette"},
                      gateway.container["volumeMounts"])
        self.assertEqual(container["volumeMounts"],
                         [{"name": volume["name"], "mountPath": "/var/lib/silhouette"}])
        self.assertEqual(container["image"], gateway.container["image"])
        # What the namespace's level asks for.
        self.assertEqual(container["securityContext"], gateway.container["securityContext"])
        self.assertEqual({**copy["spec"]["securityContext"],
                          "fsGroupChangePolicy": "OnRootMismatch"}, gateway.spec["securityContext"])

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

    def test_version_instance_and_managed_by_are_on_all_objects_and_pods_but_select_nothing(self):
        common = {"version": kubectl.project_version(), "instance": "silhouette",
                  "managed-by": "kustomize"}
        common = {"app.kubernetes.io/" + name: value for name, value in common.items()}
        for _, cluster in clusters():
            for each in cluster.objects:
                self.assertLessEqual(common.items(), each["metadata"]["labels"].items(), each)
            for pod in cluster.pods():
                self.assertLessEqual(common.items(), pod.labels.items(), pod)
            # A selector or a claim with them could not be changed with the version.
            fixed = json.dumps([*find(cluster.objects, "selector", "matchLabels"),
                                *find(cluster.objects, "volumeClaimTemplates")])
            self.assertIn("app.kubernetes.io/name", fixed)
            for label in common:
                self.assertNotIn(label, fixed)

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
                continue  # tested above
            for name in files:
                if name.endswith(".yaml") and name != "kustomization.yaml":
                    self.assertIn(os.path.join(folder, name), named)


if __name__ == "__main__":
    unittest.main()
