"""`silhouette evaluate` against scikit-learn: every metric from what each model said of each row, and
k-means and k-nearest neighbours row for row. Needs Debian's scikit-learn and the published table."""

import collections
import csv
import json
import os
import sys
import tempfile
import unittest

import numpy as np
import pandas as pd
from sklearn import cluster, metrics, neighbors, preprocessing

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
import harness  # noqa: E402

TABLE = os.path.join(harness.SHARED, "presence", "zoom_call_windows.csv")
FEATURES = ["size_mean", "size_std", "size_median", "iat_mean", "iat_std", "iat_median",
            "inbound_packets", "outbound_packets", "total_packets"]
IGNORED = "window,start_s,end_s,segment,test_20pct_seed85,test_25pct_seed40"
COLUMN = "test_20pct_seed85"
MARGIN, BINS, RESAMPLES, SEED = 10, 10, 1000, 1
EXACT = 1e-9


def mersenne_twister(seed):
    """The 64-bit numbers of std::mt19937_64 (Matsumoto & Nishimura)."""
    mask, size = (1 << 64) - 1, 312
    state = [seed]
    for i in range(1, size):
        state.append((6364136223846793005 * (state[-1] ^ state[-1] >> 62) + i) & mask)
    while True:
        for i in range(size):
            x = (state[i] & 0xFFFFFFFF80000000) | (state[(i + 1) % size] & 0x7FFFFFFF)
            state[i] = state[(i + 156) % size] ^ x >> 1 ^ (0xB5026F5AA96619E9 if x & 1 else 0)
        for x in list(state):
            x ^= x >> 29 & 0x5555555555555555
            x ^= x << 17 & 0x71D67FFFEDA60000 & mask
            x ^= x << 37 & 0xFFF7EEE000000000 & mask
            yield x ^ x >> 43


def resampled_accuracy(right, blocks):
    """[low, high]: the middle 95 % of the accuracy of resampled blocks."""
    numbers = pd.factorize(np.asarray(blocks))[0]
    count = int(numbers.max()) + 1
    random = mersenne_twister(SEED)
    shares = []
    for _ in range(RESAMPLES):
        drawn = np.zeros(count)
        for _ in range(count):
            drawn[next(random) % count] += 1
        times = drawn[numbers]
        shares.append((times * right).sum() / times.sum())
    return [np.quantile(shares, 0.025), np.quantile(shares, 0.975)]


def calibration(stated, positive):
    places = np.minimum((stated * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for k in range(BINS):
        rows = places == k
        bins.append((int(rows.sum()), stated[rows].mean() if rows.any() else 0,
                     positive[rows].mean() if rows.any() else 0))
        error += bins[-1][0] * abs(bins[-1][1] - bins[-1][2])
    return bins, error / len(stated)


def predictions_of(path):
    """What was said, by (split, model, scale)."""
    groups = collections.defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            groups[row["split"], row["model"], row["scale"]].append(row)
    return {key: pd.DataFrame(rows) for key, rows in groups.items()}


def scaled(table, rows):
    scaler = preprocessing.StandardScaler().fit(table[FEATURES].to_numpy()[rows])
    return scaler.transform(table[FEATURES].to_numpy())


def blocked_folds(table):
    """(training, test) row numbers: two neighbouring segments out, and a margin around them."""
    for first in range(0, 10, 2):
        test = np.flatnonzero(table["segment"].isin([first, first + 1]))
        rows = np.arange(len(table))
        yield rows[(rows < test[0] - MARGIN) | (rows > test[-1] + MARGIN)], test


@unittest.skipUnless(os.path.exists(TABLE), "%s is missing" % TABLE)
class Evaluate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.table = pd.read_csv(TABLE)
        cls.truth = cls.table["person"].to_numpy()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "said.csv")
            status, out, errors = harness.run_tool(
                "evaluate", TABLE, "--label", "person", "--ignore", IGNORED, "--blocks", "segment",
                "--split", "column:" + COLUMN, "--split", "blocked", "--compare", "--json",
                "--predictions", path)
            assert status == 0, errors
            cls.said = predictions_of(path)
        cls.lines = [json.loads(line) for line in out.splitlines()]

    def line(self, split, model, scale=None):
        (line,) = [line for line in self.lines if line["split"] == split
                   and line["model"] == model and line.get("scale") == scale]
        return line

    def assert_close(self, told, expected, what):
        self.assertLessEqual(abs(told - expected), EXACT * max(1, abs(expected)), what)

    def check_line(self, line, said):
        what = (line["split"], line["model"], line.get("scale"))
        truth, guess = said["truth"].astype(int), said["said"].astype(int)
        stated = said[["p_0", "p_1"]].astype(float).to_numpy()
        tn, fp, fn, tp = metrics.confusion_matrix(truth, guess).ravel()
        self.assertEqual([line[key] for key in ("tn", "fp", "fn", "tp")], [tn, fp, fn, tp], what)
        self.assertEqual(line["confusion"], [[tn, fp], [fn, tp]], what)
        self.assert_close(line["accuracy"], metrics.accuracy_score(truth, guess), what)
        names = ("precision", "recall", "f1")
        for average, where in (("binary", line), ("macro", line["macro"]),
                               ("weighted", line["weighted"])):
            figures = metrics.precision_recall_fscore_support(truth, guess, average=average,
                                                              zero_division=0)
            for name, figure in zip(names, figures):
                self.assert_close(where[name], figure, what + (average, name))
        by_class = metrics.precision_recall_fscore_support(truth, guess, zero_division=0)
        for index, label in enumerate("01"):
            for name, figures in zip(names + ("rows",), by_class):
                self.assert_close(line["classes"][label][name], figures[index], what)
        self.assert_close(line["roc_auc"], metrics.roc_auc_score(truth, stated[:, 1]), what)
        right = (truth == guess).to_numpy()
        rows = said["line"].astype(int).to_numpy() - 2
        interval = resampled_accuracy(right, self.table["segment"].to_numpy()[rows])
        for told, expected in zip(line["accuracy_95"], interval):
            self.assert_close(told, expected, what)
        if "log_loss" in line:
            self.check_probabilities(line, truth.to_numpy(), stated, said)

    def check_probabilities(self, line, truth, stated, said):
        what = (line["split"], line["model"])
        self.assert_close(line["log_loss"], metrics.log_loss(truth, stated), what)
        self.assert_close(line["brier"], metrics.brier_score_loss(truth, stated[:, 1]), what)
        bins, error = calibration(stated[:, 1], truth)
        self.assert_close(line["calibration_error"], error, what)
        for told, (rows, mean, observed) in zip(line["calibration"], bins):
            self.assertEqual(told["rows"], rows, what)
            self.assert_close(told["stated"], mean, what)
            self.assert_close(told["observed"], observed, what)
        for timeline in ("forward", "viterbi"):
            states = said[timeline].astype(int).to_numpy()
            self.assert_close(line[timeline + "_accuracy"], (states == truth).mean(), what)

    def test_every_metric_is_scikit_learns(self):
        self.assertEqual(len(self.lines), 2 * (8 + 4) + 3)
        for line in self.lines:
            self.check_line(line, self.said[line["split"], line["model"], line.get("scale", "")])

    def test_each_row_is_tested_as_the_split_says(self):
        for (split, model, scale), said in self.said.items():
            rows = said["line"].astype(int).to_numpy() - 2
            if split.startswith("column:"):
                expected = np.flatnonzero(self.table[COLUMN])
            else:
                expected = np.arange(len(self.table))
            self.assertEqual(list(rows), list(expected), (split, model, scale))
            self.assertEqual(list(said["truth"].astype(int)), list(self.truth[rows]))

    def test_only_whole_blocks_with_a_margin_do_not_leak(self):
        for line in self.lines:
            honest = line["split"] == "blocked" and line.get("scale") != "all"
            self.assertEqual(line["leaks"], not honest, line)

    def test_k_means_names_each_row_as_scikit_learns_does(self):
        points = scaled(self.table, np.arange(len(self.table)))
        found = cluster.KMeans(2, n_init=20, random_state=1).fit(points).labels_
        if self.truth[found == 1].mean() < 0.5:  # a cluster is what most of its rows are
            found = 1 - found
        said = self.said["in-sample", "k_means", "train"]["said"].astype(int)
        self.assertEqual(list(said), list(found))
        line = self.line("in-sample", "k_means", "train")
        self.assertEqual([line[key] for key in ("tp", "fp", "tn", "fn")], [565, 163, 445, 32])

    def check_neighbours(self, split, scale, folds):
        expected = np.full(len(self.table), -1)
        for training, test in folds:
            everything = np.arange(len(self.table))
            points = scaled(self.table, everything if scale == "all" else training)
            model = neighbors.KNeighborsClassifier(5).fit(points[training], self.truth[training])
            expected[test] = model.predict(points[test])
        said = self.said[split, "k_nearest_neighbours", scale]
        rows = said["line"].astype(int).to_numpy() - 2
        self.assertEqual(list(said["said"].astype(int)), list(expected[rows]), (split, scale))

    def test_k_nearest_neighbours_name_each_row_as_scikit_learns_do(self):
        marked = self.table[COLUMN] == 1
        column = [(np.flatnonzero(~marked), np.flatnonzero(marked))]
        for scale in ("train", "all"):
            self.check_neighbours("column:" + COLUMN, scale, column)
            self.check_neighbours("blocked", scale, list(blocked_folds(self.table)))

    def test_the_published_figures_of_neighbours_come_with_the_published_leak(self):
        keys = ("tp", "fp", "tn", "fn")
        told = {scale: [self.line("column:" + COLUMN, "k_nearest_neighbours", scale)[key]
                        for key in keys] for scale in ("train", "all")}
        self.assertEqual(told, {"all": [104, 7, 116, 14], "train": [104, 8, 115, 14]})


if __name__ == "__main__":
    unittest.main()
