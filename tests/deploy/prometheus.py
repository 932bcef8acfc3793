"""A real Prometheus that scrapes real services."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

import yaml

import queries
from monitored import harness


def skip_without():
    for program in ("prometheus", "promtool"):
        if not shutil.which(program):
            raise unittest.SkipTest(program + " is not installed: ./dev setup test")


class Prometheus:
    """Scrapes often, on a port of its own, into a folder that goes with it. Ended by close."""

    INTERVAL_S = 0.5

    def __init__(self, services, rules=None):
        """`services` are harness.Service; `rules` a rule file's contents."""
        self._folder = tempfile.TemporaryDirectory(prefix="silhouette-prometheus-")
        self._known = []
        every = "%dms" % (1000 * self.INTERVAL_S)
        self._config = {
            "global": {"scrape_interval": every, "scrape_timeout": every,
                       "evaluation_interval": every},
            "scrape_configs": self._jobs(services),
        }
        if rules is not None:
            self._config["rule_files"] = [self._write("rules.yaml", rules)]
        self._start(self._write("prometheus.yaml", self._config))

    def _jobs(self, services):
        """Jobs stay when their last target goes: one that is not configured any more is
        remembered for minutes."""
        targets = {job: [] for job in self._known}
        for service in services:
            targets.setdefault(queries.job(service.name), []).append(service.address("metrics"))
        self._known = list(targets)
        return [{"job_name": job, "static_configs": [{"targets": addresses}]}
                for job, addresses in targets.items()]

    def look_after(self, services):
        """These instead."""
        self._write("prometheus.yaml", {**self._config, "scrape_configs": self._jobs(services)})
        self._process.send_signal(signal.SIGHUP)

    def _write(self, name, contents):
        path = os.path.join(self._folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(contents, file)
        return path

    def _start(self, config):
        self.log = []
        self._process = subprocess.Popen(
            ["prometheus", "--config.file", config, "--web.listen-address", "127.0.0.1:0",
             "--storage.tsdb.path", os.path.join(self._folder.name, "data"), "--log.level", "info"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        port = None
        while port is None:
            line = self._process.stderr.readline()
            if not line:
                raise AssertionError("prometheus ended:\n" + "".join(self.log))
            self.log.append(line)
            port = re.search(r'msg="Listening on" address=127\.0\.0\.1:(\d+)', line)
        self._url = "http://127.0.0.1:%s/api/v1/" % port.group(1)
        self._reader = threading.Thread(target=lambda: self.log.extend(self._process.stderr))
        self._reader.start()
        harness.wait_until(self._is_ready, "prometheus is ready")

    def _is_ready(self):
        try:
            return self.ask("status/buildinfo")
        except (urllib.error.URLError, OSError):
            return None

    def ask(self, what, **arguments):
        """What the API answers under `what`. Errors are AssertionError with what it says."""
        url = self._url + what + "?" + urllib.parse.urlencode(arguments, doseq=True)
        try:
            with urllib.request.urlopen(url, timeout=harness.TIMEOUT_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                raise
            raise AssertionError("%s: %s" % (arguments, error.read().decode())) from error

    def query(self, expression):
        """[(labels, value)] now."""
        result = self.ask("query", query=expression)["result"]
        return [(each["metric"], float(each["value"][1])) for each in result]

    def label_values(self, label, metric):
        return self.ask("label/%s/values" % label, **{"match[]": metric})

    def rules(self):
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def firing(self):
        """[labels] of the alerts that fire now."""
        return [alert["labels"] for alert in self.ask("alerts")["alerts"]
                if alert["state"] == "firing"]

    def close(self):
        self._process.terminate()
        self._process.wait(harness.TIMEOUT_S)
        self._reader.join(harness.TIMEOUT_S)
        self._process.stderr.close()
        self._folder.cleanup()
