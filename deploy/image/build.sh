#!/usr/bin/env bash
# Build stage of the Containerfile: compiles, and lays out under OUT what each image gets.
#   build.sh OUT
# MIRROR and SOURCE_DATE_EPOCH as in runtime.sh: the compiler and the headers are of that day too.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
out=$1
# An empty one, which a build argument without a value gives, is an error to the compiler.
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then unset SOURCE_DATE_EPOCH; fi

deploy/image/sources.sh
./dev setup build
cmake --preset release -DBUILD_TESTING=OFF
cmake --build --preset release -j "$(nproc)" \
  --target capture-svc feature-svc classify-svc gateway silhouette silhouette_opencv help_pages
cmake --install build/release --prefix "$out/install" --strip
deploy/image/stage.sh "$out/install" "$out"
rm -r "$out/install"
