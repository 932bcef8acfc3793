#pragma once

#include <cstdint>

#include "learn/simulate/home_wire.h"
#include "learn/simulate/random.h"

namespace silhouette::simulate {

// What a client and a server say to each other in TLS before and after what it is for, in bytes.
// The same pair says nearly the same each time.
struct TlsShape {
  uint32_t client_hello = 517;
  uint32_t server_hello = 4000;  // with certificates, or little when a session is resumed
  uint32_t client_finished = 80;
  uint32_t tickets = 0;
  uint32_t closing = 0;  // the alert that says goodbye
};
TlsShape DrawTlsShape(Random& random);

// From the SYN to the end of the handshake; returns when that was.
int64_t OpenTls(TcpConnection& connection, const TlsShape& shape, int64_t time_ns, Random& random);
// A question and an answer `thinks_ns` later.
int64_t Ask(TcpConnection& connection, int64_t time_ns, uint32_t asked_bytes,
            uint32_t answered_bytes, int64_t thinks_ns);
int64_t CloseTls(TcpConnection& connection, const TlsShape& shape, int64_t time_ns);

// A name is asked for at the router; returns when the answer is there.
int64_t LookUp(HomeWire& wire, const Host& asker, int64_t time_ns, Random& random);

}  // namespace silhouette::simulate
