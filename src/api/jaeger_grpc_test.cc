// Jaeger's query services over a real gRPC server and a real store; spans are read with the
// official classes.
#include "api/jaeger_grpc.h"

#include <gtest/gtest.h>
#include <jaeger/api_v2/model.pb.h>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "api/grpc_testing.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using protozero::pbf_writer;
using testing::kSecond;
using testing::kStart;

/// A store with one trace, edge → checkout, behind both services.
class JaegerGrpcTest : public testing::GrpcApiTest {
 protected:
  JaegerGrpcTest() {
    append({{.trace = 7, .service = "edge", .name = "ingress", .start = kStart},
            {.trace = 7,
             .span = 2,
             .parent = 1,
             .service = "checkout",
             .name = "POST /pay",
             .start = kStart + 1000,
             .attributes = {{"app", "shop"}, {"large", std::string(kLarge, 'x')}}}});
    net::GrpcMethods methods;
    add_jaeger_grpc_v2(methods, *engine_, *store_);
    add_jaeger_grpc_v3(methods, *engine_);
    serve_grpc(std::move(methods));
  }

  /// A FindTracesRequest for an attribute, around the trace.
  static std::string find(std::string_view key, std::string_view value) {
    std::string bytes;
    pbf_writer request(bytes);
    pbf_writer query(request, 1);
    {
      pbf_writer entry(query, 3);
      entry.add_string(1, key.data(), key.size());
      entry.add_string(2, value.data(), value.size());
    }
    for (auto [field, seconds] : {std::pair(4, -10), std::pair(5, 10)}) {
      pbf_writer time(query, static_cast<protozero::pbf_tag_type>(field));
      time.add_int64(1, static_cast<int64_t>(kStart / kSecond) + seconds);
    }
    query.commit();
    return bytes;
  }
  /// Spans of SpansResponseChunks.
  static std::vector<jaeger::api_v2::Span> spans(const std::vector<std::string>& chunks) {
    std::vector<jaeger::api_v2::Span> result;
    for (const std::string& chunk : chunks)
      for (const std::string& span : texts(chunk))
        EXPECT_TRUE(result.emplace_back().ParseFromString(span));
    return result;
  }

  static constexpr size_t kLarge = 2 << 20;  // more than one chunk should have
  const std::string kV2 = "/jaeger.api_v2.QueryService/", kV3 = "/jaeger.api_v3.QueryService/";
};

TEST_F(JaegerGrpcTest, V2SendsSpansOfJaegersModel) {
  std::string id(trace_id(7).raw());
  auto chunks = stream(kV2 + "GetTrace", text(id));
  ASSERT_TRUE(chunks) << chunks.error().message;
  EXPECT_EQ(chunks->size(), 2u);  // each small enough for a client's limit
  auto found = spans(*chunks);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].trace_id(), id);
  EXPECT_EQ(found[0].process().service_name(), "edge");
  EXPECT_EQ(found[1].references(0).span_id(), std::string(span_id(1).raw()));
  EXPECT_EQ(spans(stream(kV2 + "FindTraces", find("app", "shop")).value()).size(), 2u);
  EXPECT_EQ(stream(kV2 + "FindTraces", find("app", "bank")).value().size(), 0u);
}

TEST_F(JaegerGrpcTest, V3SendsOtlp) {
  for (const auto& [method, request] :
       {std::pair("GetTrace", text("7")), std::pair("FindTraces", find("app", "shop"))}) {
    auto chunks = stream(kV3 + method, request);
    ASSERT_TRUE(chunks) << chunks.error().message;
    EXPECT_EQ(chunks->size(), 2u) << method;
    size_t count = 0;
    for (const std::string& chunk : *chunks)
      count += otlp::Batch::index(SharedBytes::copy(chunk)).value().spans().size();
    EXPECT_EQ(count, 2u) << method;
  }
  EXPECT_EQ(stream(kV3 + "FindTraces", find("app", "bank")).value().size(), 0u);
  auto summaries = stream(kV3 + "FindTraceSummaries", find("app", "shop"));
  ASSERT_EQ(summaries.value().size(), 1u);
  EXPECT_EQ(texts(texts(summaries->front()).at(0)).at(0), trace_id(7).hex());
}

TEST_F(JaegerGrpcTest, ServicesAndOperations) {
  for (const std::string& service : {kV2, kV3}) {
    EXPECT_EQ(texts(call(service + "GetServices", "").value()),
              (std::vector<std::string>{"checkout", "edge"}));
    EXPECT_NE(call(service + "GetOperations", text("edge")).value().find("ingress"),
              std::string::npos);
    EXPECT_TRUE(call(service + "GetOperations", "").error().message.contains("service"));
    std::string range;
    {
      pbf_writer request(range);
      pbf_writer(request, 2).add_int64(1, static_cast<int64_t>(kStart / kSecond) + 10);
    }
    EXPECT_EQ(texts(texts(call(service + "GetDependencies", range).value()).at(0)).at(0), "edge");
  }
}

TEST_F(JaegerGrpcTest, ArchivesAndSaysWhatIsWrong) {
  EXPECT_TRUE(call(kV2 + "ArchiveTrace", text(trace_id(7).raw())));
  EXPECT_EQ(store_->pinned(Tenant()).size(), 1u);
  EXPECT_TRUE(call(kV2 + "ArchiveTrace", text(trace_id(8).raw()))
                  .error()
                  .message.contains("trace not found"));
  EXPECT_TRUE(stream(kV3 + "GetTrace", text("8")).error().message.contains("NOT_FOUND"));
  EXPECT_TRUE(stream(kV3 + "GetTrace", text("x")).error().message.contains("trace_id"));
  EXPECT_TRUE(stream(kV2 + "GetTrace", "\xff").error().message.contains("INVALID_ARGUMENT"));
  EXPECT_TRUE(stream(kV3 + "FindTraces", text("")).error().message.contains("start_time_min"));
  EXPECT_TRUE(stream(kV3 + "FindTraces", "").error().message.contains("query"));
}

}  // namespace
}  // namespace clew::api
