#include "net/authorization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "net/http_server.h"
#include "net/internal/base64.h"
#include "net/internal/test_file.h"

namespace clew::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::TestFile;

Result<std::string> header_of(Authorization& authorization) {
  std::promise<Result<std::string>> promise;
  authorization.get([&](Result<std::string> value) { promise.set_value(std::move(value)); });
  return promise.get_future().get();
}

TEST(Secret, OfAFileHasNoWhiteSpaceAtItsEnds) {
  TestFile file(" \t pass word \r\n\n");
  EXPECT_EQ(Secret::in_file(file.path()).text(), "pass word");
}

TEST(Secret, OfAFileChangesWithIt) {
  TestFile file("one");
  Secret secret = Secret::in_file(file.path());
  EXPECT_EQ(secret.text(), "one");
  file.replace("two");  // as long as before
  EXPECT_EQ(secret.text(), "two");
  file.remove();
  EXPECT_EQ(secret.text(), "two");  // somebody is replacing it
  file.replace("");
  EXPECT_EQ(secret.text().error().code, Code::kInvalid);
}

TEST(Secret, IsNeverShown) {
  EXPECT_THAT(Secret::of("line\nfeed").text().error().message, Not(HasSubstr("feed")));
  EXPECT_THAT(Secret::in_file("/no/such/file").text().error().message, HasSubstr("/no/such/file"));
}

TEST(Base64, IsWhatTheRfcSays) {
  for (auto [bytes, text] : {std::pair{"", ""},
                             {"f", "Zg=="},
                             {"fo", "Zm8="},
                             {"foo", "Zm9v"},
                             {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  for (const char* bad : {"Zg", "Zg=", "Z===", "====", "Zm9*"})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(BasicAuthorization, IsWhatTheRfcSays) {
  auto basic = basic_authorization("Aladdin", Secret::of("open sesame"));
  EXPECT_EQ(header_of(*basic), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_FALSE(basic->replaced("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
}

TEST(BearerAuthorization, FollowsItsFile) {
  TestFile file("t1\n");
  auto bearer = bearer_authorization(Secret::in_file(file.path()));
  EXPECT_EQ(header_of(*bearer), "Bearer t1");
  EXPECT_FALSE(bearer->replaced("Bearer t1"));
  file.replace("t2\n");
  EXPECT_TRUE(bearer->replaced("Bearer t1"));
  EXPECT_EQ(header_of(*bearer), "Bearer t2");
}

TEST(BearerAuthorization, WaitsForAFileThatIsNotThere) {
  auto bearer = bearer_authorization(Secret::in_file("/no/such/file"));
  EXPECT_EQ(header_of(*bearer).error().code, Code::kUnavailable);
}

/// A token server that wants the secret in the header, or only in the body.
class OAuth2Test : public ::testing::Test {
 protected:
  void SetUp() override {
    HttpRoutes routes;
    routes.add("POST", "/token", [this](HttpRequest request, HttpResponder responder) {
      ++asked;
      std::string body(request.body.view());
      bool in_body = body.find("client_id=me&client_secret=s%3Acret") != body.npos;
      bool in_header = request.header("authorization") == "Basic " + to_base64("me:s%3Acret");
      last_body = body;
      if (!(only_body ? in_body : in_header))
        return responder.send(HttpResponse::json(401, R"({"error":"invalid_client"})"));
      responder.send(HttpResponse::json(status, answer));
    });
    HttpServerOptions options;
    options.address = {"127.0.0.1", 0};
    server_ = HttpServer::start(options, std::move(routes)).value();
    authorization = oauth2_authorization(
                        {.client_id = "me",
                         .client_secret = Secret::of("s:cret"),
                         .token_url = fmt::format("http://127.0.0.1:{}/token", server_->port()),
                         .scopes = {"write", "read"}})
                        .value();
  }
  void TearDown() override { authorization.reset(); }

  std::atomic<int> asked = 0;
  bool only_body = false;
  int status = 200;
  std::string answer = R"({"access_token":"abc","token_type":"Bearer","expires_in":3600})";
  std::string last_body;
  std::unique_ptr<Authorization> authorization;

 private:
  std::unique_ptr<HttpServer> server_;
};

TEST_F(OAuth2Test, AsksOnceAndUsesTheToken) {
  EXPECT_EQ(header_of(*authorization), "Bearer abc");
  EXPECT_EQ(header_of(*authorization), "Bearer abc");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(last_body, "grant_type=client_credentials&scope=write+read");
}

TEST_F(OAuth2Test, PutsTheSecretIntoTheBodyForServersThatWantIt) {
  only_body = true;
  EXPECT_EQ(header_of(*authorization), "Bearer abc");
  EXPECT_EQ(asked, 2);
}

TEST_F(OAuth2Test, UsesATokenOfUnknownLifeUntilItIsRefused) {
  answer = R"({"access_token":"short","expires_in":"0"})";  // unknown life: used until refused
  EXPECT_EQ(header_of(*authorization), "Bearer short");
  EXPECT_TRUE(authorization->replaced("Bearer older"));
  EXPECT_EQ(asked, 1);
}

TEST_F(OAuth2Test, ReplacesARefusedTokenOnce) {
  EXPECT_EQ(header_of(*authorization), "Bearer abc");
  answer = R"({"access_token":"def","expires_in":3600})";
  EXPECT_TRUE(authorization->replaced("Bearer abc"));  // perhaps withdrawn
  EXPECT_EQ(header_of(*authorization), "Bearer def");
  EXPECT_TRUE(authorization->replaced("Bearer abc"));   // of a request that was on its way
  EXPECT_FALSE(authorization->replaced("Bearer def"));  // another would be no better
  EXPECT_EQ(asked, 2);
}

TEST_F(OAuth2Test, SaysWhyThereIsNoToken) {
  status = 503;
  answer = "overloaded";
  auto header = header_of(*authorization);
  ASSERT_FALSE(header.has_value());
  EXPECT_EQ(header.error().code, Code::kUnavailable);
  EXPECT_THAT(header.error().message, HasSubstr("HTTP 503: overloaded"));
  EXPECT_THAT(header.error().message, Not(HasSubstr("cret")));
  status = 200;
  answer = "{}";
  EXPECT_THAT(header_of(*authorization).error().message, HasSubstr("access_token"));
}

}  // namespace
}  // namespace clew::net
