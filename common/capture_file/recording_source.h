#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "common/capture_file/packet_source.h"
#include "common/capture_file/pcapng_writer.h"

namespace silhouette {

// How many of a packet's captured bytes are headers, those in tunnels included: they alone parse to
// the same as all of it. Where the outcome is not kOk, the least that has the same one.
size_t HeaderBytes(const RawPacket& packet);

// Writes the headers of each packet that another source gives, never what they carry. The file
// ends with its statistics when the source ends, fails or goes.
class RecordingSource : public PacketSource {
 public:
  RecordingSource(std::unique_ptr<PacketSource> source, std::unique_ptr<PcapngWriter> writer)
      : source_(std::move(source)), writer_(std::move(writer)) {}
  ~RecordingSource() override;

  // Errors: the source's; the writer's, behind the packets that came before.
  absl::StatusOr<PacketBlock> Read() override;
  bool Finish() override { return source_->Finish(); }
  int64_t quiet_until_ns() const override { return source_->quiet_until_ns(); }
  std::string trouble() const override;
  SourceLoss loss() const override { return source_->loss(); }
  uint64_t bytes_read() const override { return source_->bytes_read(); }
  uint64_t bytes_total() const override { return source_->bytes_total(); }

 private:
  absl::Status Record(const PacketBlock& block);
  absl::Status Close();

  const std::unique_ptr<PacketSource> source_;
  const std::unique_ptr<PcapngWriter> writer_;
  absl::Status failed_;  // to be told by the next Read
};

}  // namespace silhouette
