// Where a control plane keeps what it shares with others: tables beside those of the resources.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "mesh/sync/replica.h"
#include "mesh/sync/view.h"

struct sqlite3;

namespace clew::mesh::sync {

/// What was kept, and who this is: a new ReplicaId where there was none.
struct Kept {
  ReplicaId self;
  Replicas replicas;
};

/// Makes the tables if they are not there, and reads them. Fails with kIo.
Result<Kept> open_tables(sqlite3* database);

/// Writes a step; within a transaction of the caller's.
Result<void> write_step(sqlite3* database, const std::string& scope, const Step& step);

}  // namespace clew::mesh::sync
