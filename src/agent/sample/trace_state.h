// W3C tracestate with OpenTelemetry's member `ot`, in which samplers tell each other what they did.
// Source: W3C Trace Context (tracestate header), OTEP 235, OpenTelemetry's TraceState handling.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/sample/threshold.h"

namespace clew::agent {

/// One tracestate, read in place: the text must outlive it.
class TraceState {
 public:
  TraceState() = default;

  /// kInvalid for what is no tracestate, for more than limits::kTraceStateBytes or
  /// kTraceStateMembers, and for an `ot` member with an rv or th that is none.
  static Result<TraceState> parse(std::string_view text);

  /// `rv`: the randomness to use instead of the trace ID's.
  std::optional<Randomness> randomness() const { return randomness_; }
  /// `th`: what samplers before us left.
  std::optional<Threshold> threshold() const { return threshold_; }

  void set_randomness(Randomness randomness);
  void clear_threshold() { threshold_.reset(); }
  /// Sets th. A threshold may only rise, since a trace that was given up does not come back: false,
  /// and nothing done, when a higher one is there.
  bool raise_threshold(Threshold threshold);

  /// `ot` first, in it rv and th, then what else was there, in order.
  std::string text() const;

 private:
  Result<void> read_member(std::string_view key, std::string_view value);
  Result<void> read_ot(std::string_view value);

  std::optional<Randomness> randomness_;
  std::string_view randomness_text_;  // as it came, in upper case too; empty: ours
  std::optional<Threshold> threshold_;
  std::vector<std::string_view> other_fields_;   // of ot: "key:value"
  std::vector<std::string_view> other_members_;  // "key=value"
};

}  // namespace clew::agent
