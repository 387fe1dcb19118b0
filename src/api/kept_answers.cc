#include "api/kept_answers.h"

#include <algorithm>
#include <utility>

namespace clew::api {

std::optional<KeptAnswers::Answer> KeptAnswers::find(const Question& question,
                                                     const store::TraceState& state) {
  std::lock_guard lock(mutex_);
  auto at = std::ranges::find_if(
      kept_, [&](const Kept& kept) { return kept.question == question && kept.state == state; });
  if (at == kept_.end()) return std::nullopt;
  kept_.splice(kept_.begin(), kept_, at);
  return at->answer;
}

void KeptAnswers::keep(Question question, store::TraceState state, Answer answer) {
  if (answer.body.size() > most_bytes_) return;
  std::lock_guard lock(mutex_);
  std::erase_if(kept_, [&](const Kept& kept) { return kept.question == question; });
  kept_.push_front({std::move(question), std::move(state), std::move(answer)});
  size_t bytes = 0;
  std::erase_if(kept_, [&](const Kept& kept) {
    bytes += kept.answer.body.size();
    return bytes > most_bytes_;
  });
}

}  // namespace clew::api
