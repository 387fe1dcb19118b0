// What the queue keeps of a request, and how it names its records.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/frame_format.h"
#include "base/tenant.h"
#include "otlp/signal.h"

namespace clew::agent {

/// One export request of one signal and one tenant.
struct Record {
  otlp::Signal signal = otlp::Signal::kTraces;
  Tenant tenant;
  SharedBytes bytes;
  size_t items = 0;  // spans, log records or metric points in it
};

using frames::Position;

/// The positions [begin, end).
struct PositionRange {
  Position begin;
  Position end;
  bool operator==(const PositionRange&) const = default;
};

}  // namespace clew::agent
