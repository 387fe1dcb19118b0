// What Clew reads of requests of logs and metrics against what the official protobuf library does.
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <opentelemetry/proto/collector/logs/v1/logs_service.pb.h>
#include <opentelemetry/proto/collector/metrics/v1/metrics_service.pb.h>

#include <nlohmann/json.hpp>
#include <random>

#include "otlp/payload.h"
#include "receive/base64.h"
#include "receive/official_json.h"
#include "receive/otlp_json.h"

namespace clew::receive {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;
using opentelemetry::proto::collector::logs::v1::ExportLogsServiceRequest;
using opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest;

/// Fills messages of any type by reflection, each field about half of the time.
class RandomMessage {
 public:
  explicit RandomMessage(uint64_t seed) : random_(seed) {}

  void fill(Message& message, int depth = 0) {
    const auto* type = message.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (depth > 12 && field->message_type()) continue;
      size_t times = below(field->is_repeated() ? 3 : 2);
      for (size_t time = 0; time < times; ++time) set(message, field, depth);
    }
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  uint64_t number() { return random_() >> below(64); }
  double real() { return below(4) == 0 ? 0 : static_cast<double>(number()) / 8; }

  std::string text(const FieldDescriptor* field) {
    size_t size = field->name() == "trace_id" ? 16 : field->name() == "span_id" ? 8 : below(9);
    std::string out;
    while (out.size() < size) out += static_cast<char>('a' + below(26));
    return out;
  }

  void set(Message& message, const FieldDescriptor* field, int depth) {
    const auto* r = message.GetReflection();
    bool list = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return fill(*(list ? r->AddMessage(&message, field) : r->MutableMessage(&message, field)),
                    depth + 1);
      case FieldDescriptor::CPPTYPE_STRING:
        return list ? r->AddString(&message, field, text(field))
                    : r->SetString(&message, field, text(field));
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return list ? r->AddDouble(&message, field, real()) : r->SetDouble(&message, field, real());
      case FieldDescriptor::CPPTYPE_UINT64:
        return list ? r->AddUInt64(&message, field, number())
                    : r->SetUInt64(&message, field, number());
      case FieldDescriptor::CPPTYPE_INT64:
        return r->SetInt64(&message, field, static_cast<int64_t>(number()));
      case FieldDescriptor::CPPTYPE_UINT32:
        return r->SetUInt32(&message, field, static_cast<uint32_t>(number()));
      case FieldDescriptor::CPPTYPE_INT32:
        return r->SetInt32(&message, field, static_cast<int32_t>(number()));
      case FieldDescriptor::CPPTYPE_BOOL:
        return r->SetBool(&message, field, below(2) == 0);
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto* type = field->enum_type();
        auto value = static_cast<int>(below(static_cast<uint64_t>(type->value_count())));
        return r->SetEnum(&message, field, type->value(value));
      }
      default:
        FAIL() << field->full_name() << ": a type that OTLP did not have";
    }
  }

  std::mt19937_64 random_;
};

size_t items_of(const ExportLogsServiceRequest& request) {
  size_t items = 0;
  for (const auto& group : request.resource_logs())
    for (const auto& scope : group.scope_logs())
      items += static_cast<size_t>(scope.log_records_size());
  return items;
}

size_t items_of(const ExportMetricsServiceRequest& request) {
  int items = 0;
  for (const auto& group : request.resource_metrics())
    for (const auto& scope : group.scope_metrics())
      for (const auto& metric : scope.metrics())
        items += metric.gauge().data_points_size() + metric.sum().data_points_size() +
                 metric.histogram().data_points_size() +
                 metric.exponential_histogram().data_points_size() +
                 metric.summary().data_points_size();
  return static_cast<size_t>(items);
}

template <typename Request>
void read_as_the_official_library(otlp::Signal signal) {
  RandomMessage random(30);
  size_t items = 0;
  for (int round = 0; round < 400 && !::testing::Test::HasFailure(); ++round) {
    Request request, read;
    random.fill(request);
    auto payload = otlp::Payload::check(signal, SharedBytes::take(request.SerializeAsString()));
    ASSERT_TRUE(payload.has_value()) << payload.error().message;
    EXPECT_EQ(payload->items(), items_of(request));
    items += payload->items();

    std::string json = testing::otlp_json_of(request, round % 2 == 0);
    auto bytes = otlp_json_to_protobuf(json, signal);
    ASSERT_TRUE(bytes.has_value()) << bytes.error().message << "\n" << json;
    ASSERT_TRUE(read.ParseFromString(*bytes)) << json;
    std::string difference;
    MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&difference);
    EXPECT_TRUE(differencer.Compare(request, read)) << difference << "\n" << json;
  }
  EXPECT_GT(items, 200u);
}

TEST(OfficialPayload, LogsAreReadAsTheOfficialLibraryReadsThem) {
  read_as_the_official_library<ExportLogsServiceRequest>(otlp::Signal::kLogs);
}

TEST(OfficialPayload, MetricsAreReadAsTheOfficialLibraryReadsThem) {
  read_as_the_official_library<ExportMetricsServiceRequest>(otlp::Signal::kMetrics);
}

}  // namespace
}  // namespace clew::receive
