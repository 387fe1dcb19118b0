// The agent's settings of metrics made of spans: the sections `span_metrics` and `service_graph`.
#pragma once

#include "agent/observe/observer.h"
#include "agent/place.h"
#include "main/setting.h"

namespace clew {

/// Adds them; `options` must outlive the settings. A section that is given, even empty, turns its
/// metrics on, unless it says `enabled: false`.
void add_observe_settings(Settings& settings, agent::ObserveOptions& options);

/// Completes what was read with the agent's place: it is the value of a dimension of that name
/// where neither the span nor its resource has one, and tells the series of this agent from
/// others'.
agent::ObserveOptions with_place(agent::ObserveOptions options, const agent::Place& place);

}  // namespace clew
