#!/usr/bin/env bash
# Trains or evaluates a bundled model again: its figures and its card come from here.
set -euo pipefail

usage() {
  cat <<'HELP'
usage: learn/recipes/recipe.sh train|evaluate MODEL DATA [FLAGS…]

MODEL is camera-motion, threat or threat-slow; DATA the folder of the published captures
(camera-motion/, threat/). What is simulated is simulated first, into a temporary folder. FLAGS go
on to silhouette: evaluate takes --json, train -o FOLDER and --force.

  learn/recipes/recipe.sh evaluate threat ../shared/data
  learn/recipes/recipe.sh train threat ../shared/data -o models --force

$SILHOUETTE names the program (build/release/bin/silhouette).
HELP
}

if (($# < 3)); then
  usage >&2
  exit 2
fi
verb=$1 model=$2 data=$(readlink -f "$3")
shift 3
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
silhouette=${SILHOUETTE:-$here/../../build/release/bin/silhouette}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
seeds=${SEEDS:-80}
training=()
# Every fifth device of the list, and a lock: what the bundled model can be tried on.
held_out=(--hold-out 90:8d:78:a8:e1:43 --hold-out ac:cf:23:62:3c:6e --hold-out 50:c7:bf:00:fc:a3
          --hold-out benign/locks/lockly-hub-01.pcap)

simulated() {  # simulated WINDOW
  echo "simulating $seeds captures of each kind…" >&2
  "$here/simulate_threats.py" "$silhouette" "$folder" --window "$1" --seeds "$seeds"
}

# What else was recorded of homes where nothing happened.
others() {
  {
    printf 'path\tlabel\tdevice\tsource\n'
    printf '%s\tbenign\t%s\t%s\n' \
      "$data/camera-motion/blink-cam-01.pcap" - blink-cam-01 \
      "$data/camera-motion/blink-cam-02.pcap" - blink-cam-02 \
      "$data/presence/zoom_call_rebuilt.pcap" 172.20.10.2 zoom_call_rebuilt
  } >"$folder/others.tsv"
}

case $model in
  camera-motion)
    "$here/list_camera_motion.py" "$data/camera-motion" "$folder"
    flags=(--list "$folder/cameras.tsv" --classes idle,motion --schema presence.v1 --window 1s
           --quiet 30s)
    source="two weeks of battery cameras (github.com/tj-oconnor/IoT-Dataset)"
    ;;
  threat)
    simulated 5
    others
    flags=(--list "$data/threat/labels.tsv" --list "$folder/others.tsv" --list "$folder/simulated.tsv"
           --classes benign,scan,flood,brute_force --schema traffic.v2 --window 5s)
    training=(--incident scan=medium,flood=high,brute_force=high "${held_out[@]}")
    ;;
  threat-slow)
    simulated 60
    others
    flags=(--list "$data/threat/labels.tsv" --list "$folder/others.tsv" --list "$folder/simulated.tsv"
           --classes benign,scan,flood,brute_force,c2 --schema traffic.v2 --window 60s --quiet 600s
           --alarm-windows c2=3 --unknown-share 0)
    # Of the rest the other one tells, and earlier.
    training=(--incident c2=high "${held_out[@]}")
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
: "${source:="home devices, locks and attacks (IoT Sentinel, IoT-Dataset, StopDDoS, nDPI, Zeek, Stratosphere) and learn/recipes/simulate_threats.py"}"
flags+=(--subject device --protocol all)
case $verb in
  evaluate) "$silhouette" evaluate "${flags[@]}" "$@" ;;
  train)
    "$silhouette" train "${flags[@]}" "${training[@]}" --name "$model" \
      --source "$source; judged again by learn/recipes/recipe.sh evaluate $model DATA" "$@"
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
