"""What a store holds, by names, and where it differs from what another one holds."""

import collections
import dataclasses
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness

SHOWN = 5  # differences of a kind that are listed one by one

RUNS = """SELECT id, origin, run, first_packet_ns, grid_start_ns, watermark_ns, ended, incomplete,
          accounting FROM run ORDER BY origin, run"""
VERDICTS = """SELECT run_id, subject.name, model.name, model.version, window_start_ns, class_index,
              partial, hex(probabilities), hex(vector) FROM verdict
              JOIN subject ON subject.id = subject_id JOIN model ON model.id = model_id
              LEFT JOIN feature ON feature.number = verdict.number"""
VERDICT_VALUES = ("class", "partial", "probabilities", "features")


@dataclasses.dataclass
class Contents:
    runs: dict  # name: {what: value}; "file:x.pcap, run 1", as runs are named by the clock
    models: list  # (name, version, head)
    verdicts: dict  # (run's name, subject, model, version, window start): [values] of each such row


def read(path):
    """What is in a store that no process has open."""
    database = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        runs, names, numbers = {}, {}, collections.Counter()
        for row_id, origin, _, *values, accounting in database.execute(RUNS):
            numbers[origin] += 1
            name = names[row_id] = "%s, run %d" % (origin, numbers[origin])
            runs[name] = dict(zip(("first_packet_ns", "grid_start_ns", "watermark_ns", "ended",
                                   "incomplete"), values), **_account(accounting))
        models = sorted(database.execute("SELECT name, version, hex(head) FROM model"))
        verdicts = collections.defaultdict(list)
        for run, *row in database.execute(VERDICTS):
            verdicts[(names[run], *row[:4])].append(row[4:])
        (stored,), = database.execute("SELECT COUNT(*) FROM verdict")
        joined = sum(map(len, verdicts.values()))
        if stored != joined:
            raise AssertionError("%d of %d verdicts name no run, subject or model" %
                                 (stored - joined, stored))
        return Contents(runs, models, dict(verdicts))
    finally:
        database.close()


def _account(accounting):
    """Where the packets went: {term: packets}, with "filtered as not_ip" for each reason."""
    message = harness.messages("accounting").Accounting.FromString(accounting)
    went = {term: getattr(message, term) for term in
            ("received", "windowed", "malformed", "late", "shed", "pending")}
    went.update({"filtered as " + count.reason: count.packets for count in message.filtered})
    went["dropped by the kernel"] = message.loss.kernel_dropped_packets
    went["dropped by the interface"] = message.loss.interface_dropped_packets
    return went


def differences(expected, found):
    """Lines that say where `found` is not exactly `expected`; none when it is."""
    lines = []
    if found.models != expected.models:
        lines.append("models: %s instead of %s" % (found.models, expected.models))
    for name in sorted({*expected.runs, *found.runs}):
        lines += _run_differences(name, expected.runs.get(name), found.runs.get(name))
    missing = sorted(expected.verdicts.keys() - found.verdicts.keys())
    extra = sorted(found.verdicts.keys() - expected.verdicts.keys())
    lines += _listed("missing", map(_words, missing))
    lines += _listed("too many", map(_words, extra))
    lines += _listed("different", [
        "%s: %s" % (_words(key), "; ".join(_row_differences(rows, found.verdicts[key])))
        for key, rows in sorted(expected.verdicts.items())
        if found.verdicts.get(key, rows) != rows])
    return lines


def broken_accounts(contents):
    """Lines about runs whose packets are not all accounted for."""
    lines = []
    for name, run in contents.runs.items():
        went = sum(count for term, count in run.items() if term.startswith("filtered as ") or
                   term in ("windowed", "malformed", "late", "shed", "pending"))
        if run["received"] != went:
            lines.append("%s: %d packets received, %d accounted for" %
                         (name, run["received"], went))
        if run["pending"] != 0:
            lines.append("%s: %d packets pending" % (name, run["pending"]))
    return lines


def _run_differences(name, expected, found):
    if expected is None:
        return ["%s: should not be there" % name]
    if found is None:
        return ["%s: is missing" % name]
    return ["%s: %s %s instead of %s" % (name, what, found.get(what), expected.get(what))
            for what in sorted({*expected, *found}) if found.get(what) != expected.get(what)]


def _row_differences(expected, found):
    if len(found) != len(expected):
        return ["%d rows instead of %d" % (len(found), len(expected))]
    return ["%s %s instead of %s" % (what, new, old)
            for was, now in zip(expected, found)
            for what, old, new in zip(VERDICT_VALUES, was, now) if old != new]


def _listed(what, verdicts):
    """The first ones, and how many there are."""
    verdicts = list(verdicts)
    lines = ["verdict %s: %s" % (what, verdict) for verdict in verdicts[:SHOWN]]
    if len(verdicts) > SHOWN:
        lines.append("verdicts %s: %d in all" % (what, len(verdicts)))
    return lines


def _words(key):
    run, subject, model, version, start = key
    return "%s, %s, model %s %s, window at %d ns" % (run, subject, model, version, start)
