"""Verdicts that a test makes up, stored through the gateway's own API."""

from browser import harness

WINDOW_NS = 500_000_000
START_NS = 1_700_000_000_000_000_000  # a multiple of the window
CLASSES = ("background", "person")
FEATURES = (900, 1, 900, .005, .001, .005, 50, 50, 100)  # presence.v1 of something like a call
PER_BATCH = 2000


def model_head(name="made-up", classes=CLASSES):
    """One without a timeline."""
    head = harness.messages("verdict").ModelHead(
        name=name, version="1", schema="presence.v1", length_ns=WINDOW_NS, hop_ns=WINDOW_NS)
    head.classes.extend(classes)
    return head


def verdict(subject, window, probabilities, partial=False):
    """`window` counts from START_NS."""
    likeliest = max(range(len(probabilities)), key=lambda i: probabilities[i])
    return harness.messages("verdict").ModelVerdict(
        subject=subject, window_start_ns=START_NS + window * WINDOW_NS, class_index=likeliest,
        probabilities=probabilities, features=FEATURES, partial=partial)


def push(gateway, origin, run, verdicts, ended=True, head=None):
    """Stores `verdicts`, sorted by (window, subject), as a run of their own."""
    import grpc  # here, as most tests do without
    batches = list(_batches(origin, run, verdicts, ended, head or model_head()))
    with grpc.insecure_channel(gateway.address()) as channel:
        rpc = channel.stream_stream(
            "/silhouette.v1.GatewayService/Push",
            request_serializer=harness.messages("verdict").VerdictBatch.SerializeToString,
            response_deserializer=harness.messages("batch").Ack.FromString)
        acks = list(rpc(iter(batches), timeout=harness.TIMEOUT_S))
    assert acks[-1].sequence == len(batches), acks


def _batches(origin, run, verdicts, ended, head):
    verdicts = list(verdicts)
    for first in range(0, len(verdicts), PER_BATCH):
        part = verdicts[first:first + PER_BATCH]
        is_last = first + PER_BATCH >= len(verdicts)
        batch = harness.messages("verdict").VerdictBatch(models=[head], verdicts=part)
        batch.header.origin, batch.header.run = origin, run
        batch.header.sequence = 1 + first // PER_BATCH
        batch.header.first_packet_ns = verdicts[0].window_start_ns
        batch.header.watermark_ns = part[-1].window_start_ns + WINDOW_NS
        batch.header.end_of_run = is_last and ended
        yield batch
