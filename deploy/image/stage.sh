#!/usr/bin/env bash
# Lays out under OUT, from what `cmake --install --prefix INSTALLED` wrote:
#   OUT/TARGET/files/    what the image TARGET gets under /usr/local
#   OUT/TARGET/packages  the Debian packages that it needs, one a line, all of them in [run] of packages.txt
#   OUT/build-packages   name and version of what all was built with, for the bill of materials
#   OUT/*.sh             the scripts that make the image
#   stage.sh INSTALLED OUT
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
installed=$1 out=$2

die() { echo "stage.sh: $*" >&2; exit 1; }

# group NAME: the packages of a group of packages.txt.
group() {
  awk -v group="[$1]" '{ sub(/#.*/, "") } /^\[/ { wanted = $1 == group; next } NF && wanted { print $1 }' \
    "$root/packages.txt"
}

# copy TARGET PATH…: files and folders of the installation.
copy() {
  local files=$out/$1/files path
  for path in "${@:2}"; do
    mkdir -p "$files/$(dirname "$path")"
    cp -R "$installed/$path" "$files/$path"
  done
}

# libraries TARGET…: the file names of those that its programs, and what they open, are linked with.
libraries() {
  local target
  for target in "$@"; do
    find "$out/$target/files" \( -path '*/bin/*' -o -name '*.so' \) -exec objdump -p {} +
  done | awk '/NEEDED/ { print $2 }' | sort -u
}

# packages_of TARGET: the packages that hold its libraries, by `owners`: PACKAGE:…: PATH, one a line.
packages_of() {
  local library package
  libraries "$1" | while read -r library; do
    package=$(sed -n "\\|/$library\$|{s/[:,].*//p;q}" <<<"$owners")
    group run | grep -qxF "$package" ||
      die "$1 is linked with $library of package '$package', which is not in [run] of packages.txt; add it"
    echo "$package"
  done | sort -u
}

services=(capture-svc feature-svc classify-svc gateway)
for target in "${services[@]}"; do copy "$target" "bin/$target"; done
copy classify-svc share/silhouette/models
for file in "$installed"/bin/*; do copy silhouette "bin/${file##*/}"; done
copy silhouette lib/silhouette share/silhouette/models share/silhouette/samples

targets=("${services[@]}" silhouette)
# Of this architecture: a package for another one (libc6-i386) may have a library of the same name.
owners=$(libraries "${targets[@]}" | sed "s|^|*/$(gcc -print-multiarch)/|" | xargs dpkg-query -S)
for target in "${targets[@]}"; do packages_of "$target" >"$out/$target/packages"; done
mapfile -t build < <(group build)
dpkg-query -W -f='${Package} ${Version}\n' "${build[@]}" >"$out/build-packages"
install -m 755 "$root/deploy/image/submit-folder" "$out/silhouette/files/bin/"
install -m 755 "$root"/deploy/image/{runtime,sources,sbom}.sh "$out/"
chmod -R u=rwX,go=rX "$out"
