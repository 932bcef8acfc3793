"""Who may connect to whom, by the NetworkPolicies: their selectors applied to pods and namespaces as the API's
reference says. A connection is open when the sender's egress and the receiver's ingress both let it through.

Pods on the host network are the one thing that plugins treat in two ways, and both are conforming:
- "as nodes": such a pod is its node. No selector finds it, no policy is about it, and whoever wants to let it in
  names the node's address. Most plugins do that.
- "as pods": selectors find it and policies are about it, as any other pod.
In both, a node reaches the pods that run on it, whatever the policies say: probes come from there. What a pod sends to
its own node is another thing: many plugins hold it to the pod's egress rules, so nobody may count on that way.

What a pod on the host network sends to another node's pods need not come from its node's address: on networks of tunnels
(VXLAN, IPIP) it comes from the tunnel's, which is one of the pods' network. An End has that address then.
"""

import dataclasses
import ipaddress

AS_NODES, AS_PODS = "as nodes", "as pods"


@dataclasses.dataclass(frozen=True)
class End:
    """A pod, or what is no pod (no labels): a node, or somebody beyond the cluster."""
    name: str
    address: str
    node: str = ""  # where it runs, and its own name for a node
    namespace: str = ""
    labels: tuple = ()  # pairs
    is_on_host_network: bool = False
    is_node: bool = False

    @property
    def is_pod(self):
        return bool(self.namespace)


def matches(selector, labels):
    """Whether a label selector selects what has these labels."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for term in selector.get("matchExpressions", []):
        has, values = term["key"] in labels, term.get("values", [])
        if not {"In": has and labels.get(term["key"]) in values,
                "NotIn": not has or labels.get(term["key"]) not in values,
                "Exists": has, "DoesNotExist": not has}[term["operator"]]:
            return False
    return True


class Network:
    def __init__(self, objects, treatment):
        """`objects` are all that is applied; what namespaces they lack have no labels but their name."""
        self._policies = [each for each in objects if each["kind"] == "NetworkPolicy"]
        self._namespaces = {each["metadata"]["name"]: each["metadata"].get("labels", {})
                            for each in objects if each["kind"] == "Namespace"}
        self._treatment = treatment

    def is_open(self, sender, receiver, protocol, port):
        if self._is_a_node_to_its_own(sender, receiver):
            return True
        return (self.lets_out(sender, receiver, protocol, port)
                and self.lets_in(sender, receiver, protocol, port))

    def lets_out(self, sender, receiver, protocol, port):
        """Whether the policies about the sender do."""
        return self._lets("Egress", "egress", "to", sender, receiver, protocol, port)

    def lets_in(self, sender, receiver, protocol, port):
        """Whether the policies about the receiver do."""
        return self._lets("Ingress", "ingress", "from", receiver, sender, protocol, port)

    def is_policed(self, end):
        """Whether policies can be about it."""
        return end.is_pod and not (end.is_on_host_network and self._treatment == AS_NODES)

    def _is_a_node_to_its_own(self, sender, receiver):
        """From what stands on the node itself to something that runs there."""
        on_node = sender.is_node or (sender.is_on_host_network and self._treatment == AS_NODES)
        return on_node and sender.node == receiver.node != ""

    def _lets(self, direction, rules, peers, owner, other, protocol, port):
        """Whether the policies about `owner` let it talk to `other`."""
        if not self.is_policed(owner):
            return True
        about = [each["spec"] for each in self._policies
                 if each["metadata"]["namespace"] == owner.namespace
                 and matches(each["spec"]["podSelector"], dict(owner.labels))
                 and direction in each["spec"]["policyTypes"]]
        return not about or any(self._rule_lets(rule, peers, owner.namespace, other, protocol, port)
                                for spec in about for rule in spec.get(rules) or [])

    def _rule_lets(self, rule, peers, namespace, other, protocol, port):
        has_port = "ports" not in rule or any(
            each.get("protocol", "TCP") == protocol and each["port"] == port
            for each in rule["ports"])
        return has_port and (not rule.get(peers) or any(
            self._is_peer(peer, namespace, other) for peer in rule[peers]))

    def _is_peer(self, peer, namespace, other):
        if "ipBlock" in peer:
            address = ipaddress.ip_address(other.address)
            return (address in ipaddress.ip_network(peer["ipBlock"]["cidr"])
                    and not any(address in ipaddress.ip_network(each)
                                for each in peer["ipBlock"].get("except", [])))
        if not self.is_policed(other):
            return False
        labels = {**self._namespaces.get(other.namespace, {}),
                  "kubernetes.io/metadata.name": other.namespace}
        in_namespace = (matches(peer["namespaceSelector"], labels) if "namespaceSelector" in peer
                        else other.namespace == namespace)
        return in_namespace and matches(peer.get("podSelector", {}), dict(other.labels))
