// Names of threads, as top, perf and debuggers show them.
#pragma once

#include <pthread.h>

namespace clew {

/// Names the calling thread; at most 15 characters count.
inline void name_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace clew
