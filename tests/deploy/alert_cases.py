"""For each alert, metrics that it must fire on, metrics beside them that it must not, and when to look; further
ones for what it once got wrong; and what it says.

Series are {series: values} in promtool's notation, a value every 15 s.
"""

SERVICES = ("gateway", "capture", "feature", "classify")
DAY_S = 86400
MIB = 1 << 20


def of(metric, values, labels="", instance="a"):
    """Of the service that its name begins with."""
    return {'silhouette_%s{job="silhouette-%s",instance="%s"%s}' % (
        metric, metric.partition("_")[0], instance, labels): values}


def up(service, values="1x100", instance="a"):
    return {'up{job="silhouette-%s",instance="%s"}' % (service, instance): values}


def all_up(*but, values="1x100"):
    return {series: each for service in SERVICES if service not in but
            for series, each in up(service, values).items()}


def source(metric, values, name="n/eth0"):
    return of("capture_" + metric, values, ',source="%s"' % name)


def live(values="1x400", name="n/eth0"):
    return source("live_captures", values, name)


def lag(metric, values):
    return of(metric, values, ',source="n/eth0"')


def latency(*counts, name="n/eth0"):
    """Batches a step that are stored within 0.01 s, 0.5 s, 1 s, and in all."""
    made = {}
    for upper, count in zip(("0.01", "0.5", "1", "+Inf"), counts):
        made |= of("gateway_verdict_latency_seconds_bucket", "0+%dx100" % count,
                   ',source="%s",le="%s"' % (name, upper))
    return made


def accounts(received, windowed, filtered, pending):
    return (of("feature_received_packets_total", received)
            | of("feature_windowed_packets_total", windowed)
            | of("feature_filtered_packets_total", filtered, ',reason="not_ip"')
            | of("feature_pending_packets", pending)
            # Which are no terms of it.
            | of("feature_link_shed_packets_total", "7x100")
            | of("feature_kernel_dropped_packets_total", "9x100"))


def store(used, limit, deleted):
    return (of("gateway_store_bytes", used) | of("gateway_store_limit_bytes", limit)
            | of("gateway_deleted_verdicts_total", deleted))


def incidents(values, kind="flood", severity="high"):
    return of("gateway_incidents_total", values, ',kind="%s",severity="%s"' % (kind, severity))


def certificate(days):
    return of("gateway_tls_certificate_end_timestamp_seconds", "%dx1000" % (days * DAY_S))


def anew(*begins, every=6):
    """Pods, each with an address of its own, that begin at these seconds and go after so many steps."""
    made = {}
    for number, begin in enumerate(begins):
        made |= of("classify_start_timestamp_seconds", "_x%d %dx%d stale" % (
            max(begin // 15 - 1, 0), begin, every), instance="pod-%d" % number)
    return made


DROPPED, RECEIVED, SHED = ("source_%s_packets_total" % each
                           for each in ("dropped", "received", "shed"))
FAILED = "capture_failed_captures_total"
BEGAN = "capture_start_timestamp_seconds"
UNSETTLED = "feature_link_oldest_unsettled_seconds"
LAGS = ("gateway_window_lag_seconds", "feature_watermark_lag_seconds")

CASES = {
    "SilhouetteServiceDown": (
        all_up() | up("gateway", "1x3 0x100", "b"),
        all_up() | up("gateway", "1x3 0x2 1x100", "b") | {'up{job="gateway"}': "0x100"}, 5),
    "SilhouetteServiceMissing": (
        # Somebody else's of that name is no gateway of these.
        all_up("gateway") | {'up{job="gateway",instance="b"}': "1x100"}, all_up(), 10),
    "SilhouetteTargetsGone": (
        up("capture", "1x400") | up("capture", "1x260 stale", "b"),
        # A rollout.
        up("capture", "1x400") | up("capture", "1x260 stale", "b")
        | up("capture", "_x270 1x100", "c"), 80),
    "SilhouetteServiceRestarts": (
        of("gateway_start_timestamp_seconds", "1x5 2x5 3x5 4x5 5x100"),
        of("gateway_start_timestamp_seconds", "1x5 2x5 3x100"), 10),
    "SilhouetteCallsRefused": (
        of("gateway_refused_calls_total", "0+3x100", ',reason="rate"'),
        of("gateway_refused_calls_total", "7x100", ',reason="rate"'), 15),
    "SilhouetteCertificateEnds": (certificate(5), certificate(20), 100),
    "SilhouetteCertificateLastDays": (certificate(1), certificate(5), 100),
    "SilhouetteCertificateNotTaken": (
        of("gateway_tls_failed_reloads_total", "0x20 1x100"),
        of("gateway_tls_failed_reloads_total", "1x100"), 15),
    "SilhouettePacketsDropped": (
        source(RECEIVED, "0+1000x100") | source(DROPPED, "0+10x100"),
        source(RECEIVED, "0+100000x100") | source(DROPPED, "0+10x100"), 10),
    "SilhouettePacketsShed": (source(SHED, "0+1x100"), source(SHED, "5x100"), 10),
    "SilhouettePacketsForgotten": (
        of("capture_link_shed_packets_total", "0x20 90x20"),
        of("capture_link_shed_packets_total", "90x100"), 10),
    "SilhouetteNoPackets": (
        source(RECEIVED, "500x200") | live(),
        source(RECEIVED, "500x200") | live("0x200")
        | source(RECEIVED, "500+1x200", "n/eth1") | live(name="n/eth1"), 20),
    "SilhouetteCaptureFailed": (
        # It begins with one that failed.
        of(FAILED, "_x20 1x100") | of(BEGAN, "_x20 300x100"),
        of(FAILED, "1x100") | of(BEGAN, "0x100"), 14),
    "SilhouetteAccountsDoNotAddUp": (
        accounts("0+10x100", "0+9x100", "0+0x100", "5x100"),
        accounts("5+10x100", "0+9x100", "0+1x100", "5x100"), 10),
    "SilhouetteWindowLag": (
        lag(LAGS[0], "2x4 45x100"), lag(LAGS[0], "2x4 45x4 2x100"), 8),
    "SilhouetteVerdictsSlow": (
        latency(10, 90, 100, 100) | live(), latency(90, 100, 100, 100) | live(), 15),
    "SilhouetteLinkNotSettling": (
        of(UNSETTLED, "0x4 5+15x100") | of("capture_link_oldest_unsent_seconds", "0x100"),
        # Packets wait for long windows.
        of(UNSETTLED, "5x100") | of("capture_link_oldest_unsettled_seconds", "0+15x100"), 10),
    "SilhouetteModelRefused": (
        of("classify_refused_models_total", "1x100"),
        of("classify_refused_models_total", "0x100"), 1),
    "SilhouetteIncident": (
        incidents("0x20 1x100"), incidents("1x100") | incidents("0+1x100", severity="medium"), 12),
    "SilhouetteStoreFailing": (
        of("gateway_store_failing", "0x4 1x100"), of("gateway_store_failing", "0x4 1x1 0x100"), 5),
    "SilhouetteStoreFull": (
        store("99x200", "100x200", "0+2000x200"), store("99x200", "0x200", "0+2000x200"), 30),
    "SilhouetteDiskFull": (
        of("gateway_store_free_bytes", "%dx100" % (100 * MIB)),
        of("gateway_store_free_bytes", "%dx100" % (1000 * MIB)), 10),
    "SilhouetteJobWaits": (
        of("gateway_oldest_queued_job_seconds", "0+15x200"),
        of("gateway_oldest_queued_job_seconds", "0+15x20 0x200"), 20),
}

# Packets come, and what they become waits; of these, each takes one away.
STALLED = source(RECEIVED, "0+100x400") | live() | of(UNSETTLED, "0x20 0+15x400")
GONE = {metric: lag(metric, "2x40 stale") for metric in LAGS}

# (alert, what, series, when, in minutes, how many of it fire)
MORE = [
    ("SilhouetteTargetsGone", "an autoscaler takes one away",
     up("classify", "1x400") | up("classify", "1x260 stale", "b"), 80, 0),
    ("SilhouetteTargetsGone", "one is down, which another alert is about",
     up("capture", "1x400") | up("capture", "1x260 0x100", "b"), 80, 0),
    ("SilhouetteServiceRestarts", "pods that are made anew", anew(15, 135, 255, 375, 495), 11, 1),
    ("SilhouetteServiceRestarts", "two of them", anew(15, 255), 11, 0),
    ("SilhouetteServiceRestarts", "a rollout of eight that ran for long",
     anew(*[15] * 8, every=80) | {key: value for at in range(8) for key, value in of(
         "classify_start_timestamp_seconds", "_x80 1200x100", instance="new-%d" % at).items()},
     22, 0),
    ("SilhouetteCertificateEnds", "which the other one is about", certificate(1), 100, 0),
    ("SilhouetteCertificateLastDays", "it has expired", certificate(0), 100, 1),
    ("SilhouettePacketsDropped", "one of 900",
     source(RECEIVED, "0+10x100") | source(DROPPED, "0x20 1x80"), 8, 0),
    ("SilhouetteNoPackets", "a listener that is young",
     source(RECEIVED, "0x200") | live(), 9, 0),
    ("SilhouetteNoPackets", "ten minutes of silence and no more",
     source(RECEIVED, "0+1x40 40x200") | live(), 21, 1),
    ("SilhouetteCaptureFailed", "a gap in what was scraped",
     of(FAILED, "1x20 _x40 1x100") | of(BEGAN, "0x20 _x40 0x100"), 22, 0),
    ("SilhouetteWindowLag", "feature-svc hears nothing any more",
     STALLED | GONE[LAGS[1]], 15, 1),
    ("SilhouetteWindowLag", "nothing is stored any more", STALLED | GONE[LAGS[0]], 15, 1),
    ("SilhouetteWindowLag", "nothing of what comes is in a window",
     STALLED | GONE[LAGS[0]] | of(UNSETTLED, "0x400"), 15, 0),
    ("SilhouetteWindowLag", "the capture has ended",
     STALLED | GONE[LAGS[0]] | GONE[LAGS[1]] | live("1x40 0x400"), 15, 0),
    ("SilhouetteWindowLag", "the link is silent",
     STALLED | GONE[LAGS[0]] | GONE[LAGS[1]] | source(RECEIVED, "500x400"), 18, 0),
    ("SilhouetteVerdictsSlow", "a folder, whose captures queue",
     latency(10, 90, 100, 100, name="folder:captures") | live(), 15, 0),
    ("SilhouetteVerdictsSlow", "files, jobs and what is told apart no more",
     latency(10, 90, 100, 100, name="files") | latency(10, 90, 100, 100, name="jobs")
     | latency(10, 90, 100, 100, name="other") | live(), 15, 0),
    ("SilhouetteIncident", "the first of its kind, which nothing was counted of",
     incidents("_x20 1x100"), 12, 1),
    ("SilhouetteIncident", "it was ten minutes ago", incidents("_x20 1x100"), 20, 0),
    ("SilhouetteStoreFull", "near its limit, and nothing goes",
     store("99x200", "100x200", "5000x200"), 30, 0),
    ("SilhouetteStoreFull", "what goes is old", store("50x200", "100x200", "0+2000x200"), 30, 0),
]

GATEWAY = {"job": "silhouette-gateway", "instance": "a"}
ON_ETH0 = {**GATEWAY, "source": "n/eth0"}
# (alert, series, when, in minutes, labels, what it says first)
SAID = [
    ("SilhouetteServiceRestarts", anew(15, 135, 255, 375, 495), 11, {"job": "silhouette-classify"},
     "silhouette-classify begins again and again"),
    ("SilhouetteServiceRestarts", CASES["SilhouetteServiceRestarts"][0], 10, GATEWAY,
     "silhouette-gateway at a begins again and again"),
    ("SilhouetteCertificateEnds", certificate(5), 100, GATEWAY,
     "The certificate of silhouette-gateway at a ends in 4d 22h 20m 0s"),
    ("SilhouetteCertificateLastDays", certificate(1), 100, GATEWAY,
     "The certificate of silhouette-gateway at a ends in 22h 20m 0s"),
    ("SilhouetteCertificateLastDays", certificate(0), 100, GATEWAY,
     "The certificate of silhouette-gateway at a has expired"),
    ("SilhouetteWindowLag", CASES["SilhouetteWindowLag"][0], 8, ON_ETH0,
     "n/eth0 is 45s behind the clock at silhouette-gateway"),
    ("SilhouetteWindowLag", STALLED | GONE[LAGS[0]], 15, {"source": "n/eth0"},
     "n/eth0 is captured, and nothing of it arrives"),
    ("SilhouetteVerdictsSlow", latency(10, 90, 100, 100) | live(), 15, ON_ETH0,
     "Verdicts on n/eth0 are stored 950ms after their windows closed"),
    ("SilhouetteVerdictsSlow", latency(10, 20, 30, 100) | live(), 15, ON_ETH0,
     "Verdicts on n/eth0 are stored 1s or more after their windows closed"),
    ("SilhouetteIncident", CASES["SilhouetteIncident"][0], 12, {**GATEWAY, "kind": "flood"},
     "silhouette-gateway at a has found an incident of high severity: flood"),
    ("SilhouetteTargetsGone", CASES["SilhouetteTargetsGone"][0], 80, {"job": "silhouette-capture"},
     "silhouette-capture has 1 target(s) fewer than an hour ago"),
]
