#include "capture-svc/source/open_interface.h"

#include <net/if.h>

#include <filesystem>
#include <limits>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "capture-svc/source/interfaces.h"

namespace silhouette {
namespace {

constexpr int kLongestSnapLength = 262144;  // libpcap's own

absl::Status CheckOptions(const LiveOptions& options) {
  if (options.snap_length < 1 || options.snap_length > kLongestSnapLength) {
    return absl::InvalidArgumentError(absl::StrCat(
        "snap length ", options.snap_length, ": must be 1 to ", kLongestSnapLength, " bytes"));
  }
  if (options.buffer_bytes < 1 || options.buffer_bytes > std::numeric_limits<int>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("buffer of ", options.buffer_bytes, " bytes: must be 1 byte to 2 GiB"));
  }
  return absl::OkStatus();
}

// libpcap also opens USB, Bluetooth and the like, whose packets are content from the first byte.
absl::Status CheckIsNetworkInterface(const std::string& name) {
  if (name == kAnyInterface || if_nametoindex(name.c_str()) != 0) return absl::OkStatus();
  const auto append_name = [](std::string* out, const InterfaceInfo& each) { *out += each.name; };
  return absl::NotFoundError(absl::StrCat(name, ": no such interface; there are ",
                                          absl::StrJoin(ListInterfaces(), ", ", append_name)));
}

std::string PermissionRemedy() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return absl::StrCat("run as root, or once: setcap cap_net_raw+ep ",
                      error ? "PROGRAM" : program.string());
}

// libpcap says more in its error text, but not always.
std::string Reason(pcap_t* handle, int code) {
  const char* text = pcap_geterr(handle);
  return text[0] != '\0' ? text : pcap_statustostr(code);
}

absl::Status ActivationError(const std::string& name, pcap_t* handle, int code) {
  const std::string reason = Reason(handle, code);
  switch (code) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return absl::NotFoundError(absl::StrCat(name, ": no such interface: ", reason));
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return absl::PermissionDeniedError(
          absl::StrCat(name, ": capturing is not permitted: ", reason, "; ", PermissionRemedy()));
    case PCAP_ERROR_IFACE_NOT_UP:
      return absl::UnavailableError(
          absl::StrCat(name, ": the interface is down; ip link set ", name, " up"));
    default:
      return absl::UnavailableError(absl::StrCat(name, ": cannot be captured from: ", reason));
  }
}

// libpcap 1.10 forgets to warn of "any".
std::string Warning(const LiveOptions& options, pcap_t* handle, int code) {
  if (code > 0) return absl::StrCat(options.interface, ": ", Reason(handle, code));
  if (options.interface == kAnyInterface && options.promiscuous) {
    return "any: no promiscuous mode on all interfaces at once; name one to have it";
  }
  return "";
}

// The setters fail on an active handle only.
void Configure(const LiveOptions& options, pcap_t* handle) {
  pcap_set_snaplen(handle, options.snap_length);
  pcap_set_promisc(handle, options.promiscuous ? 1 : 0);
  pcap_set_timeout(handle, static_cast<int>(kBlockTimeout.count()));
  pcap_set_buffer_size(handle, static_cast<int>(options.buffer_bytes));
  // Where it cannot, microseconds stay.
  pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
}

// An empty filter, too: it is by the filter that the kernel cuts packets to the snap length.
absl::Status SetFilter(const LiveOptions& options, pcap_t* handle) {
  bpf_program program;
  if (pcap_compile(handle, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "filter '", options.filter, "': ", pcap_geterr(handle), "; see pcap-filter(7)"));
  }
  const int result = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  if (result == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(options.interface, ": the filter '", options.filter,
                                             "' cannot be set: ", pcap_geterr(handle)));
}

}  // namespace

absl::StatusOr<OpenInterface> OpenLiveInterface(const LiveOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  const std::string& name = options.interface;
  if (absl::Status status = CheckIsNetworkInterface(name); !status.ok()) return status;
  char error[PCAP_ERRBUF_SIZE] = "";
  OpenInterface opened;
  opened.handle.reset(pcap_create(name.c_str(), error));
  pcap_t* const handle = opened.handle.get();
  if (handle == nullptr) {
    return absl::UnavailableError(absl::StrCat(name, ": cannot be captured from: ", error));
  }
  Configure(options, handle);
  const int code = pcap_activate(handle);
  if (code < 0) return ActivationError(name, handle, code);
  opened.warning = Warning(options, handle, code);
  if (pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_MICRO) {
    opened.ns_per_fraction = 1000;
  }
  if (absl::Status status = SetFilter(options, handle); !status.ok()) return status;
  if (pcap_setnonblock(handle, 1, error) != 0) {
    return absl::UnavailableError(absl::StrCat(name, ": cannot be read without waiting: ", error));
  }
  return opened;
}

}  // namespace silhouette
