#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/internal/http_target.h"

namespace clew::net {
namespace {

using testing::ElementsAre;
using testing::Pair;

class Routes : public testing::Test {
 protected:
  void add(const std::string& method, const std::string& pattern) {
    routes_.add(method, pattern, [this, name = method + " " + pattern](HttpRequest, HttpResponder) {
      called_ = name;
    });
  }
  /// The route that matches, or "" and what is allowed.
  std::string match(std::string_view method, std::string_view path) {
    match_ = routes_.match(method, path);
    called_.clear();
    if (match_.handler != nullptr) (*match_.handler)({}, HttpResponder(nullptr));
    return called_;
  }

  HttpRoutes routes_;
  HttpRoutes::Match match_;
  std::string called_;
};

TEST_F(Routes, MatchWholePaths) {
  add("GET", "/");
  add("GET", "/api/traces");
  EXPECT_EQ(match("GET", "/"), "GET /");
  EXPECT_EQ(match("GET", "/api/traces"), "GET /api/traces");
  for (const char* path : {"/api", "/api/traces/", "/api/traces/x", "/api//traces", "//"}) {
    EXPECT_EQ(match("GET", path), "") << path;
    EXPECT_EQ(match_.allow, "") << path;
  }
}

TEST_F(Routes, FillNamesWithDecodedSegments) {
  add("GET", "/api/traces/{id}/spans/{span}");
  EXPECT_EQ(match("GET", "/api/traces/a%2Fb/spans/c"), "GET /api/traces/{id}/spans/{span}");
  EXPECT_THAT(match_.path_params, ElementsAre(Pair("id", "a/b"), Pair("span", "c")));
  EXPECT_EQ(match("GET", "/api/traces//spans/c"), "");
}

TEST_F(Routes, TakeTheRestWithAStar) {
  add("GET", "/assets/*");
  EXPECT_EQ(match("GET", "/assets/js/main%20.js"), "GET /assets/*");
  EXPECT_THAT(match_.path_params, ElementsAre(Pair("*", "js/main .js")));
  EXPECT_EQ(match("GET", "/assets/"), "GET /assets/*");
  EXPECT_THAT(match_.path_params, ElementsAre(Pair("*", "")));
  EXPECT_EQ(match("GET", "/other"), "");
}

TEST_F(Routes, PreferTheMostLiteral) {
  add("GET", "/*");
  add("GET", "/api/{name}");
  add("GET", "/api/services");
  EXPECT_EQ(match("GET", "/api/services"), "GET /api/services");
  EXPECT_EQ(match("GET", "/api/other"), "GET /api/{name}");
  EXPECT_EQ(match("GET", "/api/other/deep"), "GET /*");
  EXPECT_EQ(match("GET", "/"), "GET /*");
}

TEST_F(Routes, AnswerHeadWithGetAndListWhatIsAllowed) {
  add("GET", "/v1/x");
  add("POST", "/v1/x");
  add("POST", "/v1/traces");
  EXPECT_EQ(match("HEAD", "/v1/x"), "GET /v1/x");
  EXPECT_EQ(match("POST", "/v1/x"), "POST /v1/x");
  EXPECT_EQ(match("DELETE", "/v1/x"), "");
  EXPECT_EQ(match_.allow, "GET, HEAD, POST");
  EXPECT_EQ(match("HEAD", "/v1/traces"), "");
  EXPECT_EQ(match_.allow, "POST");
}

TEST_F(Routes, SayWhichRunInline) {
  routes_.add("POST", "/x", [](HttpRequest, HttpResponder) {});
  routes_.add_inline("GET", "/x", [](HttpRequest, HttpResponder) {});
  EXPECT_TRUE(routes_.match("GET", "/x").runs_inline);
  EXPECT_TRUE(routes_.match("HEAD", "/x").runs_inline);
  EXPECT_FALSE(routes_.match("POST", "/x").runs_inline);
}

TEST(Target, TakesOriginAndAbsoluteForm) {
  struct Case {
    const char *target, *path, *query;
  };
  for (auto [target, path, query] : {
           Case{"/a/b?c=d", "/a/b", "c=d"},
           Case{"/?", "/", ""},
           Case{"http://host:80/a?b", "/a", "b"},
           Case{"http://host", "/", ""},
           Case{"http://host?x=/y", "/", "x=/y"},
           Case{"/a?b?c", "/a", "b?c"},
           Case{"/a#fragment", "/a", ""},
       }) {
    auto split = split_target(target);
    ASSERT_TRUE(split) << target;
    EXPECT_EQ(split->raw_path, path) << target;
    EXPECT_EQ(split->raw_query, query) << target;
  }
  for (const char* target : {"", "*", "a/b", "host:80", "http:/x", "?a=b", "/../://"}) {
    EXPECT_EQ(split_target(target).has_value(), target[0] == '/') << target;
  }
}

TEST(Target, DecodesQueriesInOrder) {
  EXPECT_THAT(*parse_query("tag=a%3Db&tag=c+d&empty=&flag&&%C3%A4=1=2"),
              ElementsAre(Pair("tag", "a=b"), Pair("tag", "c d"), Pair("empty", ""),
                          Pair("flag", ""), Pair("\xc3\xa4", "1=2")));
  EXPECT_TRUE(parse_query("")->empty());
}

TEST(Target, RefusesBadPercentEncoding) {
  for (const char* text : {"%", "%4", "%4g", "%g4", "abc%", "a%%41"}) {
    EXPECT_FALSE(percent_decode(text, false)) << text;
    EXPECT_FALSE(parse_query(text)) << text;
  }
  EXPECT_EQ(percent_decode("a+b%41", false), "a+bA");
}

TEST_F(Routes, AreBelowTheBaseAndHealthAlsoWithoutIt) {
  routes_ = HttpRoutes("/clew");
  add("GET", "/");
  add("GET", "/trace/{id}");
  routes_.add_open("GET", "/ready", [this](HttpRequest, HttpResponder) { called_ = "ready"; });
  EXPECT_EQ(match("GET", "/clew"), "GET /");
  EXPECT_EQ(match("GET", "/clew/"), "GET /");
  EXPECT_EQ(match("GET", "/clew/trace/1"), "GET /trace/{id}");
  EXPECT_THAT(match_.path_params, ElementsAre(Pair("id", "1")));
  EXPECT_EQ(match("GET", "/clew/ready"), "ready");
  EXPECT_EQ(match("GET", "/ready"), "ready");
  for (const char* path : {"/", "/trace/1", "/clewtrace/1", "/clew2/trace/1", "/clew/clew/trace/1"})
    EXPECT_EQ(match("GET", path), "") << path;
}

}  // namespace
}  // namespace clew::net
