#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/capture_file/byte_channel.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

// Opens a capture file that somebody hands in through a channel; the source is a PipeSource. Waits
// until the channel gives the first bytes, or `give_up` is true, which is asked now and then.
// `name` is for messages. Packed bytes get less memory than those of a file of our own: anybody may
// hand some in, and many at a time. Errors: as OpenCaptureBytes, and CANCELLED (given up).
absl::StatusOr<std::unique_ptr<PacketSource>> OpenSubmitted(const std::string& name,
                                                            std::shared_ptr<ByteChannel> channel,
                                                            std::function<bool()> give_up);

}  // namespace silhouette
