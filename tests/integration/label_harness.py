"""What the tests of `silhouette label` share."""

import os
import tempfile
import unittest

import harness

TOOL = os.path.join(harness.BIN, "silhouette")
HEADER = "start_ns,end_ns,label"


def read_truth(path):
    """[(start_ns, end_ns, label)] of a file with absolute times."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    assert lines[0].startswith("# recorded by silhouette label "), lines
    assert lines[1] == HEADER, lines
    rows = [line.split(",") for line in lines[2:]]
    return [(int(start), int(end), label) for start, end, label in rows]


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-label-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.truth = os.path.join(self.folder, "truth.csv")

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def labels(self):
        """Those on disk so far."""
        return [row[2] for row in read_truth(self.truth)] if os.path.exists(self.truth) else []

    def wait_for_labels(self, *labels):
        harness.wait_until(lambda: self.labels() == list(labels), "%s in the file" % (labels,))
