#!/bin/sh
# enter_root.sh ROOT CACHE NAME=VALUE… COMMAND…: becomes COMMAND in ROOT, a Debian in a folder. Runs as
# the first process of new namespaces (debian_root.py), so nothing stays mounted. CACHE keeps what apt
# fetches.
set -e
root=$1 cache=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"  # the machine's own settings
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do
  touch "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
for name in archives lists; do mkdir -p "$cache/$name/partial"; done
mount --bind "$cache/archives" "$root/var/cache/apt/archives"
mount --bind "$cache/lists" "$root/var/lib/apt/lists"
# Where systemd is to run: control groups, and a loopback interface of its own.
if [ -n "$BOOT" ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  ip link set lo up
fi
cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i ${BOOT:+container=other} "$@"
