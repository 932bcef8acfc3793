"""What dashboards are made of: panels, variables, annotations; see make.py."""

DATASOURCE = {"type": "prometheus", "uid": "silhouette-prometheus"}
WIDTH = 24
GREEN, YELLOW, RED = "green", "yellow", "red"

# ---- panels -------------------------------------------------------------------------------------


def target(expression, legend="", instant=False, heatmap=False):
    return {"datasource": DATASOURCE, "expr": expression, "legendFormat": legend or "__auto",
            "instant": instant, "range": not instant, **({"format": "heatmap"} if heatmap else {})}


def thresholds(*steps):
    """(colour, from value); the first from anywhere."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value}
                                          for color, value in steps]}


class Panel:
    """One panel; `targets` are [(expression, legend)]. `steps` colour it by value."""

    def __init__(self, kind, title, description, unit, targets, steps=((GREEN, None),), width=8,
                 height=7, **more):
        self.kind, self.title, self.description = kind, title, description
        self.unit, self.targets, self.steps = unit, targets, steps
        self.width, self.height, self.more = width, height, more

    def json(self, number, x, y):
        made = {
            "id": number, "type": self.kind, "title": self.title, "description": self.description,
            "datasource": DATASOURCE, "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": [{"refId": chr(ord("A") + i), **each} for i, each in enumerate(
                target(expression, legend, self.kind in ("stat", "table"), self.kind == "heatmap")
                for expression, legend in self.targets)],
            "fieldConfig": {"defaults": {"unit": self.unit, "thresholds": thresholds(*self.steps),
                                         "color": {"mode": self.color()}, "min": 0,
                                         "custom": self.custom(),
                                         "mappings": self.more.get("mappings", [])},
                            "overrides": []},
            "options": self.options(),
        }
        if self.kind == "table":
            made["transformations"] = [{"id": "labelsToFields", "options": {"mode": "columns"}},
                                       {"id": "merge", "options": {}}]
        return made

    def color(self):
        return "thresholds" if self.kind == "stat" else "palette-classic"

    def custom(self):
        if self.kind != "timeseries":
            return {}
        stacking = {"mode": "normal" if self.more.get("stacked") else "none"}
        return {"lineWidth": 1, "fillOpacity": 30 if self.more.get("stacked") else 5,
                "stacking": stacking, "showPoints": "never",
                "thresholdsStyle": {"mode": "line" if len(self.steps) > 1 else "off"}}

    def options(self):
        if self.kind == "stat":
            return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "background",
                    "graphMode": "none", "textMode": self.more.get("text", "auto")}
        if self.kind == "heatmap":
            return {"calculate": False, "color": {"scheme": "Blues", "mode": "scheme"},
                    "yAxis": {"unit": self.unit}}
        if self.kind == "table":
            return {"showHeader": True}
        return {"legend": {"displayMode": "list", "placement": "bottom"},
                "tooltip": {"mode": "multi", "sort": "desc"}}


def stat(title, description, unit, expression, *steps, width=4, legend="", **more):
    return Panel("stat", title, description, unit, [(expression, legend)], steps or ((GREEN, None),),
                 width, 4, **more)


def series(title, description, unit, *targets, steps=((GREEN, None),), width=8, **more):
    return Panel("timeseries", title, description, unit, targets, steps, width, **more)


def heatmap(title, description, unit, expression, width=12):
    return Panel("heatmap", title, description, unit, [(expression, "{{le}}")], width=width)


def table(title, description, expression, width=12):
    return Panel("table", title, description, "none", [(expression, "")], width=width)


# ---- dashboards ---------------------------------------------------------------------------------


def place(panels):
    """In rows from the left, as they come."""
    made, x, y, height = [], 0, 0, 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > WIDTH:
            x, y, height = 0, y + height, 0
        made.append(panel.json(number, x, y))
        x, height = x + panel.width, max(height, panel.height)
    return made


def variable(name, label, query):
    return {"name": name, "label": label, "type": "query", "datasource": DATASOURCE,
            "query": {"query": query, "refId": name}, "definition": query, "refresh": 2, "sort": 1,
            "multi": True, "includeAll": True, "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]}}


SOURCE = variable("source", "Source",
                  "label_values(silhouette_capture_source_received_packets_total, source)")
MODEL = variable("model", "Model", "label_values(silhouette_classify_model_info, model)")


def annotation(name, color, expression, text):
    """At the times that the expression's values are, in ms."""
    return {"name": name, "datasource": DATASOURCE, "enable": True, "iconColor": color,
            "expr": expression, "useValueForTime": True, "titleFormat": name, "textFormat": text,
            "step": "60s"}


ANNOTATIONS = [
    annotation("Restarts", RED, '{__name__=~"silhouette_[a-z]+_start_timestamp_seconds"} * 1000',
               "{{job}} at {{instance}} began"),
    annotation("Models", "blue", "silhouette_classify_model_loaded_timestamp_seconds * 1000",
               "{{model}} {{version}} loaded"),
]


def dashboard(name, titles, description, variables, panels):
    """`titles` are those of all, by name, which it links to."""
    links = [{"type": "link", "title": title, "url": "/d/silhouette-" + other, "keepTime": True,
              "includeVars": True, "targetBlank": False}
             for other, title in titles.items() if other != name]
    return {
        "uid": "silhouette-" + name, "title": "Silhouette: " + titles[name],
        "description": description, "tags": ["silhouette"], "schemaVersion": 38, "version": 1,
        "editable": False, "graphTooltip": 1, "refresh": "30s", "timezone": "browser",
        "time": {"from": "now-3h", "to": "now"}, "links": links,
        "annotations": {"list": ANNOTATIONS}, "templating": {"list": variables},
        "panels": place(panels),
    }
