"""Every PromQL expression of the dashboards and alerts, with Grafana's variables filled in."""

import functools
import glob
import json
import os
import re

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DASHBOARDS = os.path.join(ROOT, "k8s", "dashboards")
ALERTS = os.path.join(ROOT, "k8s", "alerts")


def job(service):
    """The label `job` of a service's metrics, by its name: silhouette-capture of capture-svc."""
    return "silhouette-" + service.removesuffix("-svc")


@functools.cache
def dashboards():
    """{file name: what it holds}."""
    found = {}
    for path in sorted(glob.glob(os.path.join(DASHBOARDS, "*.json"))):
        with open(path, encoding="utf-8") as file:
            found[os.path.basename(path)] = json.load(file)
    return found


@functools.cache
def rule_files():
    found = {}
    for path in sorted(glob.glob(os.path.join(ALERTS, "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            found[path] = yaml.safe_load(file)
    return found


def alerts():
    """All alerting rules."""
    return [rule for held in rule_files().values() for group in held["groups"]
            for rule in group["rules"] if "alert" in rule]


def panels(dashboard):
    """With those in rows that are folded."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def panel_expressions():
    """(where it is, expression), as they are written."""
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                yield "%s: %s" % (name, panel["title"]), target["expr"]
        for annotation in dashboard["annotations"]["list"]:
            if "expr" in annotation:
                yield "%s: annotation %s" % (name, annotation["name"]), annotation["expr"]


def variables():
    """{name: (label, metric)} of those that are asked for by label_values(metric, label)."""
    found = {}
    for dashboard in dashboards().values():
        for variable in dashboard["templating"]["list"]:
            query = variable["query"]
            query = query["query"] if isinstance(query, dict) else query
            metric, label = re.fullmatch(r"label_values\((.+), *(\w+)\)", query).groups()
            found[variable["name"]] = (label, metric)
    return found


def fill(expression, values, interval="30s"):
    """As Grafana does: `values` are regular expressions by variable."""
    times = {"__rate_interval": interval, "__interval": interval, "__range": interval}
    def value(match):
        return {**times, **values}[match.group(1) or match.group(2)]
    return re.sub(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", value, expression)


def metrics(expression):
    """The names in it, regular expressions of names included, without what is made by Prometheus."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)
    names = set(re.findall(r"\bsilhouette_\w+", bare))
    for pattern in re.findall(r'__name__=~"([^"]*)"', expression):
        names.add(pattern)
    return names
