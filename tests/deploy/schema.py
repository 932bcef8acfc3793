"""The fields of the kinds that the manifests use, after the API reference of Kubernetes 1.27, cert-manager v1 and
the Prometheus operator; of each kind what this project may want, not all there is. A field that is not here is
refused, so that a misspelt one is not silently without effect.

A schema is a type; a set or range of allowed values; a compiled pattern; a tuple of schemas, one of which must
fit; [schema], a list; {"*": schema}, a map with keys of any name; or {"field": schema}, where "field!" must be there.
"""

import re

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
DURATION = re.compile(r"([0-9]+(ms|[smh]))+")
CIDR = re.compile(r"([0-9.]+|[0-9a-f:]+)/[0-9]{1,3}")
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
PORT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PATH = re.compile(r"/.*")
PORT = range(1, 65536)
COUNT = range(0, 2**31)

MAP = {"*": str}
LABELS = {"*": LABEL_VALUE}
METADATA = {"name!": NAME, "namespace": DNS_LABEL, "labels": LABELS, "annotations": MAP}
SELECTOR = {"matchLabels": LABELS, "matchExpressions": [
    {"key!": LABEL_KEY, "operator!": {"In", "NotIn", "Exists", "DoesNotExist"}, "values": [str]}]}
INT_OR_PERCENT = (COUNT, re.compile(r"[0-9]+%"))

SECURITY = {"runAsNonRoot": bool, "runAsUser": COUNT, "runAsGroup": COUNT,
            "seccompProfile": {"type!": {"RuntimeDefault", "Localhost", "Unconfined"}}}
POD_SECURITY = {**SECURITY, "fsGroup": COUNT, "fsGroupChangePolicy": {"OnRootMismatch", "Always"},
                "supplementalGroups": [COUNT]}
CONTAINER_SECURITY = {**SECURITY, "allowPrivilegeEscalation": bool, "privileged": bool,
                      "readOnlyRootFilesystem": bool,
                      "capabilities": {"drop": [str], "add": [str]}}
PROBE = {"grpc!": {"port!": PORT, "service": str}, "initialDelaySeconds": COUNT,
         "periodSeconds": COUNT, "timeoutSeconds": COUNT, "failureThreshold": COUNT,
         "successThreshold": COUNT}
RESOURCES = {"requests": {"*": QUANTITY}, "limits": {"*": QUANTITY}}
CONTAINER = {
    "name!": DNS_LABEL, "image!": str, "imagePullPolicy": {"Always", "IfNotPresent", "Never"},
    "command": [str], "args": [str], "workingDir": PATH,
    "env": [{"name!": VARIABLE, "value": str, "valueFrom": {
        "fieldRef": {"fieldPath!": {"status.hostIP", "status.podIP", "spec.nodeName",
                                    "metadata.name", "metadata.namespace"}},
        "secretKeyRef": {"name!": NAME, "key!": str}}}],
    "envFrom": [{"configMapRef": {"name!": NAME}}],
    "ports": [{"name!": PORT_NAME, "containerPort!": PORT, "protocol": {"TCP", "UDP"}}],
    "startupProbe": PROBE, "livenessProbe": PROBE, "readinessProbe": PROBE,
    "lifecycle": {"preStop": {"exec": {"command!": [str]}}},
    "resources": RESOURCES, "securityContext": CONTAINER_SECURITY,
    "volumeMounts": [{"name!": DNS_LABEL, "mountPath!": PATH, "readOnly": bool, "subPath": str}]}
POD = {
    "metadata!": {"labels": LABELS, "annotations": MAP},
    "spec!": {
        "containers!": [CONTAINER], "serviceAccountName": NAME,
        "automountServiceAccountToken": bool, "enableServiceLinks": bool, "hostNetwork": bool,
        "dnsPolicy": {"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"},
        "restartPolicy": {"Always", "OnFailure", "Never"}, "terminationGracePeriodSeconds": COUNT,
        "securityContext": POD_SECURITY, "nodeSelector": LABELS, "priorityClassName": NAME,
        "tolerations": [{"key": LABEL_KEY, "operator": {"Exists", "Equal"}, "value": str,
                         "effect": {"NoSchedule", "PreferNoSchedule", "NoExecute"}}],
        "topologySpreadConstraints": [
            {"maxSkew!": COUNT, "topologyKey!": LABEL_KEY, "labelSelector": SELECTOR,
             "whenUnsatisfiable!": {"ScheduleAnyway", "DoNotSchedule"}}],
        "volumes": [{"name!": DNS_LABEL,
                     "secret": {"secretName!": NAME, "defaultMode": COUNT, "optional": bool},
                     "configMap": {"name!": NAME, "defaultMode": COUNT},
                     "emptyDir": {"sizeLimit": QUANTITY, "medium": {"Memory"}},
                     "persistentVolumeClaim": {"claimName!": NAME, "readOnly": bool}}]}}
CLAIM = {"metadata!": METADATA, "spec!": {
    "accessModes!": [{"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"}],
    "storageClassName": NAME, "resources!": RESOURCES}}
PEER = {"podSelector": SELECTOR, "namespaceSelector": SELECTOR,
        "ipBlock": {"cidr!": CIDR, "except": [CIDR]}}
POLICY_PORTS = [{"protocol": {"TCP", "UDP"}, "port!": PORT}]
ISSUER_REF = {"kind!": {"Issuer", "ClusterIssuer"}, "name!": NAME}

KINDS = {
    ("v1", "Namespace"): {},
    ("v1", "ServiceAccount"): {"automountServiceAccountToken": bool},
    ("v1", "ConfigMap"): {"data!": MAP},
    ("v1", "Service"): {"spec!": {
        "clusterIP": {"None"}, "type": {"ClusterIP"}, "selector!": LABELS,
        "publishNotReadyAddresses": bool,
        "ports!": [{"name!": PORT_NAME, "port!": PORT, "targetPort": (PORT_NAME, PORT),
                    "protocol": {"TCP", "UDP"}}]}},
    ("apps/v1", "DaemonSet"): {"spec!": {
        "selector!": SELECTOR, "template!": POD, "minReadySeconds": COUNT,
        "updateStrategy": {"type": {"RollingUpdate", "OnDelete"}, "rollingUpdate": {
            "maxUnavailable": INT_OR_PERCENT, "maxSurge": INT_OR_PERCENT}}}},
    ("apps/v1", "StatefulSet"): {"spec!": {
        "selector!": SELECTOR, "template!": POD, "serviceName!": NAME, "replicas": COUNT,
        "podManagementPolicy": {"OrderedReady", "Parallel"}, "volumeClaimTemplates": [CLAIM]}},
    ("apps/v1", "Deployment"): {"spec!": {
        "selector!": SELECTOR, "template!": POD, "replicas": COUNT, "minReadySeconds": COUNT,
        "strategy": {"type": {"RollingUpdate", "Recreate"}, "rollingUpdate": {
            "maxUnavailable": INT_OR_PERCENT, "maxSurge": INT_OR_PERCENT}}}},
    ("batch/v1", "Job"): {"spec!": {
        "template!": POD, "completionMode": {"Indexed", "NonIndexed"}, "completions": COUNT,
        "parallelism": COUNT, "backoffLimit": COUNT, "ttlSecondsAfterFinished": COUNT,
        "activeDeadlineSeconds": COUNT}},
    ("autoscaling/v2", "HorizontalPodAutoscaler"): {"spec!": {
        "scaleTargetRef!": {"apiVersion!": str, "kind!": str, "name!": NAME},
        "minReplicas": COUNT, "maxReplicas!": COUNT,
        "metrics": [{"type!": {"Resource"}, "resource": {"name!": {"cpu", "memory"}, "target!": {
            "type!": {"Utilization"}, "averageUtilization": COUNT}}}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": COUNT},
                     "scaleUp": {"stabilizationWindowSeconds": COUNT}}}},
    ("policy/v1", "PodDisruptionBudget"): {"spec!": {
        "selector!": SELECTOR, "maxUnavailable": INT_OR_PERCENT, "minAvailable": INT_OR_PERCENT}},
    ("networking.k8s.io/v1", "NetworkPolicy"): {"spec!": {
        "podSelector!": SELECTOR, "policyTypes!": [{"Ingress", "Egress"}],
        "ingress": [{"from": [PEER], "ports": POLICY_PORTS}],
        "egress": [{"to": [PEER], "ports": POLICY_PORTS}]}},
    ("networking.k8s.io/v1", "Ingress"): {"spec!": {
        "ingressClassName": NAME, "tls": [{"hosts!": [NAME], "secretName!": NAME}],
        "rules!": [{"host!": NAME, "http!": {"paths!": [
            {"path!": PATH, "pathType!": {"Prefix", "Exact"}, "backend!": {
                "service!": {"name!": NAME, "port!": {"name": PORT_NAME, "number": PORT}}}}]}}]}},
    ("monitoring.coreos.com/v1", "ServiceMonitor"): {"spec!": {
        "selector!": SELECTOR, "endpoints!": [
            {"port!": PORT_NAME, "interval": DURATION, "scrapeTimeout": DURATION, "path": PATH,
             "relabelings": [{"targetLabel!": NAME, "replacement!": str}]}]}},
    ("monitoring.coreos.com/v1", "PrometheusRule"): {"spec!": {"groups!": [
        {"name!": str, "rules!": [
            {"alert!": str, "expr!": str, "for": DURATION, "labels!": MAP, "annotations!": MAP}]}]}},
    ("cert-manager.io/v1", "ClusterIssuer"): {"spec!": {
        "selfSigned": {}, "ca": {"secretName!": NAME}}},
    ("cert-manager.io/v1", "Certificate"): {"spec!": {
        "secretName!": NAME, "isCA": bool, "commonName": str, "dnsNames": [NAME],
        "usages": [{"server auth", "client auth"}], "duration": DURATION, "renewBefore": DURATION,
        "privateKey": {"algorithm": {"ECDSA", "RSA", "Ed25519"}, "size": COUNT,
                       "encoding": {"PKCS1", "PKCS8"}, "rotationPolicy": {"Always", "Never"}},
        "issuerRef!": ISSUER_REF}},
}


def check(thing):
    """What is wrong with an object, in words, one each."""
    kind = KINDS.get((thing.get("apiVersion"), thing.get("kind")))
    if kind is None:
        return ["no schema for %s of %s" % (thing.get("kind"), thing.get("apiVersion"))]
    whole = {"apiVersion!": str, "kind!": str, "metadata!": METADATA, **kind}
    return list(_check(thing, whole, thing["kind"]))


def check_pod(thing):
    """As check, of a pod by itself."""
    whole = {"apiVersion!": {"v1"}, "kind!": {"Pod"}, "metadata!": METADATA, "spec!": POD["spec!"]}
    return list(_check(thing, whole, "Pod"))


def _check(value, schema, path):
    if isinstance(schema, dict):
        yield from _check_object(value, schema, path)
    elif isinstance(schema, list):
        if not isinstance(value, list):
            yield "%s: not a list" % path
            return
        for number, each in enumerate(value):
            yield from _check(each, schema[0], "%s[%d]" % (path, number))
    elif not _fits(value, schema):
        yield "%s: %r" % (path, value)


def _check_object(value, schema, path):
    if not isinstance(value, dict):
        yield "%s: not an object" % path
        return
    fields = {name.removesuffix("!"): each for name, each in schema.items()}
    for name, each in value.items():
        if "*" in fields:
            yield from _check(each, fields["*"], "%s.%s" % (path, name))
        elif name not in fields:
            yield "%s: no field %s" % (path, name)
        elif each is None:
            yield "%s.%s: empty" % (path, name)
        else:
            yield from _check(each, fields[name], "%s.%s" % (path, name))
    for name in schema:
        if name.endswith("!") and name[:-1] not in value:
            yield "%s: lacks %s" % (path, name[:-1])


def _fits(value, schema):
    if isinstance(schema, tuple):
        return any(_fits(value, each) for each in schema)
    if isinstance(schema, re.Pattern):
        return isinstance(value, str) and schema.fullmatch(value) is not None
    if isinstance(schema, type):
        return type(value) is schema
    if isinstance(schema, range):
        return type(value) is int and value in schema
    return isinstance(value, str) and value in schema
