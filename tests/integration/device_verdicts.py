"""Verdicts of a model of devices that reports incidents, made up and stored through the gateway's own API."""

import functools
import json

import harness

WINDOW_NS = 5_000_000_000
START_NS = 1_700_000_000_000_000_000  # a multiple of the window
CLASSES = ("benign", "scan", "flood")
ORIGIN = "node/eth0"


def head():
    """A scan is of medium severity, a flood of high; one window of quiet does not end them."""
    made = harness.messages("verdict").ModelHead(
        name="devices", version="1", schema="traffic.v1", classes=CLASSES, length_ns=WINDOW_NS,
        hop_ns=WINDOW_NS)
    incident = harness.messages("incident")
    for kind, severity in (("scan", incident.SEVERITY_MEDIUM), ("flood", incident.SEVERITY_HIGH)):
        rule = made.incidents.add(severity=severity, quiet_ns=WINDOW_NS, **{"class": kind})
        rule.features.add(name="peers", low=0, high=40)
    return made


@functools.cache
def features():
    status, out, errors = harness.run_tool("schema", "traffic.v1", "--json")
    assert status == 0, errors
    return [feature["name"] for feature in json.loads(out)["features"]]


def verdict(device, window, said, peers=412):
    """`window` counts from START_NS."""
    index = CLASSES.index(said)
    return harness.messages("verdict").ModelVerdict(
        subject="device:" + device, window_start_ns=START_NS + window * WINDOW_NS,
        class_index=index, probabilities=[0.9 if i == index else 0.05 for i in range(3)],
        features=[peers if name == "peers" else 0 for name in features()])


def push(gateway, run, *verdicts, ended=False):
    """Stores `verdicts`, sorted by (window, device), as one batch."""
    import grpc  # here, as most tests do without
    batch = harness.messages("verdict").VerdictBatch(models=[head()], verdicts=verdicts)
    batch.header.origin, batch.header.run = ORIGIN, run
    batch.header.sequence = 1
    batch.header.first_packet_ns = START_NS
    batch.header.watermark_ns = verdicts[-1].window_start_ns + WINDOW_NS
    batch.header.end_of_run = ended
    with grpc.insecure_channel(gateway.address()) as channel:
        rpc = channel.stream_stream(
            "/silhouette.v1.GatewayService/Push",
            request_serializer=type(batch).SerializeToString,
            response_deserializer=harness.messages("batch").Ack.FromString)
        assert [ack.sequence for ack in rpc(iter([batch]), timeout=harness.TIMEOUT_S)] == [1]
