#include "query/page_token.h"

#include <gtest/gtest.h>

#include "otlp/testing.h"

namespace clew::query {
namespace {

using otlp::testing::trace_id;

const store::FoundTrace kLast{trace_id(7, 9), 1'700'000'000'000'000'123};

TEST(PageToken, ComesBackAsItWas) {
  for (const auto& last : {kLast, store::FoundTrace{trace_id(1), 0},
                           store::FoundTrace{trace_id(UINT64_MAX, UINT64_MAX), UINT64_MAX}})
    EXPECT_EQ(decode_page_token(encode_page_token(last)).value(), last);
}

TEST(PageToken, GoesIntoAUrlAsItIs) {
  for (uint64_t i = 0; i < 200; ++i) {
    std::string token = encode_page_token({trace_id(i * 0x123456789abcdefull, ~i), ~(i << 30)});
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_"),
              std::string::npos)
        << token;
  }
}

TEST(PageToken, GarbledIsInvalid) {
  std::string token = encode_page_token(kLast);
  for (size_t i = 0; i < token.size(); ++i)
    for (char c : {'A', 'z', '_', ' ', '=', '\xff'}) {
      std::string garbled = token;
      garbled[i] = c;
      if (garbled == token) continue;
      auto decoded = decode_page_token(garbled);
      ASSERT_FALSE(decoded) << garbled;
      EXPECT_EQ(decoded.error().code, Code::kInvalid);
    }
  for (const std::string& wrong : {std::string(), token + "A", token + "=", token.substr(1),
                                   " " + token, std::string(1000, 'A')})
    EXPECT_FALSE(decode_page_token(wrong)) << wrong;
}

}  // namespace
}  // namespace clew::query
