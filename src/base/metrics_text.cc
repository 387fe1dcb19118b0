#include "base/metrics_text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace clew::metrics {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

/// A bound as it stands in `le`; OpenMetrics wants whole numbers to show that they are not.
std::string bound_text(double bound, TextFormat format) {
  std::string text = number(bound);
  bool is_whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return format == TextFormat::kOpenMetrics && is_whole ? text + ".0" : text;
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (char byte : text) {
    if (byte == '\\')
      out += "\\\\";
    else if (byte == '\n')
      out += "\\n";
    else if (byte == '"' && quotes)
      out += "\\\"";
    else
      out += byte;
  }
}

}  // namespace

TextFormat format_for(std::string_view accept) {
  return accept.find("application/openmetrics-text") == std::string_view::npos
             ? TextFormat::kPrometheus
             : TextFormat::kOpenMetrics;
}

std::string_view content_type_of(TextFormat format) {
  return format == TextFormat::kPrometheus
             ? "text/plain; version=0.0.4; charset=utf-8"
             : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

std::string prometheus_name(std::string_view name) {
  std::string out;
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') out += '_';
  for (char c : name) {
    bool is_valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += is_valid ? c : '_';
  }
  return out;
}

void append_label(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) labels += ',';
  labels += name;
  labels += "=\"";
  append_escaped(labels, value, true);
  labels += '"';
}

void TextWriter::family(std::string_view name, std::string_view help, std::string_view type) {
  constexpr std::string_view kTotal = "_total";
  name_ = name;
  // In OpenMetrics a counter's samples end in _total, its family does not.
  if (format_ == TextFormat::kOpenMetrics && type == "counter" && name.ends_with(kTotal))
    name.remove_suffix(kTotal.size());
  out_ += "# HELP ";
  out_ += name;
  out_ += ' ';
  append_escaped(out_, help, format_ == TextFormat::kOpenMetrics);
  fmt::format_to(std::back_inserter(out_), "\n# TYPE {} {}\n", name, type);
}

void TextWriter::begin_sample(std::string_view suffix, std::string_view labels) {
  out_ += name_;
  out_ += suffix;
  if (!labels.empty()) {
    out_ += '{';
    out_ += labels;
    out_ += '}';
  }
  out_ += ' ';
}

void TextWriter::sample(std::string_view suffix, std::string_view labels, double value) {
  begin_sample(suffix, labels);
  out_ += number(value);
  out_ += '\n';
}

void TextWriter::sample(std::string_view suffix, std::string_view labels, uint64_t value) {
  begin_sample(suffix, labels);
  fmt::format_to(std::back_inserter(out_), "{}\n", value);
}

void TextWriter::bucket(std::string_view labels, double bound, uint64_t count,
                        std::string_view exemplar) {
  std::string with_bound(labels);
  append_label(with_bound, "le", bound_text(bound, format_));
  begin_sample("_bucket", with_bound);
  fmt::format_to(std::back_inserter(out_), "{}", count);
  if (!exemplar.empty() && format_ == TextFormat::kOpenMetrics) {
    out_ += " # ";
    out_ += exemplar;
  }
  out_ += '\n';
}

void TextWriter::finish() {
  if (format_ == TextFormat::kOpenMetrics) out_ += "# EOF\n";
}

}  // namespace clew::metrics
