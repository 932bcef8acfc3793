#!/usr/bin/env bash
# Build stage of the Containerfile: compiles, and lays out under OUT what each image gets.
#   build.sh OUT
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
out=$1

./dev setup build
cmake --preset release -DBUILD_TESTING=OFF
cmake --build --preset release -j "$(nproc)" \
  --target capture-svc feature-svc classify-svc gateway silhouette silhouette_opencv help_pages
cmake --install build/release --prefix "$out/install" --strip
deploy/image/stage.sh "$out/install" "$out"
rm -r "$out/install"
