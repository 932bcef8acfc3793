#pragma once

#include <cstdint>

namespace silhouette {

// Makes gRPC's log lines lines of our log: for debugging, but failed TLS handshakes for everybody,
// one in ten seconds at most. Ends the process when gRPC gives up a port, as it does for good when
// there are too many open files: who started the process starts it again. For the whole process, as
// gRPC's log is.
void JoinGrpcLog();

// TLS handshakes that failed in this process, whoever began them. gRPC tells it in its log alone.
uint64_t FailedHandshakes();

}  // namespace silhouette
