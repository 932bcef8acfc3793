"""For each alert, metrics that it must fire on, metrics beside them that it must not, and when to look.

{alert: (bad, good, minutes)}; both are {series: values} in promtool's notation, a value every 15 s.
"""

ALL_UP = {'up{job="%s",instance="a"}' % job: "1x100"
          for job in ("gateway", "capture-svc", "feature-svc", "classify-svc")}


def of(metric, job, values, labels=""):
    return {'silhouette_%s{job="%s",instance="a"%s}' % (metric, job, labels): values}


def source(metric, values, name="n/eth0"):
    return of("capture_" + metric, "capture-svc", values, ',source="%s"' % name)


def latency(*counts):
    """Batches a step that are stored within 0.01 s, 0.5 s, 1 s, and in all."""
    made = {}
    for upper, count in zip(("0.01", "0.5", "1", "+Inf"), counts):
        made |= of("gateway_verdict_latency_seconds_bucket", "gateway", "0+%dx100" % count,
                   ',source="n/eth0",le="%s"' % upper)
    return made


def accounts(received, windowed, filtered, pending):
    return (of("feature_received_packets_total", "feature-svc", received)
            | of("feature_windowed_packets_total", "feature-svc", windowed)
            | of("feature_filtered_packets_total", "feature-svc", filtered, ',reason="not_ip"')
            | of("feature_pending_packets", "feature-svc", pending)
            # Which are no terms of it.
            | of("feature_link_shed_packets_total", "feature-svc", "7x100")
            | of("feature_kernel_dropped_packets_total", "feature-svc", "9x100"))


DROPPED, RECEIVED, SHED = ("source_%s_packets_total" % each
                           for each in ("dropped", "received", "shed"))
MIB = 1 << 20

CASES = {
    "SilhouetteServiceDown": (
        ALL_UP | {'up{job="gateway",instance="b"}': "1x3 0x100"},
        ALL_UP | {'up{job="gateway",instance="b"}': "1x3 0x2 1x100", 'up{job="other"}': "0x100"}, 5),
    "SilhouetteServiceMissing": (
        {series: values for series, values in ALL_UP.items() if "classify" not in series},
        ALL_UP, 10),
    "SilhouetteServiceRestarts": (
        of("gateway_start_timestamp_seconds", "gateway", "1x5 2x5 3x5 4x5 5x100"),
        of("gateway_start_timestamp_seconds", "gateway", "1x5 2x5 3x100"), 10),
    "SilhouetteCallsRefused": (
        of("gateway_refused_calls_total", "gateway", "0+3x100", ',reason="rate"'),
        of("gateway_refused_calls_total", "gateway", "7x100", ',reason="rate"'), 15),
    "SilhouetteCertificateEnds": (
        of("gateway_tls_certificate_end_timestamp_seconds", "gateway", "%dx1000" % (5 * 86400)),
        of("gateway_tls_certificate_end_timestamp_seconds", "gateway", "%dx1000" % (20 * 86400)),
        100),
    "SilhouetteCertificateNotTaken": (
        of("gateway_tls_failed_reloads_total", "gateway", "0x20 1x100"),
        of("gateway_tls_failed_reloads_total", "gateway", "1x100"), 15),
    "SilhouettePacketsDropped": (
        source(RECEIVED, "0+1000x100") | source(DROPPED, "0+10x100"),
        source(RECEIVED, "0+100000x100") | source(DROPPED, "0+10x100"), 10),
    "SilhouettePacketsShed": (source(SHED, "0+1x100"), source(SHED, "5x100"), 10),
    "SilhouettePacketsForgotten": (
        of("capture_link_shed_packets_total", "capture-svc", "0x20 90x20"),
        of("capture_link_shed_packets_total", "capture-svc", "90x100"), 10),
    "SilhouetteNoPackets": (
        source(RECEIVED, "500x200") | source("live_captures", "1x200"),
        source(RECEIVED, "500x200") | source("live_captures", "0x200")
        | source(RECEIVED, "500+1x200", "n/eth1") | source("live_captures", "1x200", "n/eth1"), 20),
    "SilhouetteCaptureFailed": (
        of("capture_failed_captures_total", "capture-svc", "_x20 1x100"),
        of("capture_failed_captures_total", "capture-svc", "1x100"), 14),
    "SilhouetteAccountsDoNotAddUp": (
        accounts("0+10x100", "0+9x100", "0+0x100", "5x100"),
        accounts("5+10x100", "0+9x100", "0+1x100", "5x100"), 10),
    "SilhouetteWindowLag": (
        of("gateway_window_lag_seconds", "gateway", "2x4 45x100", ',source="n/eth0"'),
        of("gateway_window_lag_seconds", "gateway", "2x4 45x4 2x100", ',source="n/eth0"'), 8),
    "SilhouetteVerdictsSlow": (latency(10, 90, 100, 100), latency(90, 100, 100, 100), 15),
    "SilhouetteLinkNotSettling": (
        of("feature_link_oldest_unsettled_seconds", "feature-svc", "0x4 5+15x100")
        | of("capture_link_oldest_unsent_seconds", "capture-svc", "0x100"),
        # Packets wait for long windows.
        of("feature_link_oldest_unsettled_seconds", "feature-svc", "5x100")
        | of("capture_link_oldest_unsettled_seconds", "capture-svc", "0+15x100"), 10),
    "SilhouetteModelRefused": (
        of("classify_refused_models_total", "classify-svc", "1x100"),
        of("classify_refused_models_total", "classify-svc", "0x100"), 1),
    "SilhouetteStoreFailing": (
        of("gateway_store_failing", "gateway", "0x4 1x100"),
        of("gateway_store_failing", "gateway", "0x4 1x1 0x100"), 5),
    "SilhouetteStoreFull": (
        of("gateway_store_bytes", "gateway", "99x200") | of("gateway_store_limit_bytes", "gateway",
                                                            "100x200"),
        of("gateway_store_bytes", "gateway", "99x200") | of("gateway_store_limit_bytes", "gateway",
                                                            "0x200"), 30),
    "SilhouetteDiskFull": (
        of("gateway_store_free_bytes", "gateway", "%dx100" % (100 * MIB)),
        of("gateway_store_free_bytes", "gateway", "%dx100" % (1000 * MIB)), 10),
    "SilhouetteJobWaits": (
        of("gateway_oldest_queued_job_seconds", "gateway", "0+15x200"),
        of("gateway_oldest_queued_job_seconds", "gateway", "0+15x20 0x200"), 20),
}
