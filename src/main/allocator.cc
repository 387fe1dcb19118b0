#include "main/allocator.h"

#include <malloc.h>

namespace clew {

void limit_allocator(int arenas) {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
  mallopt(M_ARENA_MAX, arenas);
}

}  // namespace clew
