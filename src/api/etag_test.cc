#include "api/etag.h"

#include <gtest/gtest.h>

namespace clew::api {
namespace {

net::HttpResponse answer_to(std::string_view if_none_match, std::string body = "content") {
  net::HttpRequest request;
  if (!if_none_match.empty())
    request.headers.emplace_back("If-None-Match", std::string(if_none_match));
  auto response = net::HttpResponse::json(200, std::move(body));
  set_etag(request, response);
  return response;
}

std::string tag_of(const net::HttpResponse& response) {
  EXPECT_EQ(response.headers[0].first, "ETag");
  return response.headers[0].second;
}

TEST(Etag, IsThatOfTheContent) {
  std::string tag = tag_of(answer_to(""));
  EXPECT_EQ(tag.size(), 34u);
  EXPECT_EQ(tag_of(answer_to("")), tag);
  EXPECT_NE(tag_of(answer_to("", "other")), tag);
}

TEST(Etag, SparesWhatTheClientHas) {
  std::string tag = tag_of(answer_to(""));
  std::string bare = tag.substr(1, tag.size() - 2);
  for (const std::string& has : {tag, "W/" + tag, "\"x\", " + tag, tag + ",\"x\"", "\t" + tag + " ",
                                 "\"" + bare + "-gzip\"", std::string("*")}) {
    auto response = answer_to(has);
    EXPECT_EQ(response.status, 304) << has;
    EXPECT_EQ(response.body.size(), 0u);
    bool names_encoding = has.ends_with("-gzip\"");
    EXPECT_EQ(tag_of(response), names_encoding ? has : tag);  // as the 200 was tagged
  }
  for (const std::string& has : {std::string("\"x\""), bare, std::string("\""), std::string(","),
                                 "\"" + bare + "0\"", std::string("W/")}) {
    EXPECT_EQ(answer_to(has).status, 200) << has;
  }
}

TEST(Etag, AWeakOneIsOfWhatItIsMadeOf) {
  net::HttpRequest request;
  net::HttpResponse response{.pieces = [] { return std::string(); }};
  set_weak_etag(request, response, "c0ffee");
  EXPECT_EQ(tag_of(response), "W/\"c0ffee\"");
  EXPECT_TRUE(response.pieces);
  request.headers.emplace_back("If-None-Match", "W/\"c0ffee-gzip\"");
  net::HttpResponse known{.pieces = [] { return std::string(); }};
  set_weak_etag(request, known, "c0ffee");
  EXPECT_EQ(known.status, 304);
  EXPECT_FALSE(known.pieces);
  EXPECT_EQ(tag_of(known), "W/\"c0ffee-gzip\"");
}

TEST(Etag, SaysInWhichEncoding) {
  auto response = answer_to("");
  std::string tag = tag_of(response);
  set_etag_encoding(response, "gzip");
  EXPECT_EQ(tag_of(response), tag.substr(0, tag.size() - 1) + "-gzip\"");
}

}  // namespace
}  // namespace clew::api
