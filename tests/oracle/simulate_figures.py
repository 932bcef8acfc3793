#!/usr/bin/python3
"""Prints how near a simulated call comes to the real one, by class.

    /usr/bin/python3 tests/oracle/simulate_figures.py call.pcap truth.csv zoom_call_windows.csv

Reads the capture by itself, with none of the project's code: Ethernet, IPv4, UDP. Windows of 0.5 s
start at multiples of 0.5 s; a window takes the truth's label at its middle; an inter-arrival is the
time since the conversation's previous packet, also across a window's edge. Lag 1 is taken over a
class's windows in a row, across its blocks. Python's standard library and numpy only.
"""

import argparse
import csv
import ipaddress
import struct

import numpy as np

COLUMNS = ["size_mean", "size_std", "size_median", "iat_mean", "iat_std", "iat_median",
           "inbound_packets", "outbound_packets", "total_packets"]
WINDOW_US = 500_000


def read_capture(path, home, remote):
    """The capture's first time and the conversation's (time, size, is_outbound), in µs."""
    first, packets = None, []
    with open(path, "rb") as file:
        magic, _, _, _, _, _, link = struct.unpack("<IHHiIII", file.read(24))
        if magic != 0xa1b2c3d4 or link != 1:
            raise SystemExit(f"{path}: not a little-endian microsecond pcap of Ethernet frames")
        while record := file.read(16):
            seconds, micros, captured, length = struct.unpack("<IIII", record)
            frame = file.read(captured)
            time = seconds * 1_000_000 + micros
            first = time if first is None else first
            if frame[12:14] != b"\x08\x00" or frame[23] != 17:
                continue
            if {frame[26:30], frame[30:34]} == {home, remote}:
                packets.append((time, length, frame[26:30] == home))
    return first, packets


def read_truth(path):
    with open(path, newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [(float(row["start_s"]), float(row["end_s"]), row["label"]) for row in rows]


def nine_columns(sizes, gaps, outbound):
    return [np.mean(sizes), np.std(sizes, ddof=1), np.median(sizes),
            np.mean(gaps), np.std(gaps, ddof=1), np.median(gaps),
            len(sizes) - sum(outbound), sum(outbound), len(sizes)]


def windows_by_label(first, packets, truth):
    windows, previous = {}, None
    for time, size, outbound in packets:
        sizes, gaps, directions = windows.setdefault(time // WINDOW_US, ([], [], []))
        sizes.append(size)
        directions.append(outbound)
        if previous is not None:
            gaps.append((time - previous) / 1e6)
        previous = time
    result = {"person": [], "background": []}
    for index, window in sorted(windows.items()):
        middle = (index - first // WINDOW_US) * 0.5 + 0.25
        label = next((label for start, end, label in truth if start <= middle < end), None)
        if label is not None and len(window[1]) > 1:
            result[label].append(nine_columns(*window))
    return {label: np.array(rows) for label, rows in result.items()}


def read_table(path):
    with open(path, newline="") as file:
        rows = [([float(row[column]) for column in COLUMNS], row["person"])
                for row in csv.DictReader(file)]
    return {label: np.array([values for values, person in rows if person == flag])
            for label, flag in (("person", "1"), ("background", "0"))}


def lag1(values):
    centred = values - values.mean()
    return (centred[1:] * centred[:-1]).mean() / (centred ** 2).mean()


def print_class(label, simulated, published):
    print(f"\n{label}: {len(simulated)} simulated windows, {len(published)} published\n"
          f"{'':18}{'mean':>10}{'published':>11}{'off':>7}{'std':>11}{'published':>11}{'off':>7}"
          f"{'lag 1':>8}{'published':>11}")
    for i, column in enumerate(COLUMNS):
        scale = 1000 if column.startswith("iat") else 1
        ours, theirs = simulated[:, i] * scale, published[:, i] * scale
        means, stds = (ours.mean(), theirs.mean()), (ours.std(ddof=1), theirs.std(ddof=1))
        print(f"{column + (' ms' if scale > 1 else ''):18}"
              f"{means[0]:10.3f}{means[1]:11.3f}{means[0] / means[1] - 1:7.1%}"
              f"{stds[0]:11.3f}{stds[1]:11.3f}{stds[0] / stds[1] - 1:7.1%}"
              f"{lag1(ours):8.2f}{lag1(theirs):11.2f}")


def print_correlation(simulated, published):
    difference = np.corrcoef(simulated.T) - np.corrcoef(published.T)
    row, column = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    print(f"correlations differ by {np.abs(difference).mean():.2f} on average, at most by "
          f"{abs(difference[row, column]):.2f} ({COLUMNS[row]}, {COLUMNS[column]})")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pcap")
    parser.add_argument("truth")
    parser.add_argument("table")
    parser.add_argument("--home", default="192.168.1.20")
    parser.add_argument("--remote", default="203.0.113.7")
    options = parser.parse_args()
    ends = [ipaddress.IPv4Address(address).packed for address in (options.home, options.remote)]
    simulated = windows_by_label(*read_capture(options.pcap, *ends), read_truth(options.truth))
    published = read_table(options.table)
    for label in ("person", "background"):
        if len(simulated[label]) < 3:
            print(f"\n{label}: too few simulated windows")
            continue
        print_class(label, simulated[label], published[label])
        print_correlation(simulated[label], published[label])


if __name__ == "__main__":
    main()
