// Reading an observer's metrics in tests. Not part of the product.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "agent/observe/exposition.h"
#include "agent/observe/observer.h"

namespace clew::agent::testing {

/// The metrics as Prometheus reads them.
inline std::string text_of(Observer& observer,
                           metrics::TextFormat format = metrics::TextFormat::kPrometheus) {
  std::string text;
  metrics::TextWriter writer(format, text);
  write_text(observer.collect(Temporality::kCumulative), writer);
  return text;
}

/// Their samples alone, one a line, sorted, of those names that start with `prefix`.
inline std::string samples_of(Observer& observer, std::string_view prefix = "") {
  std::string text = text_of(observer);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    if (line.starts_with(prefix) && !line.starts_with("#")) lines.push_back(line + "\n");
    at = end + 1;
  }
  std::ranges::sort(lines);
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

}  // namespace clew::agent::testing
