#include "store/codec/texts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <random>

namespace clew::store::codec {
namespace {

std::string encoded(const std::vector<std::string>& texts, Templates& templates) {
  std::vector<std::string_view> views(texts.begin(), texts.end());
  std::string out;
  encode_texts(views, templates, out);
  return out;
}

std::vector<std::string> decoded(std::string_view encoding, size_t count, size_t max_bytes,
                                 const Templates& templates, TextRange wanted = {}) {
  Texts texts;
  Decoder in(encoding);
  EXPECT_TRUE(decode_texts(in, count, max_bytes, templates, texts, wanted));
  EXPECT_TRUE(in.done());
  std::vector<std::string> out;
  for (size_t i = 0; i < texts.size(); ++i) out.emplace_back(texts[i]);
  return out;
}

size_t bytes_of(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return bytes;
}

/// Encodes, sends the templates through their own encoding, decodes with not a byte to spare: all
/// texts, and some of them.
void expect_same(const std::vector<std::string>& texts, Templates& templates) {
  std::string encoding = encoded(texts, templates);
  std::string bytes;
  templates.encode(bytes);
  auto read = Templates::decode(bytes);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), templates.size());
  ASSERT_EQ(decoded(encoding, texts.size(), bytes_of(texts), *read), texts);
  size_t third = texts.size() / 3;
  for (TextRange some : {TextRange{third, 2 * third}, TextRange{2 * third, texts.size()}}) {
    std::vector<std::string> wanted(texts.begin() + static_cast<ptrdiff_t>(some.begin),
                                    texts.begin() + static_cast<ptrdiff_t>(some.end));
    ASSERT_EQ(decoded(encoding, texts.size(), bytes_of(texts), *read, some), wanted);
  }
}

TEST(Texts, OfEveryKindShareOneTemplate) {
  for (const auto& [one, other] : std::vector<std::pair<std::string, std::string>>{
           {"0", "9999999999999999999"},
           {"10.0.3.7:8080", "192.168.200.1:65535"},
           {"/api/v1/op17?item=12", "/api/v2/op3?item=0"},
           {"0f8fad5b-d9cb-469f-a165-70867728950e", "abcdefab-cdef-abcd-efab-cdefabcdefa0"},
           {"app-1badf00d!", "app-0000000a!"},
           {"x=4bf92f3577b34da6a3ce929d0e0e4736", "x=00f067aa0ba902b700f067aa0ba902b7"}}) {
    Templates templates;
    expect_same({one, other}, templates);
    EXPECT_EQ(templates.size(), 1u) << one;
  }
}

TEST(Texts, ThatNearlyAreNumbersOrIdsComeBack) {
  Templates templates;
  expect_same({"",
               "0",
               "00",
               "007",
               "-1",
               "+1",
               "1.50",
               "1e9",
               "9999999999999999999",
               "18446744073709551615",
               "99999999999999999999",
               "00000000000000000000",
               "0F8FAD5B-D9CB-469F-A165-70867728950E",
               "0f8fad5b-d9cb-469f-a165-70867728950",
               "0f8fad5b-d9cb-469f-a165-70867728950ef",
               "0f8fad5b-d9cb-469f-a165_70867728950e",
               "abcdefab-cdef-abcd-efab-cdefabcdefab",
               "1-abcdefab-cdef-abcd-efab-cdefabcdefa0",
               "xabcdefab-cdef-4bcd-efab-cdefabcdefab",
               "1abcdefab-cdef-4bcd-efab-cdefabcdefab",
               "cdef-abcd-4fab-cdefabcdefab",
               "0f8fad5b-d9cb-469f-a165-70867728950e0f8fad5b-d9cb-469f-a165-70867728950e",
               "0f8fad5bd9cb-469f-a165-70867728950e",
               "x0f8fad5b-d9cb-469f-a165-70867728950e",
               "abcdefg1",
               "1234567",
               "abcdef1",
               "abcdef12",
               "abcdef123",
               "deadbeef",
               "ABCDEF12",
               std::string(510, 'a') + "12",
               std::string(508, 'a') + "12",
               std::string("\0\1\2\3\4", 5),
               "\1",
               "\2",
               std::string("\3\0", 2),
               "1\1" + std::string(1, '\0') + "2",
               "\xff\xfe 12 \x80",
               std::string(5000, '7')},
              templates);
}

TEST(Texts, OfRandomPiecesComeBack) {
  std::mt19937 random(1);
  const std::vector<std::string> pieces = {"0",
                                           "1",
                                           "00",
                                           "17",
                                           "18446744073709551615",
                                           "a",
                                           "f",
                                           "g",
                                           "F",
                                           "deadbeef1",
                                           "-",
                                           ".",
                                           "\1",
                                           "\2",
                                           "\3",
                                           " ",
                                           "\xff",
                                           "550",
                                           "8e3a17b2",
                                           "0f8fad5b-d9cb-469f-a165-70867728950e",
                                           "ab",
                                           std::string(1, '\0')};
  Templates templates;  // fills up on the way
  for (int chunk = 0; chunk < 200; ++chunk) {
    std::vector<std::string> texts(random() % 40);
    for (std::string& text : texts)
      for (size_t i = random() % 24; i > 0; --i) text += pieces[random() % pieces.size()];
    expect_same(texts, templates);
  }
  EXPECT_EQ(templates.size(), Templates::kMax);
}

TEST(Texts, OfRandomBytesComeBack) {
  std::mt19937 random(2);
  Templates templates;
  for (int chunk = 0; chunk < 200; ++chunk) {
    std::vector<std::string> texts(random() % 20);
    for (std::string& text : texts) {
      text.resize(random() % 50);
      for (char& c : text) c = static_cast<char>(random());
    }
    expect_same(texts, templates);
  }
}

TEST(Texts, AreReadWithTemplatesThatGrewSince) {
  Templates templates;
  std::string early = encoded({"a1", "b2"}, templates);
  (void)encoded({"c3", "d4"}, templates);
  EXPECT_EQ(decoded(early, 2, 4, templates), (std::vector<std::string>{"a1", "b2"}));
}

TEST(Texts, WithMoreSlotsThanATemplateHasAreKeptWhole) {
  Templates templates;
  std::string most = "1";
  for (int i = 2; i <= 16; ++i) most += fmt::format(",{}", i);
  expect_same({most}, templates);
  EXPECT_EQ(templates.size(), 1u);
  expect_same({most + ",17"}, templates);
  EXPECT_EQ(templates.size(), 1u);
}

TEST(Texts, WithoutNumbersLeaveRoomForTemplates) {
  std::vector<std::string> words;
  for (int i = 0; i < 26 * 26; ++i)
    words.push_back({'x', static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26)});
  Templates templates;
  expect_same(words, templates);
  EXPECT_EQ(templates.size(), Templates::kMax / 2);
  expect_same({"now 1", "now 2"}, templates);
  EXPECT_EQ(templates.size(), Templates::kMax / 2 + 1);
}

TEST(Texts, OfMoreBytesThanAllowedAreDamage) {
  const std::vector<std::string> texts = {"n1", "some words", "n22", std::string(600, 'x'), "n333"};
  Templates templates;
  std::string encoding = encoded(texts, templates);
  for (size_t max_bytes = 0; max_bytes < bytes_of(texts); ++max_bytes) {
    Texts out;
    Decoder in(encoding);
    ASSERT_FALSE(decode_texts(in, texts.size(), max_bytes, templates, out)) << max_bytes;
    ASSERT_FALSE(in.ok());
  }
}

TEST(Texts, CutShortOrOfUnknownTemplatesAreDamage) {
  Templates templates;
  std::string encoding = encoded({"n1", "m2", "0f8fad5b-d9cb-469f-a165-70867728950e"}, templates);
  Texts out;
  for (size_t cut = 0; cut < encoding.size(); ++cut) {
    Decoder in(std::string_view(encoding).substr(0, cut));
    ASSERT_FALSE(decode_texts(in, 3, 1000, templates, out)) << cut;
  }
  Decoder in(encoding);
  EXPECT_FALSE(decode_texts(in, 3, 1000, Templates(), out));
}

TEST(Templates, ThatAreNoneAreMalformed) {
  auto column = [](std::string_view text) {
    std::string all;
    put_varint(all, text.size());
    all += text;
    std::string out = "\1";  // one template
    put_varint(out, all.size());
    out += '\1';  // raw
    return out + all;
  };
  EXPECT_TRUE(Templates::decode(column("a\1b")).has_value());
  for (std::string_view damaged :
       {std::string_view("\3", 1), std::string_view("\3\0", 2), std::string_view("a\0b", 3),
        std::string_view("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1")})
    EXPECT_FALSE(Templates::decode(column(damaged)).has_value()) << damaged.size();
  EXPECT_FALSE(Templates::decode(column(std::string(513, 'x'))).has_value());
  EXPECT_FALSE(Templates::decode(column("a") + "x").has_value());
  EXPECT_FALSE(Templates::decode("").has_value());
}

/// Whether the template of `text` says that it may have `part` in it.
bool may_contain(const std::string& text, std::string_view part) {
  Templates templates;
  encoded({text}, templates);
  EXPECT_EQ(templates.size(), 1u) << text;
  return templates.may_contain(0, part);
}

TEST(Templates, KnowWhatTheirTextsCannotContain) {
  std::string url =
      "https://Shop.example/Cart/4711/3f2504e0-4f89-11d3-9a0c-0305e82c3301?q=00c0ffee00";
  for (const char* part : {"", "shop", "cart/", "cart/4711/3f25", "/99/", "11d3-9a0c",
                           "?q=", "ffee", "e/cart/1", "7/0", "example/cart/123/abc-def?q=00"})
    EXPECT_TRUE(may_contain(url, part)) << part;
  for (const char* part : {"zzz", "cart-", "shops", "cart/x", "?q=g", "carts", "/-/", "q=/"})
    EXPECT_FALSE(may_contain(url, part)) << part;
}

TEST(Templates, DecideNothingAboutOtherAlphabets) {
  EXPECT_TRUE(may_contain("/straße/17", "zzz"));
  EXPECT_TRUE(may_contain("/street/17", "ß"));
}

TEST(Templates, MayContainEveryPieceOfTheirTexts) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string text =
        fmt::format("/{}/{:x}{}", random() % 100, random(), random() % 2 ? "/Deep-" : "?id=x") +
        std::to_string(random() % 1000);
    std::string lower = text;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    size_t begin = random() % lower.size();
    EXPECT_TRUE(may_contain(text, lower.substr(begin, random() % 20))) << text;
  }
}

}  // namespace
}  // namespace clew::store::codec
