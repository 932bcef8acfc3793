#!/bin/sh
# Prints the bill of materials of the Debian that it runs in, SPDX 2.3 as JSON: Silhouette, all packages, and
# what it was built with, of which headers are inside it.
#   sbom.sh TARGET BUILD_PACKAGES      BUILD_PACKAGES: a file of names and versions
set -eu
target=$1
version=$("/usr/local/bin/$target" --version | sed 's/.* //')
created=$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
architecture=$(dpkg --print-architecture)
# RUNTIME or BUILD, name, version, architecture, one package a line.
packages=$(
  dpkg-query -W -f='${db:Status-Status} RUNTIME ${Package} ${Version} ${Architecture}\n' | sed -n 's/^installed //p'
  sed "s/^/BUILD /; s/\$/ $architecture/" "$2"
)
digest=$(echo "$packages" | sha256sum | cut -c 1-32)

# each PROGRAM: runs it as awk's for each package, with an id that SPDX takes.
each() {
  echo "$packages" | awk '
    function url(text) { gsub(/:/, "%3A", text); gsub(/\+/, "%2B", text); return text }
    { id = "SPDXRef-" $1 "-" $2; gsub(/\+/, "plus", id) } '"$1"
}

cat <<JSON
{
  "spdxVersion": "SPDX-2.3",
  "dataLicense": "CC0-1.0",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "$target $version",
  "documentNamespace": "https://spdx.org/spdxdocs/silhouette-$target-$version-$digest",
  "creationInfo": {"created": "$created", "creators": ["Tool: sbom.sh"]},
  "packages": [
    {"SPDXID": "SPDXRef-Silhouette", "name": "$target", "versionInfo": "$version",
     "licenseDeclared": "Apache-2.0", "downloadLocation": "NOASSERTION", "filesAnalyzed": false}
$(each '{ printf "    ,{\"SPDXID\": \"%s\", \"name\": \"%s\", \"versionInfo\": \"%s\",\n", id, $2, $3
  printf "      \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"externalRefs\": [{\n"
  printf "        \"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\",\n"
  printf "        \"referenceLocator\": \"pkg:deb/debian/%s@%s?arch=%s&distro=bookworm\"}]}\n", url($2), url($3), $4 }')
  ],
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-Silhouette"}
$(each '{ printf "    ,{\"spdxElementId\": \"%s\", \"relationshipType\": \"%s_DEPENDENCY_OF\",\n", id, $1
  printf "      \"relatedSpdxElement\": \"SPDXRef-Silhouette\"}\n" }')
  ]
}
JSON
