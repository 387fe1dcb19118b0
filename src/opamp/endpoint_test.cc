#include "opamp/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "net/encoding.h"
#include "net/http_testing.h"

namespace clew::opamp {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OpampEndpoint : public ::testing::Test {
 protected:
  OpampEndpoint() {
    net::HttpRoutes routes;
    add_opamp(routes, agents_);
    server_ = net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes)).value();
  }
  net::testing::HttpAnswer post(std::string_view body, net::HttpFields headers = {}) {
    headers.emplace_back("Content-Type", "application/x-protobuf");
    return net::testing::HttpClient(server_->port()).post("/v1/opamp", headers, body);
  }
  static ServerAnswer read(const net::testing::HttpAnswer& answer) {
    EXPECT_TRUE(answer.has("content-type: application/x-protobuf")) << answer.head;
    auto read = read_answer(answer.body);
    EXPECT_TRUE(read);
    return read.value_or(ServerAnswer());
  }

  const AgentReport report_{.uid = new_instance_uid(1), .health = ComponentHealth{.status = "up"}};
  ManualClock clock_{1};
  Agents agents_{clock_};
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(OpampEndpoint, TakesAReportAndAnswersIt) {
  auto answer = post(write(report_));
  EXPECT_EQ(answer.status, 200);
  ServerAnswer said = read(answer);
  EXPECT_EQ(said.uid, report_.uid);
  EXPECT_EQ(said.capabilities, kAcceptsStatus);
  auto agents = agents_.list(10).agents;
  ASSERT_THAT(agents, SizeIs(1));
  EXPECT_EQ(agents[0].from, "127.0.0.1");
  EXPECT_EQ(agents[0].health, report_.health);
}

TEST_F(OpampEndpoint, TakesACompressedReport) {
  auto body = net::encode_content("gzip", SharedBytes::take(write(report_)));
  EXPECT_EQ(post(body->view(), {{"Content-Encoding", "gzip"}}).status, 200);
  EXPECT_THAT(agents_.list(10).agents, SizeIs(1));
}

TEST_F(OpampEndpoint, SaysWhatIsWrong) {
  auto answer = post("\x0a\xff");
  EXPECT_EQ(answer.status, 400);
  auto refused = read(answer).refused;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->type, ServerAnswer::Refusal::kBadRequest);
  EXPECT_THAT(refused->message, HasSubstr("no AgentToServer"));
  net::testing::HttpClient client(server_->port());
  EXPECT_EQ(client.post("/v1/opamp", {{"Content-Type", "application/json"}}, "{}").status, 415);
  auto websocket = client.get("/v1/opamp", {{"Upgrade", "websocket"}});
  EXPECT_EQ(websocket.status, 405);
  EXPECT_THAT(websocket.body, HasSubstr("server: http:"));
  EXPECT_THAT(agents_.list(10).agents, IsEmpty());
}

TEST_F(OpampEndpoint, TakesReportsUpToTheirLimit) {
  // An effective_config, which is not looked at.
  auto with_config = [this](size_t total) {
    std::string message = write(report_);
    size_t rest = total - message.size() - 5;  // tag and length
    message += '\x32';
    for (int shift = 0; shift < 28; shift += 7)
      message += static_cast<char>((rest >> shift & 0x7F) | (shift < 21 ? 0x80 : 0));
    return message + std::string(rest, '\0');
  };
  EXPECT_EQ(post(with_config(limits::kOpampMessageBytes)).status, 200);
  EXPECT_EQ(post(with_config(limits::kOpampMessageBytes + 1)).status, 413);
  auto bomb =
      net::encode_content("gzip", SharedBytes::take(with_config(limits::kOpampMessageBytes + 1)));
  EXPECT_EQ(post(bomb->view(), {{"Content-Encoding", "gzip"}}).status, 413);
}

TEST_F(OpampEndpoint, AsksToComeLaterWhenThereAreTooMany) {
  for (uint32_t i = 0; i < limits::kOpampAgents; ++i)
    agents_.take({.uid = new_instance_uid(i)}, "10.0.0.1");
  auto answer = post(write(report_));
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.has("retry-after: 60"));
  EXPECT_EQ(read(answer).refused->type, ServerAnswer::Refusal::kUnavailable);
}

}  // namespace
}  // namespace clew::opamp
