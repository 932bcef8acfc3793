#!/bin/sh
# With MIRROR, makes that and nothing else the server of Debian's packages, with their security updates and other
# updates of the same day: without those, an image would have holes that are long closed.
#   sources.sh [FOLDER]      FOLDER: in the place of /etc/apt
# MIRROR is http://snapshot.debian.org/archive/debian/20250701T000000Z, or any address with `/debian` in it whose
# neighbour is `/debian-security`. Without MIRROR, what the base has stays.
set -eu
folder=${1:-/etc/apt}
[ -n "${MIRROR:-}" ] || exit 0
mirror=${MIRROR%/}
security=$(printf '%s\n' "$mirror" | sed -n 's|/debian\(/[^/]*\)\{0,1\}$|/debian-security\1|p')
if [ -z "$security" ]; then
  echo "sources.sh: MIRROR: '$MIRROR' does not end with /debian or /debian/DAY, so where its security updates are is not known" >&2
  exit 1
fi

rm -rf "$folder/sources.list" "$folder/sources.list.d"
cat >"$folder/sources.list" <<LIST
deb [check-valid-until=no] $mirror bookworm main
deb [check-valid-until=no] $mirror bookworm-updates main
deb [check-valid-until=no] $security bookworm-security main
LIST
