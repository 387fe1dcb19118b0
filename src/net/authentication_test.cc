#include "net/authentication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/internal/base64.h"
#include "net/internal/test_file.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestFile;
using Verdict = Authenticator::Verdict;

// Hashes as `htpasswd -B` (at its lowest cost) and `htpasswd -s` write them.
constexpr char kUsers[] =
    "# who may send\n"
    "aladdin:$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n"
    "\n"
    "fra1:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\r\n";

std::string basic(const std::string& user, const std::string& password) {
  return "Basic " + to_base64(user + ":" + password);
}

std::shared_ptr<Authenticator> users(const TestFile& file) {
  return Authenticator::create({.htpasswd_file = file.path()}).value();
}

bool admits(Authenticator& authenticator, const std::string& header) {
  auto verdict = authenticator.quick(header);
  if (verdict != Verdict::kUnknown) return verdict == Verdict::kAdmitted;
  return authenticator.verify(header).has_value();
}

TEST(Authenticator, AdmitsUsersWithTheirPasswords) {
  TestFile file(kUsers);
  auto authenticator = users(file);
  EXPECT_TRUE(admits(*authenticator, basic("aladdin", "open sesame")));
  EXPECT_TRUE(admits(*authenticator, basic("fra1", "secret")));
  std::string lower = basic("fra1", "secret");
  lower[0] = 'b';
  EXPECT_TRUE(admits(*authenticator, lower));
  for (const std::string& header :
       {basic("aladdin", "secret"), basic("fra1", ""), basic("nobody", "open sesame"),
        basic("aladdin", std::string("open sesame\0x", 13)), basic("", ""), std::string(),
        std::string("Basic"), std::string("Basic ***"), std::string("Bearer secret"),
        "Basic " + to_base64("no colon")})
    EXPECT_FALSE(admits(*authenticator, header)) << header;
}

TEST(Authenticator, RemembersWhatBcryptSaid) {
  TestFile file(kUsers);
  auto authenticator = users(file);
  for (bool right : {true, false}) {
    std::string header = basic("aladdin", right ? "open sesame" : "wrong");
    EXPECT_EQ(authenticator->quick(header), Verdict::kUnknown);
    EXPECT_EQ(authenticator->verify(header).has_value(), right);
    EXPECT_EQ(authenticator->quick(header), right ? Verdict::kAdmitted : Verdict::kRefused);
  }
}

TEST(Authenticator, ForgetsItWhenTheFileChanges) {
  TestFile file(kUsers);
  auto authenticator = users(file);
  std::string header = basic("fra1", "secret");
  EXPECT_TRUE(admits(*authenticator, header));
  file.replace("aladdin:$2y$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n");
  EXPECT_FALSE(admits(*authenticator, header));
  EXPECT_TRUE(admits(*authenticator, basic("aladdin", "open sesame")));
  file.replace("aladdin:plain\n");  // nobody is shut out by a mistake
  EXPECT_TRUE(admits(*authenticator, basic("aladdin", "open sesame")));
}

TEST(Authenticator, RefusesPasswordsInPlainText) {
  TestFile file("a:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nb:plain\n");
  auto made = Authenticator::create({.htpasswd_file = file.path()});
  ASSERT_FALSE(made.has_value());
  EXPECT_THAT(made.error().message, HasSubstr(file.path() + ":2:"));
  EXPECT_THAT(made.error().message, Not(HasSubstr("plain")));
  EXPECT_EQ(Authenticator::create({.token_file = "/no/such"}).error().code, Code::kIo);
}

TEST(Authenticator, AdmitsTokensOfTheFile) {
  TestFile file("# one a line\n t1 \nt2\n");
  auto authenticator = Authenticator::create({.token_file = file.path()}).value();
  EXPECT_EQ(authenticator->quick("Bearer t1"), Verdict::kAdmitted);
  EXPECT_EQ(authenticator->quick("bearer t2"), Verdict::kAdmitted);
  EXPECT_EQ(authenticator->quick("Bearer t"), Verdict::kRefused);
  EXPECT_EQ(authenticator->quick("Bearer "), Verdict::kRefused);
  EXPECT_EQ(authenticator->quick(basic("t1", "")), Verdict::kRefused);
  file.replace("t3\n");
  EXPECT_EQ(authenticator->quick("Bearer t1"), Verdict::kRefused);
  EXPECT_EQ(authenticator->quick("Bearer t3"), Verdict::kAdmitted);
  EXPECT_EQ(authenticator->challenge(), R"(Bearer realm="clew")");
}

TEST(Authenticator, GuessingCannotTakeTheProcessor) {
  // Cost 12 takes long enough for all threads to come while the first two are at it.
  TestFile file("a:$2y$12$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy\n");
  auto authenticator = users(file);
  std::atomic<int> busy = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back([&, i] {
      auto verified = authenticator->verify(basic("a", std::to_string(i)));
      if (verified.error().code == Code::kUnavailable) ++busy;
    });
  threads.clear();
  EXPECT_GT(busy, 0);
  EXPECT_LT(busy, 20);
}

TEST(HttpServer, LetsOnlyThoseInWhoProveWhoTheyAre) {
  TestFile file(kUsers);
  HttpRoutes routes;
  std::atomic<int> handled = 0;
  auto answer = [&](HttpRequest, HttpResponder responder) {
    ++handled;
    responder.send(HttpResponse::text(200, ""));
  };
  routes.add("POST", "/v1/traces", answer);
  routes.add_open("GET", "/health", answer);
  HttpServerOptions options;
  options.address = {"127.0.0.1", 0};
  options.authenticator = users(file);
  auto server = HttpServer::start(options, std::move(routes)).value();
  auto client = HttpClient::create({}).value();
  auto ask = [&](std::string method, const std::string& path, HttpFields headers,
                 std::string body) {
    std::promise<HttpReply> promise;
    client->send({.method = std::move(method),
                  .url = fmt::format("http://127.0.0.1:{}{}", server->port(), path),
                  .headers = std::move(headers),
                  .body = SharedBytes::take(std::move(body))},
                 [&](Result<HttpReply> reply) { promise.set_value(reply.value_or(HttpReply{})); });
    return promise.get_future().get();
  };
  HttpReply stranger = ask("POST", "/v1/traces", {}, std::string(1'000'000, 'x'));
  EXPECT_EQ(stranger.status, 401);
  EXPECT_EQ(stranger.header("www-authenticate"), R"(Basic realm="clew", charset="UTF-8")");
  auto post = [&](const std::string& password) {
    HttpFields headers = {{"Authorization", basic("aladdin", password)}};
    return ask("POST", "/v1/traces", headers, std::string(1'000'000, 'x')).status;
  };
  EXPECT_EQ(post("wrong"), 401);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(post("open sesame"), 200);
  EXPECT_EQ(post("open sesame"), 200);
  EXPECT_EQ(ask("GET", "/health", {}, "").status, 200);
}

TEST(GrpcServer, LetsOnlyThoseInWhoProveWhoTheyAre) {
  TestFile file(kUsers);
  GrpcMethods methods;
  methods.unary("/clew.Test/Echo", [](GrpcRequest request, GrpcResponder responder) {
    responder.send(std::string(request.body.view()));
  });
  GrpcServerOptions options;
  options.address = {"127.0.0.1", 0};
  options.authenticator = users(file);
  auto server = GrpcServer::start(options, methods).value();
  auto client = GrpcClient::create({.target = fmt::format("127.0.0.1:{}", server->port())}).value();
  auto call = [&](const std::string& method, const HttpFields& headers) {
    std::promise<Result<std::string>> promise;
    client->call(
        method, {}, 10s, [&](Result<std::string> answer) { promise.set_value(std::move(answer)); },
        headers);
    return promise.get_future().get();
  };
  auto error = [&](const HttpFields& headers) {
    auto answer = call("/clew.Test/Echo", headers);
    return answer ? Code::kInvalid : answer.error().code;
  };
  EXPECT_EQ(error({}), Code::kUnauthenticated);
  EXPECT_EQ(error({{"authorization", basic("aladdin", "wrong")}}), Code::kUnauthenticated);
  HttpFields right = {{"authorization", basic("aladdin", "open sesame")}};
  EXPECT_TRUE(call("/clew.Test/Echo", right).has_value());  // verified
  EXPECT_TRUE(call("/clew.Test/Echo", right).has_value());  // remembered
  EXPECT_TRUE(call("/grpc.health.v1.Health/Check", {}).has_value());
}

}  // namespace
}  // namespace clew::net
