// How the C library's allocator is to behave in a server.
#pragma once

namespace clew {

/// Memory that is free is to be the system's again, or limits would mean little: large buffers get
/// pages of their own, and `arenas` serve all threads. Small ones stay with the allocator, which is
/// what makes it fast. Called before threads are made.
void limit_allocator(int arenas);

}  // namespace clew
