// What goes in comes out: requests with everything that OTLP can say, made and compared by the
// official protobuf classes, through head, block, merged block and restart.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/log.h"
#include "otlp/random_request.h"
#include "store/testing.h"

namespace clew::store {
namespace {

namespace proto = opentelemetry::proto;
using otlp::testing::ExportTraceServiceRequest;
using otlp::testing::RandomRequest;
using proto::common::v1::AnyValue;
using proto::trace::v1::Span;
using testing::SimulatedStore;

/// Every span with its resource and scope as bytes, by trace.
using Spans = std::map<std::string, std::multiset<std::string>>;

Spans spans_of(const ExportTraceServiceRequest& request) {
  static const std::string kZero(16, '\0');
  Spans spans;
  for (const auto& resource : request.resource_spans())
    for (const auto& scope : resource.scope_spans())
      for (const Span& span : scope.spans()) {
        bool valid = !span.trace_id().empty() && span.trace_id() != kZero &&
                     !span.span_id().empty() && span.span_id() != kZero.substr(8);
        if (!valid) continue;
        std::string all;
        for (const std::string& part :
             {resource.resource().SerializeAsString(), resource.schema_url(),
              scope.scope().SerializeAsString(), scope.schema_url(), span.SerializeAsString()})
          all += fmt::format("{}:", part.size()) + part;
        spans[span.trace_id()].insert(all);
      }
  return spans;
}

void add_unknown_fields(google::protobuf::Message& message) {
  auto* unknown = message.GetReflection()->MutableUnknownFields(&message);
  unknown->AddVarint(1000, 7);
  unknown->AddFixed32(1001, 8);
  unknown->AddFixed64(1002, 9);
  unknown->AddLengthDelimited(1003, "later");
}

/// Makes requests wilder than those of RandomRequest, of few traces.
class WildRequest {
 public:
  explicit WildRequest(uint64_t seed) : requests_(seed), random_(seed) {}

  ExportTraceServiceRequest next(UnixNanos now) {
    ExportTraceServiceRequest request = requests_.next();
    for (auto& resource : *request.mutable_resource_spans()) {
      if (chance(8)) add_unknown_fields(*resource.mutable_resource());
      for (auto& scope : *resource.mutable_scope_spans()) {
        if (chance(8)) add_unknown_fields(*scope.mutable_scope());
        for (Span& span : *scope.mutable_spans()) change(span, now);
      }
    }
    return request;
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  bool chance(uint64_t one_in) { return below(one_in) == 0; }

  void change(Span& span, UnixNanos now) {
    if (!chance(8)) {
      std::string id(16, 'T');
      id[15] = static_cast<char>(below(6));
      span.set_trace_id(id);
    }
    if (chance(2)) span.set_start_time_unix_nano(now - below(200'000'000'000'000));
    if (chance(4)) span.set_parent_span_id(std::string(8, '\0'));
    if (chance(2) && !last_id_.empty()) span.set_parent_span_id(last_id_);
    last_id_ = span.span_id();
    if (chance(8)) span.set_kind(static_cast<Span::SpanKind>(chance(2) ? 77 : -5));
    if (chance(8)) span.mutable_status();
    if (chance(8))
      span.mutable_status()->set_code(
          static_cast<proto::trace::v1::Status::StatusCode>(chance(2) ? 99 : -3));
    if (chance(8)) add_unknown_fields(span);
    if (chance(8) && span.has_status()) add_unknown_fields(*span.mutable_status());
    if (chance(4)) add_repeated_keys(span);
    if (chance(4)) add_texts(span);
    if (chance(30)) add_many(span);
    for (auto& attribute : *span.mutable_attributes()) {
      if (chance(16)) add_unknown_fields(attribute);
      if (chance(16)) add_unknown_fields(*attribute.mutable_value());
    }
    for (auto& event : *span.mutable_events())
      if (chance(8)) add_unknown_fields(event);
    for (auto& link : *span.mutable_links())
      if (chance(8)) add_unknown_fields(link);
  }

  AnyValue& add(Span& span, const std::string& key) {
    auto& attribute = *span.add_attributes();
    attribute.set_key(key);
    return *attribute.mutable_value();
  }

  void add_repeated_keys(Span& span) {
    static constexpr int64_t kInts[] = {0, -1, 1, INT64_MIN, INT64_MAX, -1'000'000};
    for (uint64_t i = below(6); i > 0; --i) {
      switch (below(4)) {
        case 0:
          add(span, "again").set_int_value(kInts[below(std::size(kInts))]);
          break;
        case 1:
          add(span, "again").set_string_value("same");
          break;
        case 2:
          add(span, "again").set_bool_value(chance(2));
          break;
        default:
          add(span, "again");
      }
    }
  }

  /// What the codecs for texts look for: templates, digits, hex, long ones, repetitions.
  void add_texts(Span& span) {
    add(span, "path")
        .set_string_value(fmt::format("/users/{}/orders/{:08x}", below(1000), random_()));
    add(span, "uuid").set_string_value(fmt::format("{:016x}-{:016x}", random_(), random_()));
    add(span, "padded").set_string_value(fmt::format("{:0{}}", below(1000), 1 + below(25)));
    if (chance(4)) add(span, "long").set_string_value(std::string(4000 + below(300), 'x'));
    if (chance(4)) add(span, "blob").set_bytes_value(std::string(4000 + below(300), '\xFF'));
  }

  void add_many(Span& span) {
    for (size_t i = 0; i < limits::kCellsPerSpan + 3; ++i)
      add(span, fmt::format("k{}", i % 700)).set_int_value(static_cast<int64_t>(i));
  }

  RandomRequest requests_;
  std::mt19937_64 random_;
  std::string last_id_;
};

class StoreLossless : public ::testing::Test {
 protected:
  StoreLossless() : level_(spdlog::get_level()) { spdlog::set_level(spdlog::level::warn); }
  ~StoreLossless() override { spdlog::set_level(level_); }

  void open(uint64_t seed) {
    sim_ = std::make_unique<SimulatedStore>(seed);
    sim_->options.retention = std::chrono::hours(24 * 365 * 40);
    sim_->options.cache_bytes = seed % 2 == 0 ? 0 : 1 << 20;
    expected_.clear();
    ASSERT_TRUE(sim_->open());
  }

  void append(const ExportTraceServiceRequest& request) {
    auto batch = otlp::Batch::index(SharedBytes::take(request.SerializeAsString()));
    ASSERT_TRUE(batch) << batch.error().message;
    auto appended = sim_->append(*batch);
    ASSERT_TRUE(appended) << appended.error().message;
    for (auto& [trace, spans] : spans_of(request)) expected_[trace].merge(spans);
  }

  void check(std::string_view stage) {
    for (const auto& [id, spans] : expected_) {
      auto trace = sim_->store->trace(Tenant(), TraceId::from_raw(id).value());
      ASSERT_TRUE(trace) << stage << ": " << trace.error().message;
      EXPECT_TRUE(trace->complete);
      ExportTraceServiceRequest read;
      ASSERT_TRUE(read.ParseFromString(std::string(trace->spans.bytes().view())));
      ASSERT_EQ(spans_of(read), (Spans{{id, spans}})) << stage;
    }
  }

  void check_all_stages() {
    ASSERT_NO_FATAL_FAILURE(check("head"));
    ASSERT_TRUE(sim_->open());
    ASSERT_NO_FATAL_FAILURE(check("replayed head"));
    ASSERT_TRUE(sim_->store->flush());
    ASSERT_NO_FATAL_FAILURE(check("block"));
  }

  spdlog::level::level_enum level_;
  std::unique_ptr<SimulatedStore> sim_;
  Spans expected_;
};

TEST_F(StoreLossless, WhatGoesInComesOut) {
  for (uint64_t seed = 1; seed <= 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    ASSERT_NO_FATAL_FAILURE(open(seed));
    WildRequest requests(seed);
    for (int round = 0; round < 3; ++round) {
      std::vector<ExportTraceServiceRequest> sent;
      for (int i = 0; i < 4; ++i) {
        sent.push_back(requests.next(sim_->clock.now()));
        ASSERT_NO_FATAL_FAILURE(append(sent.back()));
      }
      ASSERT_NO_FATAL_FAILURE(check_all_stages());
    }
    sim_->store->compact();
    ASSERT_NO_FATAL_FAILURE(check("merged block"));
    ASSERT_TRUE(sim_->open());
    ASSERT_NO_FATAL_FAILURE(check("merged block after restart"));
  }
}

TEST_F(StoreLossless, KeysPastTheLimitOfColumns) {
  ASSERT_NO_FATAL_FAILURE(open(1));
  for (int round = 0; round < 2; ++round) {
    ExportTraceServiceRequest request;
    auto& scope = *request.add_resource_spans()->add_scope_spans();
    for (int i = 0; i < 150; ++i) {
      Span& span = *scope.add_spans();
      span.set_trace_id(std::string(15, 'T') + static_cast<char>(i % 4));
      span.set_span_id(fmt::format("{:08}", round * 1000 + i));
      span.set_start_time_unix_nano(sim_->clock.now());
      for (int j = 0; j < 20; ++j) {
        auto& attribute = *span.add_attributes();
        attribute.set_key(fmt::format("k{}.{}", i, j));
        attribute.mutable_value()->set_int_value(j);
      }
    }
    ASSERT_NO_FATAL_FAILURE(append(request));
    ASSERT_NO_FATAL_FAILURE(check_all_stages());
  }
  sim_->store->compact();
  ASSERT_NO_FATAL_FAILURE(check("merged block"));
}

}  // namespace
}  // namespace clew::store
