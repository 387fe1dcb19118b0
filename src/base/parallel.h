// The same work for many items, on as many threads as there are cores.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace clew {

/// Calls `work(i)` for every i below `count`, in any order, and returns when all have returned.
/// Threads are made for the call, so it is for milliseconds of work; few items are done on the
/// caller's thread. `work` must not throw.
template <class Work>
void in_parallel(size_t count, Work&& work) {
  constexpr size_t kWorthAThread = 32;
  size_t cores = std::max(1U, std::thread::hardware_concurrency());
  size_t threads = std::min(cores, count / kWorthAThread);
  std::atomic<size_t> next = 0;
  auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(run);
  run();
}

}  // namespace clew
