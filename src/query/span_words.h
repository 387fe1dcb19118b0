// Words looked for in all that a span says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "otlp/batch.h"

namespace re2 {
class RE2;
}

namespace clew::query {

/// What a person types to find spans in a trace: words between white space, each of which must
/// stand somewhere in the span, in any case. The texts of a span are its name, `service=NAME`,
/// `kind=server`, `status=error` and the status' message, its ID, its attributes as `KEY=VALUE`
/// (values as otlp::Value::text), those of its resource, events and links, events' names and links'
/// IDs. One thread at a time.
class SpanWords {
 public:
  /// Fails with kInvalid if there are no words, more than limits::kTagsPerQuery of them, or bytes
  /// that are no UTF-8.
  static Result<SpanWords> parse(std::string_view text);

  SpanWords(SpanWords&& other) noexcept;
  ~SpanWords();

  /// Whether every word stands in the span.
  bool match(const otlp::Batch& batch, const otlp::SpanRef& ref);

 private:
  struct Word {
    std::string lower;
    /// Null where all is ASCII: comparing that by hand is ten times faster.
    std::unique_ptr<re2::RE2> pattern;
  };
  using Found = uint32_t;  // one bit for each word

  SpanWords();

  void look_at(std::string_view text);
  void look_at(std::string_view key, std::string_view value);
  void look_at(otlp::AttributeRange attributes);
  void look_at_parts(const otlp::Span& span);
  void look_at_resource(const otlp::ResourceRef& resource);

  std::vector<Word> words_;
  Found found_ = 0;            // in the span that is looked at
  std::string line_, folded_;  // kept for their memory
  /// By their bytes: what resources have, since many spans share each.
  std::unordered_map<std::string, Found> resources_;
};

}  // namespace clew::query
