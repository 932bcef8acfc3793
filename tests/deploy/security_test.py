"""Nobody is given more than it needs, and secrets stay secrets."""

import re
import unittest

import containerfile
from manifests import all_pods, clusters, image_of

IMAGES = containerfile.images()
# What only the capture namespace is for.
PRIVILEGED = "capture-svc"


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


if __name__ == "__main__":
    unittest.main()
