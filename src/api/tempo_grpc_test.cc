// Tempo's query service over a real gRPC server and a real store.
#include "api/tempo_grpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "api/tempo_proto_read.h"
#include "api/testing.h"
#include "net/grpc_client.h"

namespace clew::api {
namespace {

using protozero::pbf_writer;
using ::testing::HasSubstr;
using List = std::vector<std::string>;

/// All texts and messages in field `tag`.
List texts(std::string_view message, protozero::pbf_tag_type tag) {
  List found;
  for (protozero::pbf_reader in(message.data(), message.size()); in.next();)
    if (in.tag() == tag)
      found.push_back(in.get_string());
    else
      in.skip();
  return found;
}

uint64_t number(std::string_view message, protozero::pbf_tag_type tag) {
  protozero::pbf_reader in(message.data(), message.size());
  return in.next(tag) ? in.get_uint64() : 0;
}

std::string fields(std::initializer_list<std::pair<protozero::pbf_tag_type, std::string>> texts) {
  std::string message;
  for (const auto& [tag, text] : texts) pbf_writer(message).add_string(tag, text);
  return message;
}

class TempoGrpcTest : public testing::ApiTest {
 protected:
  TempoGrpcTest() {
    append_checkout();
    append({{.trace = 8,
             .service = "shop",
             .name = "GET /",
             .start = testing::kStart + testing::kSecond,
             .attributes = {{"user", "ann"}}}});
    net::GrpcMethods methods;
    add_tempo_grpc(methods, *engine_);
    grpc_ = *net::GrpcServer::start({.address = {"127.0.0.1", 0}}, std::move(methods));
    client_ = *net::GrpcClient::create({.target = fmt::format("127.0.0.1:{}", grpc_->port())});
  }
  ~TempoGrpcTest() override {
    client_.reset();
    grpc_->stop(std::chrono::seconds(5));
  }

  /// All messages of a stream, or why it ended.
  Result<List> ask(const std::string& method, std::string request) {
    std::mutex mutex;
    List messages;
    std::promise<Result<void>> over;
    auto opened =
        client_->open("/tempopb.StreamingQuerier/" + method,
                      {.on_message =
                           [&](const SharedBytes& message) {
                             std::lock_guard lock(mutex);
                             messages.emplace_back(message.view());
                           },
                       .on_close = [&](Result<void> how) { over.set_value(std::move(how)); }});
    opened.send(std::move(request));
    auto how = over.get_future().get();
    if (!how) return std::unexpected(how.error());
    return messages;
  }

  std::unique_ptr<net::GrpcServer> grpc_;
  std::unique_ptr<net::GrpcClient> client_;
};

TEST_F(TempoGrpcTest, SendsEachTraceAsItIsFound) {
  auto messages = ask("Search", fields({{8, "{ kind = server }"}}));
  ASSERT_TRUE(messages) << messages.error().message;
  ASSERT_EQ(messages->size(), 3u);
  List ids, services;
  for (const std::string& message : *messages)
    for (const std::string& trace : texts(message, 1)) {
      ids.push_back(texts(trace, 1)[0]);
      services.push_back(texts(trace, 2)[0]);
      ASSERT_EQ(texts(trace, 7).size(), 1u);
      EXPECT_EQ(number(texts(trace, 7)[0], 2), ids.back() == "7" ? 2u : 1u);  // spans matched
    }
  EXPECT_EQ(ids, (List{"8", "7"}));
  EXPECT_EQ(services, (List{"shop", "edge"}));
  // Progress: jobs done, of so many.
  EXPECT_EQ(number(texts(messages->front(), 2)[0], 4), 0u);
  EXPECT_EQ(number(texts(messages->front(), 2)[0], 5), 1u);
  EXPECT_EQ(number(texts(messages->back(), 2)[0], 4), 1u);
  EXPECT_EQ(number(texts(messages->back(), 2)[0], 1), 2u);  // traces read
}

TEST_F(TempoGrpcTest, SearchesByTags) {
  auto messages = ask("Search", fields({{1, fields({{1, "user"}, {2, "ann"}})}}));
  ASSERT_TRUE(messages) << messages.error().message;
  ASSERT_EQ(messages->size(), 2u);
  EXPECT_EQ(texts(texts(messages->front(), 1)[0], 1)[0], "8");
}

TEST_F(TempoGrpcTest, ListsTagsAndValues) {
  auto tags = ask("SearchTagsV2", fields({{1, "span"}}));
  ASSERT_TRUE(tags) << tags.error().message;
  EXPECT_EQ(texts(texts(tags->at(0), 1)[0], 2), List{"user"});
  auto names = ask("SearchTags", "");
  EXPECT_THAT(texts(names->at(0), 1), ::testing::Contains("user"));
  EXPECT_THAT(texts(names->at(0), 1), ::testing::Not(::testing::Contains("duration")));
  auto values = ask("SearchTagValuesV2", fields({{1, "resource.service.name"}}));
  EXPECT_EQ(texts(values->at(0), 1).size(), 3u);
  auto some =
      ask("SearchTagValuesV2", fields({{1, "resource.service.name"}, {2, "{ status = error }"}}));
  ASSERT_EQ(texts(some->at(0), 1).size(), 1u);
  EXPECT_EQ(texts(texts(some->at(0), 1)[0], 2)[0], "checkout");
  auto plain = ask("SearchTagValues", fields({{1, "user"}}));
  EXPECT_EQ(texts(plain->at(0), 1), List{"ann"});
}

TEST_F(TempoGrpcTest, AnswersMetrics) {
  std::string request = fields({{1, "{ } | count_over_time()"}});
  pbf_writer out(request);
  out.add_uint64(2, testing::kStart - 20 * testing::kSecond);
  out.add_uint64(3, testing::kStart + 20 * testing::kSecond);
  auto instant = ask("MetricsQueryInstant", request);
  ASSERT_TRUE(instant) << instant.error().message;
  std::string series = texts(instant->at(0), 1)[0];
  protozero::pbf_reader in(series);
  ASSERT_TRUE(in.next(2));
  EXPECT_EQ(in.get_double(), 3);
  out.add_uint64(4, 10 * testing::kSecond);
  auto range = ask("MetricsQueryRange", request);
  ASSERT_TRUE(range) << range.error().message;
  EXPECT_GE(texts(texts(range->at(0), 1)[0], 2).size(), 4u);
  EXPECT_THAT(ask("MetricsQueryRange", fields({{1, "{ }"}})).error().message,
              HasSubstr("no metrics"));
}

TEST_F(TempoGrpcTest, SaysWhatIsWrong) {
  auto wrong = ask("Search", fields({{8, "{ span.a = }"}}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kRejected) << name_of(wrong.error().code);
  EXPECT_THAT(wrong.error().message, HasSubstr("column 12"));
  EXPECT_THAT(ask("SearchTagsV2", fields({{1, "nowhere"}})).error().message, HasSubstr("nowhere"));
  EXPECT_THAT(ask("SearchTagValuesV2", fields({{1, "x"}})).error().message, HasSubstr("tagName"));
  EXPECT_THAT(ask("Search", "\x0a\x7f").error().message, HasSubstr("no message of this kind"));
}

TEST(TempoRequests, AreReadWithTheDefaultsOfHttp) {
  EXPECT_EQ(read_tempo_search("")->limit, 20u);
  EXPECT_EQ(read_tempo_search("")->spans_per_spanset, 3u);
  EXPECT_EQ(read_tempo_values("")->names.limit, 1000u);
  std::string message;
  pbf_writer out(message);
  out.add_uint32(2, 5);
  out.add_uint32(3, 7);
  out.add_uint32(4, 9);
  out.add_uint32(5, 100);
  out.add_uint32(6, 200);
  out.add_uint32(9, 11);
  auto search = read_tempo_search(message);
  ASSERT_TRUE(search) << search.error().message;
  EXPECT_EQ(search->filter.min_trace_duration, 5'000'000u);
  EXPECT_EQ(search->filter.max_trace_duration, 7'000'000u);
  EXPECT_EQ(search->filter.start_min, 100'000'000'000u);
  EXPECT_EQ(search->filter.start_max, 200'999'999'999u);
  EXPECT_EQ(search->limit, 9u);
  EXPECT_EQ(search->spans_per_spanset, 11u);
}

TEST(TempoRequests, AreRefusedAsOverHttp) {
  std::string tag = fields({{1, fields({{1, "a"}, {2, "b"}})}});
  EXPECT_FALSE(read_tempo_search(tag + fields({{8, "{ }"}})));
  std::string many;
  for (size_t i = 0; i <= limits::kTagsPerQuery; ++i) many += tag;
  EXPECT_THAT(read_tempo_search(many).error().message, HasSubstr("more than"));
  std::string start;
  pbf_writer(start).add_uint32(5, 100);
  EXPECT_FALSE(read_tempo_search(start));
}

}  // namespace
}  // namespace clew::api
