#!/usr/bin/env python3
"""Makes the dashboards beside this file: python3 make.py. A test holds them against what this makes.

Grafana takes them by file provisioning; the data source is the Prometheus under the uid in panels.py,
whose label `job` is silhouette-capture and so on.
"""

import json
import os

import panels
from panels import GREEN, MODEL, RED, SOURCE, YELLOW, heatmap, series, stat, table

FOLDER = os.path.dirname(os.path.abspath(__file__))
JOBS = "silhouette-(capture|feature|classify|gateway)"
OR_NONE = " or vector(0)"  # what nobody tells of is none, and may be red
TITLES = {"overview": "overview", "capture": "capture-svc", "feature": "feature-svc",
          "classify": "classify-svc", "gateway": "gateway", "models": "models and what they see"}


def dashboard(name, *parts):
    return panels.dashboard(name, TITLES, *parts)


# ---- panels of several dashboards ---------------------------------------------------------------


def process(short, name):
    """What a process takes, and how it began."""
    return [
        stat("Processes that answer", "Of %s, on their metrics ports." % name, "none",
             'sum(up{job="silhouette-%s"})' % short + OR_NONE, (RED, None), (GREEN, 1)),
        stat("Version", "What runs; several at a time are a rollout.", "none",
             "count by (version) (silhouette_%s_build_info)" % short, legend="{{version}}",
             text="name"),
        stat("Up for", "Of the process that began last.", "s",
             "time() - max(silhouette_%s_start_timestamp_seconds)" % short, (YELLOW, None),
             (GREEN, 600)),
        stat("Processor", "Cores that a process uses, the one that uses most.", "none",
             "max(rate(silhouette_%s_cpu_seconds_total[$__rate_interval]))" % short),
        stat("Memory", "In use, by the process that uses most.", "bytes",
             "max(silhouette_%s_resident_memory_bytes)" % short),
        stat("Calls refused", "In the last hour: a peer had too many open, began too many, or there"
             " were too many peers.", "none",
             "sum(increase(silhouette_%s_refused_calls_total[1h]))" % short, (GREEN, None),
             (YELLOW, 1)),
    ]


def accounts(short):
    prefix = "silhouette_%s_" % short
    terms = [("windowed", "windowed"), ("malformed", "malformed"), ("late", "late"),
             ("shed", "shed")]
    return series(
        "Where packets went", "The accounting identity: what was received is the sum of these and of"
        " what is pending. What is shed or late is missing from windows.", "pps",
        *[("sum(rate(%s%s_packets_total[$__rate_interval]))" % (prefix, term), legend)
          for term, legend in terms],
        ("sum by (reason) (rate(%sfiltered_packets_total[$__rate_interval]))" % prefix,
         "filtered: {{reason}}"), stacked=True, width=12)


def link(short, to):
    prefix = "silhouette_%s_link_" % short
    return [
        series("Link to %s: age" % to, "Since when the oldest batch of any link waits: to be taken,"
               " and to be stored. Packets wait for the windows that they belong to.", "s",
               ("max(%soldest_unsent_seconds)" % prefix, "not taken"),
               ("max(%soldest_unsettled_seconds)" % prefix, "not stored"), steps=(
                   (GREEN, None), (RED, 60))),
        series("Link to %s: memory" % to, "Batches kept until they are stored and no window looks"
               " back to them, and those of them that no stream took yet.", "bytes",
               ("sum(%sheld_bytes)" % prefix, "held"), ("sum(%sunsent_bytes)" % prefix, "unsent")),
        series("Link to %s: breaks" % to, "Streams that ended before their time.", "none",
               ("sum(increase(%sbreaks_total[$__rate_interval]))" % prefix, "breaks")),
        series("Link to %s: batches not kept" % to, "That found no room until they were stored: a"
               " break would lose their packets.", "none",
               ("sum(increase(%sforgotten_batches_total[$__rate_interval]))" % prefix, "batches")),
        series("Link to %s: packets lost" % to, "By a break, as their batches were not kept.",
               "none", ("sum(increase(%sshed_packets_total[$__rate_interval]))" % prefix,
                        "packets"), steps=((GREEN, None), (RED, 1))),
    ]


def streams(short):
    return [
        series("Streams that come in", "That are open.", "none",
               ("sum(silhouette_%s_open_streams)" % short, "open")),
        series("Streams that ended", "By status: other than OK and CANCELLED is an error of one of"
               " the two ends.", "none",
               ("sum by (status) (increase(silhouette_%s_ended_streams_total[$__rate_interval]))"
                % short, "{{status}}")),
    ]


def certificate():
    return stat("Certificate", "Until the TLS certificate that ends first does; empty without TLS.",
                "s", 'min({__name__=~"silhouette_[a-z]+_tls_certificate_end_timestamp_seconds"})'
                " - time()", (RED, None), (YELLOW, 0), (GREEN, 14 * 86400))


def latency(quantile):
    return ("histogram_quantile(%s, sum by (source, le) (rate(silhouette_gateway_verdict_latency"
            '_seconds_bucket{source=~"$source"}[$__rate_interval])))' % quantile)


PACKETS = series("Packets", "Received by each source.", "pps",
                 ('sum by (source) (rate(silhouette_capture_source_received_packets_total'
                  '{source=~"$source"}[$__rate_interval]))', "{{source}}"))
LOST = series(
    "Packets lost", "Dropped by the kernel or the interface before they were read, or left out under"
    " overload: they are missing from windows.", "pps",
    ('sum by (source) (rate(silhouette_capture_source_dropped_packets_total{source=~"$source"}'
     "[$__rate_interval]))", "{{source}}: dropped"),
    ('sum by (source) (rate(silhouette_capture_source_shed_packets_total{source=~"$source"}'
     "[$__rate_interval]))", "{{source}}: shed"), steps=((GREEN, None), (RED, 1)))
LAG = series(
    "Behind the clock", "Of each interface: the wall clock when its newest verdicts were stored, less"
    " the end of their window. Clocks of two nodes: as wrong as they differ.", "s",
    ('silhouette_gateway_window_lag_seconds{source=~"$source"}', "{{source}}: windows"),
    ('silhouette_feature_watermark_lag_seconds{source=~"$source"}', "{{source}}: packets"),
    steps=((GREEN, None), (RED, 30)))
LATENCY = series(
    "Verdict latency", "From when capture-svc gave on the packets that closed a window until its"
    " verdicts were stored. Files come as fast as they are taken, and queue.", "s",
    (latency(0.5), "{{source}}: half of them"), (latency(0.99), "{{source}}: 99 of 100"),
    steps=((GREEN, None), (RED, 0.5)))
SEEN = series(
    "What is seen", "Verdicts by the class that they say.", "ops",
    ('sum by (model, class) (rate(silhouette_classify_verdicts_total{model=~"$model",'
     'source=~"$source"}[$__rate_interval]))', "{{model}}: {{class}}"), stacked=True)


# ---- the six ------------------------------------------------------------------------------------


def overview():
    return dashboard("overview", "Is it working, and what is it seeing?", [SOURCE, MODEL], [
        stat("Services that answer", "Kinds of services, of four, of which a process answers.",
             "none", 'count(sum by (job) (up{job=~"%s"}) > 0)' % JOBS + OR_NONE, (RED, None),
             (GREEN, 4)),
        stat("Packets now", "Received by all captures.", "pps",
             "sum(rate(silhouette_capture_received_packets_total[$__rate_interval]))"),
        stat("Share lost", "Of the packets that came: dropped before they were read, or shed.",
             "percentunit",
             "(sum(rate(silhouette_capture_source_dropped_packets_total[$__rate_interval])) + "
             "sum(rate(silhouette_capture_source_shed_packets_total[$__rate_interval]))) / "
             "(sum(rate(silhouette_capture_source_dropped_packets_total[$__rate_interval])) + "
             "sum(rate(silhouette_capture_source_received_packets_total[$__rate_interval])) > 0)"
             + OR_NONE, (GREEN, None), (YELLOW, 0.0001), (RED, 0.001)),
        stat("Verdicts now", "Stored by the gateway.", "ops",
             "sum(rate(silhouette_gateway_stored_verdicts_total[$__rate_interval]))"),
        stat("Store", "Whether it can be written.", "none",
             "max(silhouette_gateway_store_failing)", (GREEN, None), (RED, 1), mappings=[
                 {"type": "value", "options": {"0": {"text": "works"}, "1": {"text": "fails"}}}]),
        certificate(),
        PACKETS, LOST, SEEN, LAG, LATENCY,
        series("Incidents", "Found by models that report them, by kind and severity; those that"
               " became worse count once more.", "none",
               ("sum by (kind, severity) (increase(silhouette_gateway_incidents_total"
                '[$__rate_interval])) or label_replace(vector(0), "kind", "none", "", "")',
                "{{kind}} {{severity}}"), stacked=True),
        series("Queues", "Since when the oldest waits, in each place where something can.", "s",
               ("max(silhouette_capture_link_oldest_unsent_seconds)", "packets, for feature-svc"),
               ("max(silhouette_feature_link_oldest_unsettled_seconds)", "windows, to be stored"),
               ("max(silhouette_gateway_store_oldest_waiting_seconds)", "verdicts, for the store"),
               ("max(silhouette_gateway_oldest_queued_job_seconds)", "jobs, for a capture-svc"),
               steps=((GREEN, None), (RED, 60))),
        accounts("gateway"),
        table("Versions", "What runs where.",
              '{__name__=~"silhouette_[a-z]+_build_info"}'),
    ])


def capture():
    return dashboard("capture", "Reads packets and parses their headers.", [SOURCE], [
        *process("capture", "capture-svc"),
        PACKETS, LOST, LAG, accounts("capture"),
        series("Captures", "That run, by source, and those that are interfaces.", "none",
               ('sum by (source) (silhouette_capture_running_captures{source=~"$source"})',
                "{{source}}: running"),
               ('sum by (source) (silhouette_capture_live_captures{source=~"$source"})',
                "{{source}}: live"), width=6),
        series("Failed captures", "That ended with an error, or before their source did.", "none",
               ("sum(increase(silhouette_capture_failed_captures_total[$__rate_interval]))",
                "failed"), steps=((GREEN, None), (RED, 1)), width=6),
        series("Overload rung", "Of the capture that is worst off: 1 bigger batches, 2 devices are"
               " shed, 3 all that comes is dropped.", "none",
               ("max(silhouette_capture_overload_rung)", "rung"),
               steps=((GREEN, None), (YELLOW, 1), (RED, 2))),
        series("Devices shed", "Share of the devices that it leaves out.", "percentunit",
               ("max(silhouette_capture_shed_device_ratio)", "share"),
               steps=((GREEN, None), (RED, 0.01))),
        series("Fragments forgotten", "First fragments of datagrams, as more were open than there"
               " is room for; the others of them are told apart by less.", "ops",
               ("sum(rate(silhouette_capture_forgotten_fragments_total[$__rate_interval]))",
                "fragments")),
        *link("capture", "feature-svc"),
    ])


def feature():
    return dashboard("feature", "Makes windows of features of packets.", [SOURCE], [
        *process("feature", "feature-svc"),
        series("Windows", "Closed, and those of them that a limit cut short.", "ops",
               ("sum(rate(silhouette_feature_windows_total[$__rate_interval]))", "closed"),
               ("sum(rate(silhouette_feature_partial_windows_total[$__rate_interval]))",
                "partial")),
        series("Subjects", "Held for open windows and horizons.", "none",
               ("sum(silhouette_feature_subjects)", "held")),
        series("Subjects evicted", "That made room for others before their time.", "none",
               ("sum(increase(silhouette_feature_evicted_subjects_total[$__rate_interval]))",
                "evicted")),
        series("Samples", "Packets held for open windows.", "none",
               ("sum(silhouette_feature_samples)", "packets")),
        LAG,
        stat("Specs", "What the loaded models ask for; without any, no stream is served.", "none",
             "min(silhouette_feature_specs)" + OR_NONE, (RED, None), (GREEN, 1), width=8),
        *streams("feature"), *link("feature", "classify-svc"), accounts("feature"),
    ])


def classify():
    return dashboard("classify", "Gives windows verdicts.", [SOURCE, MODEL], [
        *process("classify", "classify-svc"),
        stat("Models", "That are loaded.", "none", "count(count by (model) ("
             "silhouette_classify_model_info))" + OR_NONE, (RED, None), (GREEN, 1), width=6),
        stat("Models refused", "Bundles left out when models were loaded; the log says why.",
             "none", "max(silhouette_classify_refused_models_total)", (GREEN, None), (RED, 1),
             width=6),
        table("Model versions", "What is loaded where.", "silhouette_classify_model_info"),
        series("Verdicts", "Given, by model.", "ops",
               ('sum by (model) (rate(silhouette_classify_verdicts_total{model=~"$model",'
                'source=~"$source"}[$__rate_interval]))', "{{model}}")),
        SEEN, *streams("classify"), accounts("classify"),
    ])


def gateway():
    return dashboard("gateway", "Stores verdicts and answers people.", [SOURCE], [
        *process("gateway", "gateway"),
        series("Verdicts", "Stored, and those that were there already, as after a break.", "ops",
               ("sum(rate(silhouette_gateway_stored_verdicts_total[$__rate_interval]))", "stored"),
               ("sum(rate(silhouette_gateway_repeated_verdicts_total[$__rate_interval]))",
                "repeated")),
        LATENCY, LAG,
        heatmap("Verdict latency, all", "How many batches took how long, from capture-svc to the"
                " store.", "s",
                'sum by (le) (increase(silhouette_gateway_verdict_latency_seconds_bucket'
                '{source=~"$source"}[$__rate_interval]))'),
        series("Waiting for the store: age", "Since when the oldest batch does that came and is not"
               " stored yet.", "s",
               ("max(silhouette_gateway_store_oldest_waiting_seconds)", "oldest"),
               steps=((GREEN, None), (RED, 60)), width=12),
        series("Waiting for the store: batches", "That came and are not stored yet.", "none",
               ("sum(silhouette_gateway_store_waiting_batches)", "batches")),
        series("Tried again", "Batches, as the store could not be written.", "none",
               ("sum(increase(silhouette_gateway_store_retries_total[$__rate_interval]))",
                "batches"), steps=((GREEN, None), (RED, 1))),
        series("Store", "What it takes, what it may take before its oldest verdicts go, and what is"
               " free on its disk.", "bytes",
               ("max(silhouette_gateway_store_bytes)", "used"),
               ("max(silhouette_gateway_store_limit_bytes)", "limit"),
               ("min(silhouette_gateway_store_free_bytes)", "free on the disk")),
        series("Verdicts deleted", "Because of their age or the store's size.", "ops",
               ("sum(rate(silhouette_gateway_deleted_verdicts_total[$__rate_interval]))",
                "verdicts")),
        series("Features deleted", "Before their verdicts, because of their age.", "ops",
               ("sum(rate(silhouette_gateway_deleted_features_total[$__rate_interval]))", "rows")),
        series("Spool", "Captures whose jobs have not ended, cut to headers.", "bytes",
               ("sum(silhouette_gateway_spool_bytes)", "used"),
               ("sum(silhouette_gateway_spool_limit_bytes)", "limit")),
        series("Jobs", "That are remembered, by state.", "none",
               ("sum by (state) (silhouette_gateway_jobs)", "{{state}}"), stacked=True),
        series("Longest wait of a job", "For a capture-svc.", "s",
               ("max(silhouette_gateway_oldest_queued_job_seconds)", "oldest"),
               steps=((GREEN, None), (RED, 600))),
        series("Watchers", "Streams that follow verdicts, over gRPC and over the web port.",
               "none", ("sum(silhouette_gateway_watchers)", "gRPC"),
               ("sum(silhouette_gateway_web_watchers)", "web")),
        series("Web connections", "That are open on the web port.", "none",
               ("sum(silhouette_gateway_web_connections)", "connections")),
        series("Web requests", "Answered, by route and family of the status.", "reqps",
               ("sum by (route, status) (rate(silhouette_gateway_web_requests_total"
                "[$__rate_interval]))", "{{route}} {{status}}")),
        series("Web requests refused", "Turned away, by reason.", "reqps",
               ("sum by (reason) (rate(silhouette_gateway_web_refused_total[$__rate_interval]))",
                "{{reason}}")),
        *streams("gateway"), accounts("gateway"),
    ])


def models():
    probability = 'silhouette_classify_verdict_probability_ratio_%s{model=~"$model"}'
    return dashboard("models", "What the models say, and how sure they are.", [SOURCE, MODEL], [
        SEEN,
        series("Share of each class", "Of the verdicts of its model.", "percentunit",
               ('sum by (model, class) (rate(silhouette_classify_verdicts_total{model=~"$model",'
                'source=~"$source"}[$__rate_interval])) / on (model) group_left () sum by (model) ('
                'rate(silhouette_classify_verdicts_total{model=~"$model",source=~"$source"}'
                "[$__rate_interval]))", "{{model}}: {{class}}")),
        series("By source", "Verdicts on each.", "ops",
               ('sum by (source, class) (rate(silhouette_classify_verdicts_total{model=~"$model",'
                'source=~"$source"}[$__rate_interval]))', "{{source}}: {{class}}")),
        series("Mean probability", "Of the class that a verdict says. When it falls, the model sees"
               " what it was not trained on.", "percentunit",
               ("sum by (model) (rate(%s[$__rate_interval])) / sum by (model) (rate(%s"
                "[$__rate_interval]))" % (probability % "sum", probability % "count"),
                "{{model}}"), width=12),
        heatmap("Probabilities", "How many verdicts are how sure.", "percentunit",
                "sum by (le) (increase(%s[$__rate_interval]))" % (probability % "bucket")),
        table("Model versions", "What is loaded where.",
              'silhouette_classify_model_info{model=~"$model"}'),
        stat("Loaded", "When the newest was.", "dateTimeFromNow",
             'max by (model) (silhouette_classify_model_loaded_timestamp_seconds{model=~"$model"})'
             " * 1000", legend="{{model}}", width=6),
        stat("Refused", "Bundles left out when models were loaded.", "none",
             "max(silhouette_classify_refused_models_total)", (GREEN, None), (RED, 1), width=6),
    ])


def all_dashboards():
    """{file name: its text}."""
    made = [overview(), capture(), feature(), classify(), gateway(), models()]
    return {each["uid"].removeprefix("silhouette-") + ".json": json.dumps(each, indent=1) + "\n"
            for each in made}


if __name__ == "__main__":
    for name, text in all_dashboards().items():
        with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as file:
            file.write(text)
