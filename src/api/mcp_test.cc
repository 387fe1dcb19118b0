#include "api/mcp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/mcp_request.h"
#include "api/mcp_text.h"
#include "api/mcp_tree.h"
#include "api/testing.h"

namespace clew::api {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::kSecond;
using testing::kStart;
using ::testing::Not;
using Json = nlohmann::json;

constexpr char kAlways[] = "2023-11-01T00:00:00Z";  // before kStart

class McpTest : public testing::ApiTest {
 protected:
  McpTest() {
    net::HttpRoutes routes;
    add_mcp(routes, *engine_, "9.9");
    serve(std::move(routes));
  }

  net::testing::HttpAnswer post(const std::string& body, net::HttpFields headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return net::testing::HttpClient(server_->port()).post("/api/mcp", headers, body);
  }

  Json ask(const std::string& method, Json params = Json::object()) {
    Json request = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    return Json::parse(post(request.dump()).body, nullptr, false);
  }

  Json call(const std::string& tool, Json arguments = Json::object()) {
    return ask("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}})["result"];
  }

  /// The text of a call that must succeed.
  std::string text(const std::string& tool, Json arguments = Json::object()) {
    Json result = call(tool, std::move(arguments));
    EXPECT_EQ(result["isError"], false) << result;
    return result["content"][0]["text"];
  }
  /// That of one that must not.
  std::string problem(const std::string& tool, Json arguments = Json::object()) {
    Json result = call(tool, std::move(arguments));
    EXPECT_EQ(result["isError"], true) << result;
    return result["content"][0]["text"];
  }
};

TEST_F(McpTest, SaysHelloInTheVersionOfTheClient) {
  Json hello = ask("initialize", {{"protocolVersion", "2025-03-26"}})["result"];
  EXPECT_EQ(hello["protocolVersion"], "2025-03-26");
  EXPECT_EQ(hello["serverInfo"]["version"], "9.9");
  EXPECT_TRUE(hello["capabilities"].contains("tools"));
  EXPECT_EQ(ask("initialize", {{"protocolVersion", "2999-01-01"}})["result"]["protocolVersion"],
            "2025-06-18");
  EXPECT_EQ(ask("ping")["result"], Json::object());
}

TEST_F(McpTest, EveryToolOnlyReadsAndHasASchema) {
  Json tools = ask("tools/list")["result"]["tools"];
  ASSERT_EQ(tools.size(), 6u);
  for (const Json& tool : tools) {
    EXPECT_EQ(tool["annotations"]["readOnlyHint"], true);
    EXPECT_EQ(tool["inputSchema"]["type"], "object");
    Json result = call(tool["name"], {{"no such", 1}});
    EXPECT_EQ(result["isError"], true) << tool["name"];
    EXPECT_THAT(result["content"][0]["text"].get<std::string>(),
                HasSubstr("no such: there is no such argument"));
  }
}

TEST_F(McpTest, FindsTracesAndShowsThem) {
  append_checkout();
  EXPECT_EQ(text("list_services"), "checkout\nedge\n");
  EXPECT_EQ(text("list_services", {{"contains", "edg"}}), "edge\n");
  EXPECT_EQ(text("list_operations", {{"service", "checkout"}}), "POST /pay [server]\n");
  EXPECT_THAT(
      text("search_traces", {{"error", true}, {"since", kAlways}}),
      HasSubstr("00000000000000000000000000000007 2023-11-14T22:13:20.000Z 1.000 s 2 spans, "
                "1 failed; edge: ingress; services: checkout, edge"));
  EXPECT_THAT(text("search_traces", {{"service", "edge"}, {"error", true}, {"since", kAlways}}),
              HasSubstr("0 traces from"));
  EXPECT_THAT(text("search_traces"), HasSubstr("0 traces from"));  // of the last hour
  EXPECT_THAT(
      text("get_trace", {{"trace_id", "7"}}),
      AllOf(HasSubstr("2 spans, 1 failed"), HasSubstr("\n+0 ns 1.000 s edge: ingress [server]\n"),
            HasSubstr("\n  +1 µs 500 ms checkout: POST /pay [server] error FAILED\n")));
  EXPECT_THAT(text("get_dependencies", {{"since", kAlways}}),
              HasSubstr("edge -> checkout: 1 calls, 1 failed"));
  EXPECT_THAT(
      text("find_error_roots", {{"since", kAlways}}),
      AllOf(HasSubstr("1 traces with errors"), HasSubstr("1 x checkout: POST /pay error; traces: "
                                                         "00000000000000000000000000000007")));
}

TEST_F(McpTest, FiltersByAttributesAndConditions) {
  append({{.trace = 1, .start = kStart, .attributes = {{"http.status_code", "503"}}},
          {.trace = 2, .start = kStart, .attributes = {{"http.status_code", "200"}}}});
  EXPECT_THAT(
      text("search_traces", {{"attributes", {{"http.status_code", 503}}}, {"since", kAlways}}),
      HasSubstr("1 traces from"));
  EXPECT_THAT(
      text("search_traces", {{"where", {"span.http.status_code >= 200"}}, {"since", kAlways}}),
      HasSubstr("2 traces from"));
}

TEST_F(McpTest, ErrorsOfToolsSayWhatToCorrect) {
  EXPECT_THAT(problem("get_trace", {{"trace_id", "77"}}), HasSubstr("no trace"));
  EXPECT_THAT(problem("get_trace"), HasSubstr("trace_id"));
  EXPECT_THAT(problem("get_trace", {{"trace_id", "xyz"}}), HasSubstr("xyz"));
  EXPECT_THAT(problem("search_traces", {{"limit", 0}}),
              "limit: must be a whole number from 1 to 100");
  EXPECT_THAT(problem("search_traces", {{"error", "yes"}}), "error: must be true or false");
  EXPECT_THAT(problem("search_traces", {{"min_duration", "fast"}}), HasSubstr("min_duration: "));
  EXPECT_THAT(problem("search_traces", {{"where", {"a ="}}}), HasSubstr("where: \"a =\": column"));
  EXPECT_THAT(problem("find_error_roots", {{"since", "1m"}, {"until", "2m"}}), HasSubstr("since"));
  EXPECT_THAT(problem("list_operations"), "service: is missing");
}

TEST_F(McpTest, ErrorsOfTheProtocolAreThoseOfJsonRpc) {
  EXPECT_EQ(ask("resources/list")["error"]["code"], -32601);
  EXPECT_EQ(ask("tools/call", {{"name", "drop_tables"}})["error"]["code"], -32602);
  EXPECT_EQ(ask("tools/call", {{"name", "list_services"}, {"arguments", 1}})["error"]["code"],
            -32602);
  auto broken = post("{");
  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(Json::parse(broken.body)["error"]["code"], -32700);
  auto wrong = post(R"({"id": 1, "method": "ping"})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(Json::parse(wrong.body)["error"]["code"], -32600);
  EXPECT_EQ(post(std::string(kMostMcpBytes + 1, ' ')).status, 413);
  EXPECT_EQ(post(std::string(kMostMcpDepth + 1, '[')).status, 413);
}

TEST_F(McpTest, NotificationsAreTakenWithoutAnAnswer) {
  auto answer = post(R"({"jsonrpc": "2.0", "method": "notifications/initialized"})");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(get("/api/mcp").status, 405);
}

TEST_F(McpTest, BatchesAreOfTheOlderVersionOnly) {
  std::string batch = R"([{"jsonrpc": "2.0", "id": "a", "method": "ping"},
                          {"jsonrpc": "2.0", "method": "notifications/initialized"},
                          {"jsonrpc": "2.0", "id": 2, "method": "nothing"}])";
  for (const net::HttpFields& headers :
       {net::HttpFields{}, net::HttpFields{{"MCP-Protocol-Version", "2025-03-26"}}}) {
    auto answer = post(batch, headers);
    ASSERT_EQ(answer.status, 200);
    Json answers = Json::parse(answer.body);
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers[0]["id"], "a");
    EXPECT_EQ(answers[1]["error"]["code"], -32601);
  }
  EXPECT_EQ(post(batch, {{"MCP-Protocol-Version", "2025-06-18"}}).status, 400);
  EXPECT_EQ(post("[]").status, 400);
  EXPECT_EQ(post(R"({})", {{"MCP-Protocol-Version", "1999-01-01"}}).status, 400);
}

TEST_F(McpTest, PagesOfOtherHostsMayNotAsk) {
  std::string ping = R"({"jsonrpc": "2.0", "id": 1, "method": "ping"})";
  for (const char* origin : {"http://localhost:6274", "http://127.0.0.1", "https://[::1]:8443"})
    EXPECT_EQ(post(ping, {{"Origin", origin}}).status, 200) << origin;
  for (const char* origin : {"http://evil.example", "http://localhost.evil.example", "null",
                             "http://10.0.0.1", "http://127.0.0.1.evil.example", "http://[::2]"})
    EXPECT_EQ(post(ping, {{"Origin", origin}}).status, 403) << origin;
}

TEST(McpOrigin, ANameThatLeadsHereProvesNothing) {
  auto allowed = [](const char* origin, const char* host) {
    net::HttpRequest request;
    request.headers = {{"Origin", origin}, {"Host", host}};
    return is_origin_allowed(request);
  };
  EXPECT_TRUE(allowed("http://10.0.0.7:16686", "10.0.0.7:16686"));
  EXPECT_FALSE(allowed("http://evil.example:16686", "evil.example:16686"));  // rebound
  EXPECT_FALSE(allowed("http://[", "["));
}

TEST(McpText, IsBoundedAndSaysWhatWasCut) {
  BoundedText text;
  std::string line(999, 'x');
  for (int i = 0; i < 25; ++i) text.line(line);
  std::string taken = text.take("ask for less");
  EXPECT_LE(taken.size(), kMcpAnswerBytes + 100);
  EXPECT_THAT(taken, ::testing::EndsWith("[cut: 5 more lines; ask for less]\n"));
  BoundedText one;
  one.line("a\nb\x1b");
  EXPECT_EQ(one.take(""), "a b \n");
  EXPECT_EQ(shortened("äöü", 3), "ä…");
  EXPECT_EQ(shortened("äöü", 6), "äöü");
}

TEST(McpTree, KeepsFailedAndLongSpansOfALargeTrace) {
  std::vector<otlp::testing::SpanSpec> spans = {{.span = 1, .name = "root", .duration = kSecond}};
  for (uint64_t i = 2; i <= 100; ++i)
    spans.push_back({.span = i, .parent = 1, .name = "row", .duration = i});
  spans.push_back({.span = 200,
                   .parent = 50,
                   .name = "lost row",
                   .duration = 1,
                   .status = otlp::StatusCode::kError,
                   .attributes = {{"table", "carts"}}});
  std::string text = mcp_trace_text(otlp::testing::batch_of(spans), true, 5);
  EXPECT_THAT(text, AllOf(HasSubstr("\n+0 ns 1.000 s shop: root [server] (96 children left out)\n"),
                          HasSubstr("\n    +0 ns 1 ns shop: lost row [server] error FAILED\n"
                                    "      table=carts\n"),
                          HasSubstr("\n  +0 ns 100 ns shop: row [server]\n"),
                          Not(HasSubstr(" 98 ns")), HasSubstr("[96 of 101 spans left out")));
  EXPECT_THAT(mcp_trace_text(otlp::testing::batch_of(spans), false, 500),
              AllOf(Not(HasSubstr("left out")), HasSubstr("[incomplete: ")));
}

TEST(McpTree, EndsWhereParentsGoInACircle) {
  std::string text = mcp_trace_text(
      otlp::testing::batch_of(
          {{.span = 1, .parent = 2}, {.span = 2, .parent = 1}, {.span = 3, .parent = 3}}),
      true, 100);
  EXPECT_THAT(text, HasSubstr("3 spans"));
  EXPECT_EQ(std::ranges::count(text, '+'), 4);  // one in the head
}

}  // namespace
}  // namespace clew::api
