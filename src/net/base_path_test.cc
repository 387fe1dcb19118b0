#include "net/base_path.h"

#include <gtest/gtest.h>

namespace clew::net {
namespace {

TEST(BasePath, IsAPathThatCanBeNothingElse) {
  for (const char* text : {"/clew", "/a/b-c/d_e", "/v1.2", "/~me/traces"})
    EXPECT_TRUE(is_base_path(text)) << text;
  for (const char* text : {"", "/", "clew", "/clew/", "//clew", "/a//b", "/..", "/a/../b", "/a/.",
                           "/a b", "/\"><script>", "/a?b", "/a#b", "/%2e", "/a\\b", "/a,/b"})
    EXPECT_FALSE(is_base_path(text)) << text;
  EXPECT_TRUE(is_base_path("/" + std::string(255, 'a')));
  EXPECT_FALSE(is_base_path("/" + std::string(256, 'a')));
}

TEST(BasePath, OfAProxyIsTakenOnlyIfItIsOne) {
  HttpRequest request;
  EXPECT_EQ(forwarded_prefix(request), "");
  request.headers = {{"x-forwarded-prefix", "/clew/"}};
  EXPECT_EQ(forwarded_prefix(request), "/clew");
  request.headers = {{"X-Forwarded-Prefix", "//evil.example"}};
  EXPECT_EQ(forwarded_prefix(request), "");
}

}  // namespace
}  // namespace clew::net
