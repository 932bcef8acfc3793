#pragma once

#include <cstddef>
#include <functional>

namespace silhouette {

// Calls work(0) ... work(count - 1), each once, in any order, on as many threads as there are
// processors, and returns when all are done. `work` throws nothing.
void ParallelFor(size_t count, const std::function<void(size_t)>& work);

}  // namespace silhouette
