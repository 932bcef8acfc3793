#!/bin/sh
# Last stage of the Containerfile: makes the Debian that it runs in the image TARGET, from what stage.sh laid out
# beside it. Two runs on the same base with the same packages give the same files, to the byte and the second.
#   runtime.sh TARGET
# SOURCE_DATE_EPOCH is the latest time that a file may show (when it is not given: the base's). MIRROR replaces Debian's servers, by
# http://snapshot.debian.org/archive/debian/20250701T000000Z for packages as they were on that day (sources.sh).
set -eu
target=$1
here=$(cd "$(dirname "$0")" && pwd)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(stat -c %Y /var/lib/dpkg/status)}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C SOURCE_DATE_EPOCH

# own TEST…: `find` over the image's own files. What the engine mounts into it while it is made (/proc, /sys, /out,
# /etc/resolv.conf, …) is left out, even the mount points: it may be read-only, and is gone afterwards.
own() {
  # shellcheck disable=SC2046
  find / -xdev $(awk '$5 != "/" { print "-path", $5, "-prune -o" }' /proc/self/mountinfo) "$@"
}

"$here/sources.sh"
apt-get update
xargs apt-get install -y --no-install-recommends <"$here/$target/packages"

groupadd --gid 10001 silhouette
useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin silhouette
cp -R "$here/$target/files/." /usr/local/
# What a gateway stores when no volume is mounted there.
install -d -o silhouette -g silhouette -m 700 /var/lib/silhouette

# The one right that capturing needs, for a user who is not root. In the image of the tool no program has it:
# where the right is not granted, the program would not start at all.
if [ "$target" = capture-svc ]; then
  apt-get install -y --no-install-recommends libcap2-bin
  setcap cap_net_raw+ep /usr/local/bin/capture-svc
  apt-get purge -y --auto-remove libcap2-bin
fi
own -type f -perm /6000 -exec chmod a-s {} +

mkdir -p /usr/local/share/silhouette
"$here/sbom.sh" "$target" "$here/build-packages" >/usr/local/share/silhouette/sbom.spdx.json

# What tells when and how often, and nothing else.
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /var/cache/ldconfig/* /var/cache/debconf/*-old \
  /var/lib/dpkg/*-old /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/.pwd.lock /tmp/* /var/tmp/*
own -newermt "@$SOURCE_DATE_EPOCH" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
