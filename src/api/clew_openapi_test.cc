#include "api/clew_openapi.h"

#include <gtest/gtest.h>

namespace clew::api {
namespace {

std::string refusal(std::string_view path, net::HttpFields query) {
  net::HttpRequest request;
  request.query = std::move(query);
  auto checked = DescribedParams("GET", path).check(request);
  return checked ? "" : checked.error().message;
}

TEST(DescribedParams, TakeWhatTheDescriptionHas) {
  EXPECT_EQ(refusal("/api/clew/v1/search", {{"service", "a"}, {"limit", "3"}}), "");
  EXPECT_EQ(refusal("/api/clew/v1/search", {{"where", "a"}, {"where", "b"}, {"tag", "a=b"}}), "");
  EXPECT_EQ(refusal("/api/clew/v1/pins", {}), "");
}

TEST(DescribedParams, NameWhatIsNotThere) {
  EXPECT_EQ(refusal("/api/clew/v1/search", {{"serivce", "a"}}),
            "there is no parameter 'serivce' of /api/clew/v1/search");
  EXPECT_EQ(refusal("/api/clew/v1/pins", {{"limit", "1"}}),
            "there is no parameter 'limit' of /api/clew/v1/pins");
}

TEST(DescribedParams, NameWhatIsGivenTwice) {
  EXPECT_EQ(refusal("/api/clew/v1/search", {{"service", "a"}, {"service", "a"}}),
            "the parameter 'service' is given twice");
}

TEST(DescribedParams, NameWhatIsEmpty) {
  EXPECT_EQ(refusal("/api/clew/v1/search", {{"limit", ""}}),
            "the parameter 'limit' is empty: leave it out");
  EXPECT_EQ(refusal("/api/clew/v1/tags", {{"scope", ""}}),
            "the parameter 'scope' is empty: leave it out");
  EXPECT_EQ(refusal("/api/clew/v1/search", {{"service", ""}, {"where", ""}}), "");
}

}  // namespace
}  // namespace clew::api
