// What was decided about edges, in a file.
#pragma once

#include "base/result.h"
#include "mesh/identity/state_file.h"
#include "mesh/nearest/decider.h"

namespace clew::mesh {

/// Empty if there is no file yet. kMalformed for one that write_memory() did not write, kIo when
/// the disk says no.
Result<Memory> read_memory(const identity::StateFile& file);
Result<void> write_memory(const identity::StateFile& file, const Memory& memory);

}  // namespace clew::mesh
