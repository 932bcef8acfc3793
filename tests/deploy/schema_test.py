"""Every field of every object is one that Kubernetes knows, and the check for that finds misspelt ones."""

import copy
import unittest
from unittest import mock

import kubectl
import manifests
import schema


def places(value, path=()):
    """Where objects have fields: (path, name)."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*path, number))
    elif isinstance(value, dict):
        for name, each in value.items():
            yield path, name
            yield from places(each, (*path, name))


def is_free(thing, path):
    """Whether that map takes any key: labels and the like."""
    last = path[-1] if path else None
    return (last in ("labels", "annotations", "matchLabels", "data", "nodeSelector", "requests",
                     "limits") or (last == "selector" and thing["kind"] == "Service"))


def at(value, path):
    for each in path:
        value = value[each]
    return value


class Schema(unittest.TestCase):
    def test_every_field_is_known_and_of_its_type(self):
        for name in manifests.CLUSTERS:
            for thing in manifests.cluster(name).objects:
                self.assertEqual(schema.check(thing), [], (name, thing["metadata"]["name"]))

    def test_any_field_that_is_misspelt_is_found(self):
        found = 0
        for thing in manifests.cluster("prod").objects:
            for path, name in places(thing):
                if is_free(thing, path):
                    continue
                wrong = copy.deepcopy(thing)
                inside = at(wrong, path)
                inside[name + "s"] = inside.pop(name)
                self.assertNotEqual(schema.check(wrong), [], (thing["kind"], path, name))
                found += 1
        self.assertGreater(found, 1000)

    def test_wrong_values_are_found(self):
        pod = manifests.cluster("prod").pod("gateway")
        for path, value in ((("restartPolicy",), "Allways"), (("hostNetwork",), "true"),
                            (("terminationGracePeriodSeconds",), "30"),
                            (("containers", 0, "ports", 0, "containerPort"), 71000),
                            (("containers", 0, "resources", "limits", "memory"), "1 GB"),
                            (("containers", 0, "env", 0, "value"), 1),
                            (("containers", 0, "args"), "--listen"), (("volumes",), None)):
            wrong = copy.deepcopy(pod.workload)
            at(wrong["spec"]["template"]["spec"], path[:-1])[path[-1]] = value
            self.assertEqual(len(schema.check(wrong)), 1, path)

    def test_a_kind_or_version_that_is_not_known_is_found(self):
        self.assertNotEqual(schema.check({"apiVersion": "v1", "kind": "Pot", "metadata": {}}), [])
        self.assertNotEqual(
            schema.check({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget",
                          "metadata": {"name": "a"}, "spec": {"selector": {}}}), [])


def comparable(objects):
    """By kind and name, without what the versions of kustomize are free to do: the hash in a ConfigMap's name, and
    fields with nothing in them."""
    hashed = {each["metadata"]["name"] for each in objects if each["kind"] == "ConfigMap"}

    def plain(value):
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items() if each not in ({}, [], None)}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value.rpartition("-")[0] if value in hashed else value
    return {(each["kind"], each["metadata"].get("namespace"), plain(each["metadata"]["name"])):
            plain(each) for each in objects}


class Kubectl(unittest.TestCase):
    def test_debians_kubectl_is_the_one_of_the_package(self):
        self.assertIn("v1.20.2", kubectl.version(kubectl.debians()))

    def test_a_newer_kubectl_builds_the_same(self):
        if kubectl.newer() is None:
            self.skipTest("there is no other kubectl than Debian's")
        for folders in manifests.CLUSTERS.values():
            for folder in folders:
                self.assertEqual(comparable(kubectl.build(folder, kubectl.newer())),
                                 comparable(kubectl.build(folder, kubectl.debians())), folder)

    def test_where_debians_cannot_be_had_another_one_builds(self):
        def debians():
            raise unittest.SkipTest("no package")
        usual = kubectl.usual.__wrapped__
        with mock.patch.object(kubectl, "debians", debians):
            with mock.patch.object(kubectl, "newer", lambda: "/another/kubectl"):
                self.assertEqual(usual(), "/another/kubectl")
            with mock.patch.object(kubectl, "newer", lambda: None):
                self.assertRaisesRegex(unittest.SkipTest, "no package", usual)


if __name__ == "__main__":
    unittest.main()
