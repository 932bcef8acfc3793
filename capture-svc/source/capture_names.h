#pragma once

#include <string_view>

namespace silhouette {

// For messages: what IsCaptureName takes.
inline constexpr char kCaptureNames[] =
    "*.pcap, *.pcapng or *.cap, with digits behind it as tcpdump -C has them, or with .gz or .zst";

// Whether a file in a folder is taken for a capture, upper and lower case alike. Hidden ones are
// not: programs that copy use them for what is not whole yet.
bool IsCaptureName(std::string_view name);

// "x.pcap" of "x.pcap.gz" and "x.pcap.zst", others as they are.
std::string_view WithoutPacking(std::string_view name);
inline bool IsPackedName(std::string_view name) { return WithoutPacking(name) != name; }

// By characters, with runs of digits compared as numbers: x2 comes before x10.
struct NaturalOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

}  // namespace silhouette
