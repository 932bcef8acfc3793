"""The small disk of the fault tests."""

import os
import tempfile
import unittest

import small_disk

NO_DISK = ""


def setUpModule():
    global NO_DISK
    NO_DISK = small_disk.enter_own_mounts()


class Disk(unittest.TestCase):
    def setUp(self):
        if NO_DISK:
            self.skipTest(NO_DISK)
        folder = tempfile.TemporaryDirectory(prefix="silhouette-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.disk = small_disk.SmallDisk(self.folder)
        self.addCleanup(self.disk.close)

    def write(self):
        with open(os.path.join(self.folder, "file"), "wb", 0) as file:
            return file.write(bytes(4096))

    def test_a_full_one_takes_nothing_until_it_is_emptied(self):
        self.assertEqual(self.write(), 4096)
        for _ in range(2):
            self.disk.fill()
            with self.assertRaisesRegex(OSError, "No space left"):
                with open(os.path.join(self.folder, "another"), "wb", 0) as file:
                    file.write(b"x")
            self.disk.empty()
            self.assertEqual(self.write(), 4096)

    def test_nobody_else_sees_it(self):
        self.write()
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            self.assertIn(self.folder, mounts.read())
        with open("/proc/%d/mounts" % os.getppid(), encoding="utf-8") as mounts:
            self.assertNotIn(self.folder, mounts.read())

    def test_a_closed_one_is_gone_with_all_that_was_on_it(self):
        self.write()
        self.disk.close()
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main()
