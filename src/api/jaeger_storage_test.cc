// Jaeger's remote storage API over a real gRPC server and a real store.
#include "api/jaeger_storage.h"

#include <gtest/gtest.h>

#include "api/grpc_testing.h"
#include "store/trace_id.h"

namespace clew::api {
namespace {

using namespace otlp::testing;
using protozero::pbf_reader;
using protozero::pbf_writer;
using testing::kSecond;
using testing::kStart;

/// Three traces of one service each: 7 and 8 of checkout, 9 of edge, a second apart.
class JaegerStorageTest : public testing::GrpcApiTest {
 protected:
  JaegerStorageTest() {
    append({{.trace = 7, .service = "checkout", .name = "pay", .start = kStart},
            {.trace = 8, .service = "checkout", .name = "pay", .start = kStart + kSecond},
            {.trace = 9,
             .service = "edge",
             .name = "in",
             .start = kStart + 2 * kSecond,
             .attributes = {{"app", "shop"}}},
            {.trace = 9,
             .span = 2,
             .parent = 1,
             .service = "checkout",
             .name = "list",
             .start = kStart + 2 * kSecond}});
    net::GrpcMethods methods;
    add_jaeger_storage(methods, *engine_);
    serve_grpc(std::move(methods));
  }

  /// A FindTracesRequest of a minute around the traces, with what `more` adds to its parameters.
  template <typename More>
  static std::string find(More&& more) {
    std::string bytes;
    pbf_writer request(bytes);
    pbf_writer query(request, 1);
    for (auto [field, seconds] : {std::pair(4, -30), std::pair(5, 30)})
      pbf_writer(query, static_cast<protozero::pbf_tag_type>(field))
          .add_int64(1, static_cast<int64_t>(kStart / kSecond) + seconds);
    more(query);
    query.commit();
    return bytes;
  }
  static std::string find_service(std::string_view service) {
    return find([&](pbf_writer& query) { query.add_string(1, service.data(), service.size()); });
  }
  static std::string get(const std::vector<uint64_t>& traces) {
    std::string bytes;
    pbf_writer request(bytes);
    for (uint64_t trace : traces) {
      std::string id(trace_id(trace).raw());
      pbf_writer(request, 1).add_bytes(1, id);
    }
    return bytes;
  }
  /// The trace of each message of a stream of TracesData: each has spans of one.
  std::vector<TraceId> traces(const std::string& method, const std::string& request) {
    auto chunks = stream(kReader + method, request);
    EXPECT_TRUE(chunks) << chunks.error().message;
    std::vector<TraceId> result;
    for (const std::string& chunk : chunks.value()) {
      auto batch = otlp::Batch::index(SharedBytes::copy(chunk)).value();
      TraceId id = store::trace_id_of(batch);
      for (const otlp::SpanRef& ref : batch.spans()) EXPECT_EQ(ref.trace_id, id);
      result.push_back(id);
    }
    return result;
  }

  const std::string kReader = "/jaeger.storage.v2.TraceReader/";
};

TEST_F(JaegerStorageTest, TracesByIdWithoutThoseThatAreNotThere) {
  EXPECT_EQ(traces("GetTraces", get({9, 1, 7})), (std::vector<TraceId>{trace_id(9), trace_id(7)}));
  EXPECT_TRUE(traces("GetTraces", get({1})).empty());
  EXPECT_TRUE(
      stream(kReader + "GetTraces", text(text("short"))).error().message.contains("trace_id"));
}

TEST_F(JaegerStorageTest, SearchesTakeTypedAttributes) {
  EXPECT_EQ(traces("FindTraces", find_service("checkout")),
            (std::vector<TraceId>{trace_id(9), trace_id(8), trace_id(7)}));
  auto shop = find([](pbf_writer& query) {
    pbf_writer entry(query, 3);
    entry.add_string(1, "app");
    pbf_writer(entry, 2).add_string(1, "shop");
  });
  EXPECT_EQ(traces("FindTraces", shop), (std::vector<TraceId>{trace_id(9)}));
  auto no_error = find([](pbf_writer& query) {
    pbf_writer entry(query, 3);
    entry.add_string(1, "error");
    pbf_writer(entry, 2).add_bool(2, true);
  });
  EXPECT_TRUE(traces("FindTraces", no_error).empty());
  auto list = find([](pbf_writer& query) {
    pbf_writer entry(query, 3);
    entry.add_string(1, "app");
    pbf_writer(entry, 2).add_message(5, std::string());
  });
  EXPECT_TRUE(stream(kReader + "FindTraces", list).error().message.contains("\"app\""));
}

TEST_F(JaegerStorageTest, TraceIdsAndSummariesPage) {
  std::vector<std::string> ids;
  std::string token;
  do {
    auto page = call(kReader + "FindTraceIDs", find([&](pbf_writer& query) {
                       query.add_string(1, "checkout");
                       pbf_writer pagination(query, 10);
                       pagination.add_uint32(1, 2);
                       pagination.add_string(2, token);
                     }));
    ASSERT_TRUE(page) << page.error().message;
    token.clear();
    for (pbf_reader in(*page); in.next();) {
      if (in.tag() == 1)
        ids.push_back(texts(in.get_string()).at(0));
      else
        token = in.get_string();
    }
  } while (!token.empty());
  EXPECT_EQ(
      ids, (std::vector<std::string>{std::string(trace_id(9).raw()), std::string(trace_id(8).raw()),
                                     std::string(trace_id(7).raw())}));
  auto summaries = stream(kReader + "FindTraceSummaries", find_service("edge"));
  ASSERT_EQ(summaries.value().size(), 1u);
  EXPECT_EQ(texts(texts(summaries->front()).at(0)).at(0), std::string(trace_id(9).raw()));
}

TEST_F(JaegerStorageTest, NamesDependenciesAndCapabilities) {
  EXPECT_EQ(texts(call(kReader + "GetServices", "").value()),
            (std::vector<std::string>{"checkout", "edge"}));
  EXPECT_EQ(texts(texts(call(kReader + "GetOperations", text("edge")).value()).at(0)).at(0), "in");
  std::string range;
  pbf_writer(range).add_message(2, [] {
    std::string time;
    pbf_writer(time).add_int64(1, static_cast<int64_t>(kStart / kSecond) + 10);
    return time;
  }());
  auto links = call("/jaeger.storage.v2.DependencyReader/GetDependencies", range);
  EXPECT_EQ(texts(texts(links.value()).at(0)).at(0), "edge");
  auto answer = call("/jaeger.storage.v2.Capabilities/GetCapabilities", "");
  std::string search = texts(answer.value()).at(0);
  std::vector<protozero::pbf_tag_type> fields;
  for (pbf_reader in(search); in.next(); in.skip()) fields.push_back(in.tag());
  EXPECT_EQ(fields, (std::vector<protozero::pbf_tag_type>{1, 2, 3, 4}));
}

/// What is said to be understood is.
TEST_F(JaegerStorageTest, EveryOperatorOfTheCapabilitiesIsUnderstood) {
  auto answer = call("/jaeger.storage.v2.Capabilities/GetCapabilities", "").value();
  std::string bytes = texts(answer).at(0);
  pbf_reader search(bytes);
  ASSERT_TRUE(search.next(3));
  std::string filter = search.get_string();
  int operators = 0;
  for (pbf_reader in(filter); in.next(2); ++operators) {
    std::string op = in.get_string();
    auto message = stream(kReader + "FindTraces",
                          find([&](pbf_writer& query) { pbf_writer(query, 9).add_string(1, op); }));
    // Without arguments each is wrong, but known.
    ASSERT_FALSE(message) << op;
    EXPECT_FALSE(message.error().message.contains("not supported")) << message.error().message;
  }
  EXPECT_EQ(operators, 14);
  auto unknown =
      stream(kReader + "FindTraces",
             find([](pbf_writer& query) { pbf_writer(query, 9).add_string(1, "phrase"); }));
  EXPECT_TRUE(unknown.error().message.contains("not supported")) << unknown.error().message;
}

}  // namespace
}  // namespace clew::api
