#!/bin/sh
# boot_root.sh ROOT CACHE NAME=VALUE…: runs ROOT's systemd until it ends, in namespaces and a control
# group of its own, without a network. Runs in a mount namespace of its own.
set -e
root=$1
mount --make-rprivate /
mount -t cgroup2 cgroup2 "$root/mnt"
group=$root/mnt/silhouette-test-$$
mkdir "$group"
end() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do  # until the last process is gone
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
    sleep 0.2
  done
}
trap end EXIT
trap 'kill -KILL "$!"' TERM  # and with it all that it started
# Not what would reach the machine itself: its kernel, clock, log and devices.
BOOT=yes sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$group" \
  setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-sys_boot,-syslog,-mknod,-mac_admin,-audit_control \
  unshare --cgroup --mount --pid --fork --kill-child --net --ipc --uts \
  sh "${0%/*}/enter_root.sh" "$@" /lib/systemd/systemd &
wait
