"""The comparison of two stores notices every loss and every change."""

import os
import shutil
import sqlite3
import tempfile
import unittest

import store_contents
from store_contents import harness


class Comparison(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-faults-")
        cls.addClassCleanup(folder.cleanup)
        cls.path = os.path.join(folder.name, "verdicts.db")
        with harness.Suite("--file", harness.SAMPLE, "--once") as suite:
            suite.capture.process.wait(harness.TIMEOUT_S)
            suite.gateway.stop()
            shutil.copy(os.path.join(suite.folder, "verdicts.db"), cls.path)
        cls.expected = store_contents.read(cls.path)

    def read_after(self, *statements):
        """What a copy of the store holds after some SQL: a statement, or one with its values."""
        changed = self.path + ".changed"
        shutil.copy(self.path, changed)
        database = sqlite3.connect(changed)
        for statement in statements:
            database.execute(*statement)
        database.commit()
        database.close()
        return store_contents.read(changed)

    def check_noticed(self, said, *statements):
        found = self.read_after(*statements)
        lines = "\n".join(store_contents.differences(self.expected, found))
        self.assertIn(said, lines)

    def test_the_store_of_the_sample_is_whole(self):
        self.assertEqual(sum(map(len, self.expected.verdicts.values())), 240)
        self.assertEqual(len(self.expected.runs), 1)
        self.assertEqual(store_contents.broken_accounts(self.expected), [])

    def test_equal_stores_do_not_differ_whatever_their_row_ids_and_run_names(self):
        found = self.read_after(["UPDATE run SET id = 77, run = 'another'"],
                                ["UPDATE verdict SET run_id = 77, subject_id = subject_id + 5"],
                                ["UPDATE subject SET id = -id"],
                                ["UPDATE subject SET id = -id + 5"])
        self.assertEqual(store_contents.differences(self.expected, found), [])

    def test_a_missing_verdict(self):
        self.check_noticed("verdict missing: file:call.pcap, run 1, conversation:", ["""
            DELETE FROM verdict
            WHERE window_start_ns = (SELECT MAX(window_start_ns) FROM verdict)"""])

    def test_all_verdicts_missing_are_counted(self):
        self.check_noticed("verdicts missing: 240 in all", ["DELETE FROM verdict"])

    def test_a_verdict_too_many(self):
        self.check_noticed("verdict too many: ", ["""
            INSERT INTO verdict SELECT run_id, subject_id, series_id, 1, model_id, class_index,
            partial, probabilities, -1 FROM verdict LIMIT 1"""])

    def test_one_changed_bit_of_a_verdict(self):
        for table, column in (("verdict", "probabilities"), ("feature", "vector")):
            database = sqlite3.connect(self.path)
            value, number = database.execute(
                "SELECT %s, number FROM %s LIMIT 1" % (column, table)).fetchone()
            database.close()
            self.check_noticed("verdict different: ", [
                "UPDATE %s SET %s = ? WHERE number = ?" % (table, column),
                (value[:-1] + bytes([value[-1] ^ 1]), number)])

    def test_another_class_and_a_window_made_partial(self):
        self.check_noticed("; partial 1 instead of 0", [
            "UPDATE verdict SET class_index = 1 - class_index, partial = 1"])

    def test_verdicts_without_their_subject(self):
        with self.assertRaisesRegex(AssertionError, "240 of 240 verdicts name no"):
            self.read_after(["DELETE FROM subject"])

    def test_a_second_run(self):
        self.check_noticed("file:call.pcap, run 2: should not be there", ["""
            INSERT INTO run (origin, run, first_packet_ns, grid_start_ns, watermark_ns, ended,
            accounting, incomplete) SELECT origin, 'again', first_packet_ns, grid_start_ns,
            watermark_ns, ended, accounting, incomplete FROM run"""])

    def test_a_missing_run(self):
        self.check_noticed("file:call.pcap, run 1: is missing",
                           ["DELETE FROM verdict"], ["DELETE FROM run"])

    def test_what_a_run_says_of_itself(self):
        for column, value in (("first_packet_ns", 1), ("grid_start_ns", 1), ("watermark_ns", 1),
                              ("ended", 0), ("incomplete", "'cut'")):
            self.check_noticed("file:call.pcap, run 1: %s %s instead of" %
                               (column, str(value).strip("'")),
                               ["UPDATE run SET %s = %s" % (column, value)])

    def test_a_model_that_changed(self):
        self.check_noticed("models: ", ["UPDATE model SET version = version || '.1'"])

    def test_accounts_that_differ_or_do_not_balance(self):
        accounting = harness.messages("accounting").Accounting(received=5, windowed=3, pending=1)
        accounting.filtered.add(reason="not_ip", packets=2)
        change = ["UPDATE run SET accounting = ?", (accounting.SerializeToString(),)]
        self.check_noticed("received 5 instead of 28751", change)
        self.check_noticed("filtered as not_ip 2 instead of None", change)
        self.assertEqual(store_contents.broken_accounts(self.read_after(change)), [
            "file:call.pcap, run 1: 5 packets received, 6 accounted for",
            "file:call.pcap, run 1: 1 packets pending"])


if __name__ == "__main__":
    unittest.main()
