#include "receive/zipkin_v1.h"

#include <algorithm>
#include <array>

namespace clew::receive {
namespace {

/// An annotation that begins or ends a span of that kind.
struct Edge {
  std::string_view value;
  std::string_view kind;
  bool begins;
};
// Messages are sent and received at one moment, which begins the span.
constexpr std::array<Edge, 6> kEdges = {{{"cs", "CLIENT", true},
                                         {"cr", "CLIENT", false},
                                         {"sr", "SERVER", true},
                                         {"ss", "SERVER", false},
                                         {"ms", "PRODUCER", true},
                                         {"mr", "CONSUMER", true}}};

const Edge* edge_of(std::string_view value) {
  auto found = std::ranges::find(kEdges, value, &Edge::value);
  return found == kEdges.end() ? nullptr : &*found;
}

bool is_true(const otlp::Value& value) {
  if (value.type() == otlp::ValueType::kString) return value.as_bytes() == "true";
  return value.type() == otlp::ValueType::kBool && value.as_bool();
}

bool is_address(const ZipkinV1BinaryAnnotation& annotation) {
  std::string_view key = annotation.key;
  return (key == "sa" || key == "ca" || key == "ma") && is_true(annotation.value);
}

/// Which of sa, ca, ma names the other side of a span of that kind.
bool is_other_side(std::string_view address_key, std::string_view kind) {
  if (kind == "SERVER") return address_key == "ca";
  if (kind == "PRODUCER" || kind == "CONSUMER") return address_key == "ma";
  return address_key == "sa";
}

class Converter {
 public:
  Converter(const ZipkinV1Span& v1, ZipkinSpan& v2) : v1_(v1), v2_(v2) {}

  void convert() {
    v2_.clear();
    v2_.trace_id = v1_.trace_id;
    v2_.id = v1_.id;
    v2_.parent_id = v1_.parent_id;
    v2_.name = v1_.name;
    v2_.debug = v1_.debug;
    convert_annotations();
    convert_binary_annotations();
    set_times();
    if (v2_.local.service_name.empty()) find_local_endpoint();
  }

 private:
  void convert_annotations() {
    for (const ZipkinV1Annotation& annotation : v1_.annotations) {
      const Edge* edge = edge_of(annotation.value);
      if (edge == nullptr) {
        v2_.annotations.push_back({annotation.timestamp_us, annotation.value});
        continue;
      }
      if (v2_.kind.empty()) v2_.kind = edge->kind;
      if (edge->kind != v2_.kind) continue;
      if (v2_.local.service_name.empty()) v2_.local = annotation.endpoint;
      (edge->begins ? begin_us_ : end_us_) = annotation.timestamp_us;
    }
  }

  void convert_binary_annotations() {
    for (const ZipkinV1BinaryAnnotation& annotation : v1_.binary_annotations) {
      if (!is_address(annotation))
        v2_.tags.set(annotation.key == "lc" ? "component" : annotation.key, annotation.value);
      else if (is_other_side(annotation.key, v2_.kind))
        v2_.remote = annotation.endpoint;
    }
  }

  void set_times() {
    v2_.timestamp_us = v1_.timestamp_us;
    v2_.duration_us = v1_.duration_us;
    if (v2_.timestamp_us == 0) v2_.timestamp_us = begin_us_ == 0 ? end_us_ : begin_us_;
    if (v2_.duration_us == 0 && begin_us_ != 0 && end_us_ > begin_us_)
      v2_.duration_us = end_us_ - begin_us_;
  }

  void find_local_endpoint() {
    for (const ZipkinV1BinaryAnnotation& annotation : v1_.binary_annotations)
      if (!is_address(annotation) && !annotation.endpoint.service_name.empty())
        return void(v2_.local = annotation.endpoint);
    for (const ZipkinV1Annotation& annotation : v1_.annotations)
      if (!annotation.endpoint.service_name.empty()) return void(v2_.local = annotation.endpoint);
    v2_.local.service_name = v2_.tags.find_text("component").value_or("");
  }

  const ZipkinV1Span& v1_;
  ZipkinSpan& v2_;
  uint64_t begin_us_ = 0, end_us_ = 0;  // as the annotations say
};

}  // namespace

void ZipkinV1Span::clear() {
  trace_id = {};
  id = parent_id = {};
  name = {};
  timestamp_us = duration_us = 0;
  debug = false;
  annotations.clear();
  binary_annotations.clear();
}

void zipkin_v1_to_v2(const ZipkinV1Span& v1, ZipkinSpan& v2) {
  Converter(v1, v2).convert();
}

}  // namespace clew::receive
