// A broken invariant of our own ends the process with a message. Never CHECK what came from a
// socket or a disk: that is a Result.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace clew {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "clew: %s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}

}  // namespace clew

#define CLEW_CHECK(condition) \
  ((condition) ? void(0) : ::clew::check_failed(#condition, __FILE__, __LINE__))
