#!/usr/bin/python3
"""Writes a list of the published camera captures, and their truths, for silhouette train.

usage: learn/recipes/list_camera_motion.py DATA FOLDER

DATA holds blink-cam-01.pcap, blink-cam-02.pcap and motion_bursts.csv. Motion is a burst of 100 kB and
more with which the camera told its owner of motion.
"""

import csv
import os
import sys

CAMERAS = {"blink-cam-01": "192.168.1.129", "blink-cam-02": "192.168.1.130"}
LEAST_BYTES = 100_000


def nanoseconds(seconds):
    whole, part = seconds.split(".")
    return int(whole) * 10**9 + int(part.ljust(9, "0"))


def main():
    data, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(data, "motion_bursts.csv"), encoding="utf-8") as file:
        bursts = [row for row in csv.DictReader(file)
                  if int(row["bytes_on_wire"]) >= LEAST_BYTES
                  and row["motion_label_within_-60s_+120s"] == "1"]
    with open(os.path.join(folder, "cameras.tsv"), "w", encoding="utf-8") as listed:
        listed.write("path\tlabel\tdevice\ttruth\tsource\n")
        for camera, address in CAMERAS.items():
            with open(os.path.join(folder, camera + ".csv"), "w", encoding="utf-8") as truth:
                truth.write("start_ns,end_ns,label\n")
                for row in bursts:
                    if row["camera"] == camera:
                        truth.write("%d,%d,motion\n" % (nanoseconds(row["burst_start_epoch"]),
                                                        nanoseconds(row["burst_end_epoch"])))
            capture = os.path.relpath(os.path.join(data, camera + ".pcap"), folder)
            listed.write("%s\tidle\t%s\t%s.csv\t%s\n" % (capture, address, camera, camera))


if __name__ == "__main__":
    main()
