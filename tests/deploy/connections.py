"""The connections that are meant to be open, which the NetworkPolicies are held to. Everything else is closed."""

# Sender, receiver, protocol, port. Pods by the names of their workloads; the others are in network_test.py.
EVERYWHERE = [
    # The data's way.
    ("capture-svc", "feature-svc", "TCP", 7102),
    ("feature-svc", "classify-svc", "TCP", 7103),
    ("classify-svc", "gateway", "TCP", 7100),
    # The gateway asks how all are, about models, and hands on captures that were handed in.
    ("gateway", "capture-svc", "TCP", 7101),
    ("gateway", "feature-svc", "TCP", 7102),
    ("gateway", "classify-svc", "TCP", 7103),
    ("submit", "gateway", "TCP", 7100),
    # Figures.
    ("prometheus", "capture-svc", "TCP", 9171),
    ("prometheus", "feature-svc", "TCP", 9172),
    ("prometheus", "classify-svc", "TCP", 9173),
    ("prometheus", "gateway", "TCP", 9170),
    # Names.
    *((pod, server, protocol, 53) for protocol in ("UDP", "TCP") for server in ("dns", "dns-cache")
      for pod in ("capture-svc", "feature-svc", "classify-svc", "gateway", "submit",
                  "stranger", "capture-stranger")),
]
PROD = [
    ("ingress", "gateway", "TCP", 7180),  # people
]
# Sender, protocol, port: what dev lets out to any private address, as that of the node is not known.
DEV_TO_PRIVATE = [("gateway", "TCP", 7101)]
