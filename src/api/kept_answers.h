// Answers about whole traces that were long in the making.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/tenant.h"
#include "store/trace_state.h"

namespace clew::api {

/// Keeps answers to be given again while the trace is what it was: the latest, up to a number of
/// bytes. Any thread.
class KeptAnswers {
 public:
  struct Answer {
    SharedBytes body;
    std::string tag;       // body_tag() of the body before it was encoded
    std::string encoding;  // of the body: empty, or as Content-Encoding names it
  };

  /// What was asked. An answer is kept for each encoding that was asked for.
  struct Question {
    Tenant tenant;
    TraceId id;
    std::string encoding;  // that the client wants

    bool operator==(const Question&) const = default;
  };

  explicit KeptAnswers(size_t most_bytes) : most_bytes_(most_bytes) {}

  std::optional<Answer> find(const Question& question, const store::TraceState& state);

  /// `state` was taken before what the answer is made of. Takes the place of an older one.
  void keep(Question question, store::TraceState state, Answer answer);

 private:
  struct Kept {
    Question question;
    store::TraceState state;
    Answer answer;
  };

  const size_t most_bytes_;
  std::mutex mutex_;      // of what follows
  std::list<Kept> kept_;  // the latest used first
};

}  // namespace clew::api
