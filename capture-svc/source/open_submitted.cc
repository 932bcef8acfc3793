#include "capture-svc/source/open_submitted.h"

#include <chrono>
#include <utility>

#include "common/capture_file/open_capture.h"

namespace silhouette {
absl::StatusOr<std::unique_ptr<PacketSource>> OpenSubmitted(const std::string& name,
                                                            std::shared_ptr<ByteChannel> channel,
                                                            std::function<bool()> give_up) {
  auto wait = [channel](std::chrono::milliseconds patience) {
    return channel->WaitForBytes(patience);
  };
  return OpenPipe(name, ReadChannel(std::move(channel)), std::move(wait), std::move(give_up),
                  kHandedIn);
}

}  // namespace silhouette
