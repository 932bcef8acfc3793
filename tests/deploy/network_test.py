"""The NetworkPolicies open the connections of connections.py and no other."""

import ipaddress
import unittest

import connections
import manifests
from network import AS_NODES, AS_PODS, End, Network, matches

# Nodes are in the network that overlays/prod/nodes.yaml names; pods are not.
NODES = {"node-a": "10.240.0.1", "node-b": "10.240.0.2"}
TUNNEL_OF_NODE_B = "10.42.1.0"
PORTS = sorted({port for _, _, _, port in connections.EVERYWHERE + connections.PROD}
               | {22, 7110, 7111, 7112, 7113, 9170, 9999})
# Others in the cluster, and beyond it.
OTHERS = {
    "prometheus": ("monitoring", {"app.kubernetes.io/name": "prometheus"}),
    "grafana": ("monitoring", {"app.kubernetes.io/name": "grafana"}),
    "dns": ("kube-system", {"k8s-app": "kube-dns"}),
    "ingress": ("ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"}),
    # Who has the labels of one of ours in another namespace is not it.
    "impostor": ("default", {"app.kubernetes.io/name": "gateway"}),
    "prometheus-elsewhere": ("default", {"app.kubernetes.io/name": "prometheus"}),
    "stranger": ("silhouette", {"app.kubernetes.io/name": "stranger",
                                "app.kubernetes.io/part-of": "silhouette"}),
    "capture-stranger": ("silhouette-capture", {}),
}


def others():
    yield End("internet", "203.0.113.9")
    yield End("dns-cache", "169.254.20.10")  # NodeLocal DNSCache, on the host network
    for number, (name, (namespace, labels)) in enumerate(OTHERS.items()):
        yield End(name, "10.1.9.%d" % number, node="node-b", namespace=namespace,
                  labels=tuple(labels.items()))


def ends_of(pods, nodes):
    """Each of the pods, on each of the nodes."""
    for number, pod in enumerate(pods):
        for node, node_address in nodes.items():
            address = node_address if pod.is_on_host_network else "10.1.%d.%s" % (
                number, node_address.rpartition(".")[2])
            yield End(pod.name, address, node=node, namespace=pod.namespace,
                      labels=tuple(pod.labels.items()), is_on_host_network=pod.is_on_host_network)


def ours(end):
    return end.namespace in ("silhouette", "silhouette-capture")


def connections_between(ends):
    """All that could be: (sender, receiver, protocol, port), with one of ours in it."""
    for one in ends:
        for other in ends:
            if one is not other and (ours(one) or ours(other)):
                for port in PORTS:
                    yield one, other, "TCP", port
                    yield one, other, "UDP", port


class NetworkPolicies(unittest.TestCase):
    def check(self, name, treatment, nodes, meant, to_private=()):
        """Exactly `meant` is open between pods, by the policies of the sender and by those of the receiver. What
        goes from a node to what runs on it is open anyhow; pods that are nodes are judged further down. `to_private`
        may go out to private addresses, whoever has them."""
        cluster = manifests.cluster(name)
        network = Network(cluster.objects, treatment)
        ends = [*ends_of(cluster.pods(), nodes), *others()]
        for one, other, protocol, port in connections_between(ends):
            is_meant = (one.name, other.name, protocol, port) in meant
            told = (name, treatment, one, other, protocol, port)
            if is_meant:
                self.assertTrue(network.is_open(one, other, protocol, port), told)
            for end, peer, lets in ((other, one, network.lets_in), (one, other, network.lets_out)):
                if is_meant or not ours(end) or not network.is_policed(end):
                    continue
                if peer.is_on_host_network and treatment == AS_NODES:
                    continue
                if (end is one and (one.name, protocol, port) in to_private
                        and ipaddress.ip_address(other.address) in ipaddress.ip_network("10.0.0.0/8")):
                    continue
                self.assertFalse(lets(one, other, protocol, port), told)
        names = {end.name for end in ends}
        self.assertLessEqual({name for one, other, _, _ in meant for name in (one, other)}, names)

    def open_connections(self, name, treatment, nodes):
        cluster = manifests.cluster(name)
        network = Network(cluster.objects, treatment)
        ends = [*ends_of(cluster.pods(), nodes), *others()]
        return [each for each in connections_between(ends) if network.is_open(*each)]

    def test_on_one_node_the_table_is_open_and_nothing_else(self):
        for treatment in (AS_NODES, AS_PODS):
            self.check("dev", treatment, {"node-a": NODES["node-a"]}, connections.EVERYWHERE,
                       connections.DEV_TO_PRIVATE)

    def test_on_several_nodes_the_table_is_open_and_nothing_else(self):
        for treatment in (AS_NODES, AS_PODS):
            self.check("prod", treatment, NODES, connections.EVERYWHERE + connections.PROD)

    def test_from_another_node_only_what_capture_svc_needs_is_open(self):
        # Where pods on the host network are nodes, what prod opens for them is open for nodes.
        found = self.open_connections("prod", AS_NODES, NODES)
        across = {(one.name, other.name, port) for one, other, protocol, port in found
                  if one.node != other.node and one.is_on_host_network and ours(other)
                  and not other.is_on_host_network}
        self.assertEqual(across, {("capture-svc", "feature-svc", 7102)})
        towards = {(one.name, port) for one, other, protocol, port in found
                   if one.node != other.node and other.is_on_host_network and ours(one)
                   and not one.is_on_host_network}
        self.assertEqual(towards, {("gateway", 7101)})

    def test_through_a_tunnel_capture_svc_reaches_feature_svc_and_nothing_else(self):
        # Its packets come from the other node's end of the tunnel, an address of the pods' network.
        cluster = manifests.cluster("prod")
        network = Network(cluster.objects, AS_NODES)
        tunnel = End("capture-svc", TUNNEL_OF_NODE_B, node="node-b", is_node=True)
        beside = End("pod", TUNNEL_OF_NODE_B[:-1] + "7", "node-b", "default", ())
        pods = [end for end in ends_of(cluster.pods(), {"node-a": NODES["node-a"]})
                if not end.is_on_host_network]
        for sender, reached in ((tunnel, {("feature-svc", 7102)}), (beside, set())):
            self.assertEqual({(end.name, port) for end in pods for port in PORTS
                              if network.is_open(sender, end, "TCP", port)}, reached)

    def test_without_the_nodes_network_capture_svc_reaches_its_own_node_alone(self):
        # Hence overlays/prod/nodes.yaml.
        found = self.open_connections("dev", AS_NODES, NODES)
        reached = {(one.node, other.node) for one, other, _, port in found
                   if (one.name, other.name, port) == ("capture-svc", "feature-svc", 7102)}
        self.assertEqual(reached, {(node, node) for node in NODES})

    def test_probes_come_through_from_the_pods_own_node_and_from_no_other(self):
        for name in manifests.CLUSTERS:
            for treatment in (AS_NODES, AS_PODS):
                cluster = manifests.cluster(name)
                network = Network(cluster.objects, treatment)
                pods = [end for end in ends_of(cluster.pods(), NODES) if end.name != "submit"]
                for end in pods:
                    health = cluster.pod(end.name).port("health")
                    for node, address in NODES.items():
                        kubelet = End("kubelet", address, node=node, is_node=True)
                        is_policed = treatment == AS_PODS or not end.is_on_host_network
                        self.assertEqual(network.is_open(kubelet, end, "TCP", health),
                                         node == end.node or not is_policed, (end, node))

    def test_everything_of_ours_is_denied_until_something_lets_it_through(self):
        for name in manifests.CLUSTERS:
            cluster = manifests.cluster(name)
            network = Network([each for each in cluster.objects
                               if each["kind"] != "NetworkPolicy"
                               or each["metadata"]["name"] == "default-deny"], AS_PODS)
            for end in ends_of(cluster.pods(), {"node-a": NODES["node-a"]}):
                for other in others():
                    self.assertFalse(network.is_open(end, other, "TCP", 443), (end, other))
                    self.assertFalse(network.is_open(other, end, "TCP", 443), (end, other))


class Evaluation(unittest.TestCase):
    """The evaluation itself, on policies of the API's reference."""

    POLICY = {"kind": "NetworkPolicy", "metadata": {"name": "db", "namespace": "default"}, "spec": {
        "podSelector": {"matchLabels": {"role": "db"}}, "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"ipBlock": {"cidr": "172.17.0.0/16", "except": ["172.17.1.0/24"]}},
                              {"namespaceSelector": {"matchLabels": {"project": "mine"}}},
                              {"podSelector": {"matchLabels": {"role": "frontend"}}}],
                     "ports": [{"protocol": "TCP", "port": 6379}]}],
        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}], "ports": [{"port": 5978}]}]}}
    NAMESPACE = {"kind": "Namespace", "metadata": {"name": "other", "labels": {"project": "mine"}}}
    DB = End("db", "10.9.0.1", "n", "default", (("role", "db"),))

    def setUp(self):
        self.network = Network([self.POLICY, self.NAMESPACE], AS_PODS)

    def reaches_db(self, sender, port=6379, protocol="TCP"):
        return self.network.is_open(sender, self.DB, protocol, port)

    def test_peers_are_alternatives_and_a_port_is_needed(self):
        self.assertTrue(self.reaches_db(End("a", "172.17.0.1")))
        self.assertFalse(self.reaches_db(End("a", "172.17.1.1")))
        self.assertFalse(self.reaches_db(End("a", "172.17.0.1"), port=6380))
        self.assertFalse(self.reaches_db(End("a", "172.17.0.1"), protocol="UDP"))
        self.assertTrue(self.reaches_db(End("a", "1.1.1.1", "n", "other", ())))
        self.assertTrue(self.reaches_db(End("a", "1.1.1.1", "n", "default", (("role", "frontend"),))))
        # A selector of pods alone means those of the policy's namespace.
        self.assertFalse(self.reaches_db(End("a", "1.1.1.1", "n", "third", (("role", "frontend"),))))

    def test_egress_is_apart_from_ingress_and_who_has_no_policy_is_open(self):
        self.assertTrue(self.network.is_open(self.DB, End("a", "10.0.0.9"), "TCP", 5978))
        self.assertFalse(self.network.is_open(self.DB, End("a", "10.0.1.9"), "TCP", 5978))
        free = End("free", "10.9.0.2", "n", "default", (("role", "free"),))
        self.assertTrue(self.network.is_open(End("a", "1.1.1.1"), free, "UDP", 1))
        self.assertTrue(self.network.is_open(free, End("a", "1.1.1.1"), "UDP", 1))

    def test_a_pod_on_the_host_network_is_its_node_or_a_pod(self):
        frontend = End("f", "192.168.0.1", "m", "default", (("role", "frontend"),),
                       is_on_host_network=True)
        self.assertTrue(self.reaches_db(frontend))
        self.network = Network([self.POLICY], AS_NODES)
        self.assertFalse(self.reaches_db(frontend))
        beside = End("f", "192.168.0.1", "n", "default", (), is_on_host_network=True)
        self.assertTrue(self.reaches_db(beside))
        # The way back is the pod's own, and held to its policy.
        self.assertFalse(self.network.is_open(self.DB, beside, "TCP", 1))

    def test_expressions(self):
        def selects(operator, values=(), **labels):
            return matches({"matchExpressions": [
                {"key": "a", "operator": operator, "values": list(values)}]}, labels)
        self.assertTrue(selects("In", ["1", "2"], a="2"))
        self.assertFalse(selects("In", ["1"]))
        self.assertTrue(selects("NotIn", ["1"]))
        self.assertTrue(selects("Exists", a="x") and not selects("Exists"))
        self.assertTrue(selects("DoesNotExist") and not selects("DoesNotExist", a="x"))
        self.assertTrue(matches({}, {"any": "thing"}))


if __name__ == "__main__":
    unittest.main()
