"""What is in built manifests: objects by kind and name, pods, and what they are configured by."""

import functools
import re

import kubectl

SERVICES = ("capture-svc", "feature-svc", "classify-svc", "gateway")
# What is applied together, by name: a cluster with everything in it.
CLUSTERS = {"dev": ("overlays/dev", "overlays/dev/submit"),
            "prod": ("overlays/prod", "overlays/prod/submit")}
WORKLOADS = ("DaemonSet", "StatefulSet", "Deployment", "Job")


class Pod:
    """The pod of a workload, as its template has it."""

    def __init__(self, workload):
        self.workload = workload
        self.kind = workload["kind"]
        self.name = workload["metadata"]["name"]
        self.namespace = workload["metadata"]["namespace"]
        self.labels = workload["spec"]["template"]["metadata"]["labels"]
        self.spec = workload["spec"]["template"]["spec"]
        (self.container,) = self.spec["containers"]
        self.is_on_host_network = self.spec.get("hostNetwork", False)

    def port(self, name):
        """Number of a named port."""
        (number,) = [port["containerPort"] for port in self.container.get("ports", [])
                     if port["name"] == name]
        return number

    def volumes(self):
        """By name; those of a StatefulSet's claims among them."""
        volumes = {volume["name"]: volume for volume in self.spec.get("volumes") or []}
        for claim in self.workload["spec"].get("volumeClaimTemplates", []):
            volumes[claim["metadata"]["name"]] = {"claim": claim}
        return volumes

    def __repr__(self):
        return "%s %s" % (self.kind, self.name)


class Manifests:
    def __init__(self, objects):
        self.objects = objects

    def of_kind(self, *kinds):
        return [each for each in self.objects if each["kind"] in kinds]

    def find(self, kind, name, namespace=None):
        """The one object of that name, or None."""
        found = [each for each in self.of_kind(kind) if each["metadata"]["name"] == name
                 and each["metadata"].get("namespace") == namespace]
        assert len(found) <= 1, (kind, name)
        return found[0] if found else None

    def pods(self):
        return [Pod(each) for each in self.of_kind(*WORKLOADS)]

    def pod(self, name):
        (found,) = [pod for pod in self.pods() if pod.name == name]
        return found

    def environment(self, pod, fields=None):
        """A container's variables. `fields` tells those of the pod itself, as "status.hostIP"."""
        values = {}
        for source in pod.container.get("envFrom", []):
            config = self.find("ConfigMap", source["configMapRef"]["name"], pod.namespace)
            values.update(config["data"])
        for variable in pod.container.get("env") or []:
            if "value" in variable:
                values[variable["name"]] = variable["value"]
            else:
                path = variable["valueFrom"]["fieldRef"]["fieldPath"]
                values[variable["name"]] = (fields or {}).get(path, "<%s>" % path)
        return values

    def arguments(self, pod, environment):
        """Its args with $(NAME) replaced, as the kubelet does."""
        def replace(text):
            return re.sub(r"\$\((\w+)\)", lambda m: environment.get(m[1], m[0]), text)
        return [replace(argument) for argument in pod.container.get("args", [])]


@functools.cache
def cluster(name):
    return Manifests([each for folder in CLUSTERS[name] for each in kubectl.build(folder)])


def clusters():
    """All of them: (name, Manifests)."""
    for name in CLUSTERS:
        yield name, cluster(name)


def all_pods():
    for name, objects in clusters():
        for pod in objects.pods():
            yield name, objects, pod


def image_of(pod):
    """The target of its image: "registry/silhouette/gateway:1" is gateway."""
    return pod.container["image"].rpartition("/")[2].partition(":")[0]


def listeners(objects, pod):
    """{port: host} of all that its arguments and variables tell it to listen on."""
    environment = objects.environment(pod, {"status.hostIP": "HOST"})
    values = [argument.partition("=")[2] for argument in objects.arguments(pod, environment)
              if re.match(r"--(\w+-)?listen=", argument)]
    values += [value for name, value in environment.items() if name.endswith("LISTEN")]
    return {int(value.rpartition(":")[2]): value.rpartition(":")[0] for value in values}


def addresses(objects, pod):
    """What it connects to: (host, port)."""
    environment = objects.environment(pod)
    values = [argument.partition("=")[2] for argument in objects.arguments(pod, environment)
              if re.match(r"--\w+-address=", argument)]
    values += [value for name, value in environment.items() if name == "SILHOUETTE_GATEWAY"]
    return [(value.rpartition(":")[0], int(value.rpartition(":")[2])) for value in values]


def option(objects, pod, name):
    """Value of a flag in its arguments."""
    (value,) = [argument.partition("=")[2] for argument in objects.arguments(pod, {})
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
