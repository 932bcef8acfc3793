#pragma once

#include "absl/status/status.h"

namespace silhouette {

// Lets all threads of this process make only the system calls that a running service needs; others
// fail with EPERM. From then on: no program is executed, no process started, traced or signalled,
// no file opened for writing, no packet socket opened. Sockets that are open go on working, and
// network servers and clients can be started. There is no way back.
// `may_write_files`: files may be created, written, renamed and removed.
// Errors: UNIMPLEMENTED (a kernel without seccomp), PERMISSION_DENIED.
absl::Status ApplySeccomp(bool may_write_files);

}  // namespace silhouette
