"""Every binary teaches itself: help, version, environment and config file."""

import os
import tempfile
import unittest

import harness

BINARIES = ["capture-svc", "feature-svc", "classify-svc", "gateway", "silhouette"]


class Commands(unittest.TestCase):
    def test_help_and_version_of_every_binary(self):
        for name in BINARIES:
            status, out, errors = harness.run_binary(name, "--help")
            self.assertEqual((status, errors), (0, ""), name)
            self.assertIn("--config", out)
            status, out, _ = harness.run_binary(name, "--version")
            self.assertEqual((status, out), (0, f"{name} 0.1.0\n"))

    def test_help_of_every_command_has_an_example(self):
        for command in (["run"], ["features"], ["schema"], ["packets"], ["timeline"], ["watch"], ["incidents"],
                        ["status"], ["simulate"], ["label"], ["train"], ["evaluate"], ["man"],
                        ["completion"]):
            status, out, _ = harness.run_tool(*command, "--help")
            self.assertEqual(status, 0)
            self.assertIn("Example", out, command)

    def test_every_flag_has_its_environment_variable(self):
        status, out, errors = harness.run_tool("run", harness.SAMPLE,
                                               env={"SILHOUETTE_JSON": "true"})
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(len(harness.json_lines(out, "summary")), 1)
        status, _, errors = harness.run_tool("run", harness.SAMPLE,
                                             env={"SILHOUETTE_HOME": "nonsense"})
        self.assertEqual(status, 2)
        self.assertIn("nonsense", errors)

    def test_a_config_file_sets_options_and_the_flag_wins(self):
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "silhouette.toml")
            with open(config, "w", encoding="utf-8") as file:
                file.write("[run]\njson = true\nalign = \"first\"\n")
            _, out, _ = harness.run_tool("run", harness.SAMPLE, "--config", config)
            first = harness.json_lines(out, "verdict")[0]["window_start_ns"]
            self.assertNotEqual(first % 500_000_000, 0)
            _, out, _ = harness.run_tool("run", harness.SAMPLE, "--config", config, "--align",
                                         "epoch")
            self.assertEqual(
                harness.json_lines(out, "verdict")[0]["window_start_ns"] % 500_000_000, 0)


if __name__ == "__main__":
    unittest.main()
