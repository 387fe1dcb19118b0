// Writing metrics as Prometheus reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clew::metrics {

enum class TextFormat : uint8_t {
  kPrometheus,   // text exposition format 0.0.4
  kOpenMetrics,  // OpenMetrics 1.0: the same with exemplars
};

/// What a scraper that sends this Accept header understands best.
TextFormat format_for(std::string_view accept);

/// The Content-Type of an answer.
std::string_view content_type_of(TextFormat format);

/// Characters of `name` that may not stand in a metric's or label's name become `_`.
std::string prometheus_name(std::string_view name);

/// Appends `,name="value"` without the comma if it is the first; `name` is valid already.
void append_label(std::string& labels, std::string_view name, std::string_view value);

/// Writes families of samples one after the other.
/// Source: Prometheus exposition formats; OpenMetrics 1.0.
class TextWriter {
 public:
  TextWriter(TextFormat format, std::string& out) : format_(format), out_(out) {}

  TextFormat format() const { return format_; }

  /// Begins a family. `type` is counter, whose name ends in `_total`, gauge or histogram.
  void family(std::string_view name, std::string_view help, std::string_view type);

  /// One sample of the family: `suffix` is `_bucket` and the like, `labels` from append_label.
  void sample(std::string_view suffix, std::string_view labels, double value);
  void sample(std::string_view suffix, std::string_view labels, uint64_t value);
  /// A bucket of a histogram; `bound` may be infinite. An exemplar ("{…} value time") is left out
  /// where the format has none.
  void bucket(std::string_view labels, double bound, uint64_t count,
              std::string_view exemplar = {});

  /// Ends the text.
  void finish();

 private:
  void begin_sample(std::string_view suffix, std::string_view labels);

  TextFormat format_;
  std::string& out_;
  std::string name_;
};

}  // namespace clew::metrics
