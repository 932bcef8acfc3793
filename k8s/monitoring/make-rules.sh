#!/bin/sh
# Writes prometheus-rules.yaml, in which kustomize cannot put what is in another file.
set -eu
cd "$(dirname "$0")"
{
  cat <<'YAML'
# k8s/alerts/silhouette.yaml for the operator, made by k8s/monitoring/make-rules.sh; change the alerts there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: silhouette
  namespace: monitoring
  labels: {app.kubernetes.io/name: silhouette, app.kubernetes.io/part-of: silhouette, app.kubernetes.io/component: alerts}
spec:
YAML
  grep -v '^#' ../alerts/silhouette.yaml | sed 's/^./  &/'
} >prometheus-rules.yaml
