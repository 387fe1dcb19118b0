#include "mesh/identity/debug_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/disk_memory.h"
#include "mesh/identity/state_file.h"
#include "net/secret.h"

namespace clew::mesh::identity {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr UnixNanos kNow = 1'800'000'000'999'999'999, kHour = 3'600'000'000'000;

std::string from_base64url(std::string text) {
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string bytes(text.size(), '\0');
  int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()));
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

class ADebugKey : public testing::Test {
 protected:
  DebugKeyOptions options(KeyProtection protection = KeyProtection::none()) const {
    return {.mesh = "default", .file = "/data/debug-default.json", .protection = protection};
  }
  DebugKey open() { return DebugKey::open(options(), disk_).value(); }
  std::string key_on_disk() {
    auto state = StateFile(disk_, options().file).read().value().value();
    return text_member(state, "key").value();
  }

  MemoryDisk disk_{1 << 20};
};

TEST_F(ADebugKey, SignsTokensOfOneHostForSomeTime) {
  std::string token = open().token("shop.example.com", kNow, kNow + kHour).value();
  size_t first = token.find('.'), last = token.rfind('.');
  ASSERT_NE(first, last);
  auto header = nlohmann::json::parse(from_base64url(token.substr(0, first)));
  EXPECT_EQ(header["alg"], "ES256");
  auto claims = nlohmann::json::parse(from_base64url(token.substr(first + 1, last - first - 1)));
  EXPECT_EQ(claims, nlohmann::json({{"iss", "clew:default"},
                                    {"aud", "shop.example.com"},
                                    {"iat", 1'800'000'000},
                                    {"exp", 1'800'003'600}}));
  auto key = PrivateKey::read(key_on_disk(), std::nullopt).value();
  EXPECT_EQ(header["kid"], key.id());
  EXPECT_TRUE(key.verifies_es256(token.substr(0, last), from_base64url(token.substr(last + 1))));
  EXPECT_FALSE(key.verifies_es256("x", from_base64url(token.substr(last + 1))));
}

TEST_F(ADebugKey, TellsItsPublicHalfOnly) {
  auto keys = nlohmann::json::parse(open().public_keys());
  ASSERT_EQ(keys["keys"].size(), 1u);
  const auto& key = keys["keys"][0];
  EXPECT_EQ(key["crv"], "P-256");
  EXPECT_EQ(from_base64url(key["x"]).size(), 32u);
  EXPECT_EQ(from_base64url(key["y"]).size(), 32u);
  EXPECT_FALSE(key.contains("d"));
}

TEST_F(ADebugKey, IsTheSameWhenItIsOpenedAgain) {
  std::string keys = open().public_keys();
  EXPECT_EQ(open().public_keys(), keys);
  DebugKeyOptions of_another = options();
  of_another.mesh = "other";
  EXPECT_EQ(DebugKey::open(of_another, disk_).error().code, Code::kInvalid);
}

TEST_F(ADebugKey, IsEncryptedOnceThereIsAPassphrase) {
  std::string keys = open().public_keys();
  EXPECT_THAT(key_on_disk(), Not(HasSubstr("ENCRYPTED")));
  auto protection = KeyProtection::passphrase(net::Secret::of("open sesame"));
  EXPECT_EQ(DebugKey::open(options(protection), disk_).value().public_keys(), keys);
  EXPECT_THAT(key_on_disk(), HasSubstr("ENCRYPTED"));
  EXPECT_EQ(DebugKey::open(options(protection), disk_).value().public_keys(), keys);
  EXPECT_EQ(DebugKey::open(options(), disk_).error().code, Code::kInvalid);
}

TEST_F(ADebugKey, RefusesADamagedFile) {
  StateFile file(disk_, options().file);
  ASSERT_TRUE(file.write({{"mesh", "default"}}).has_value());
  EXPECT_EQ(DebugKey::open(options(), disk_).error().code, Code::kMalformed);
  ASSERT_TRUE(file.write({{"mesh", "default"}, {"key", "none"}}).has_value());
  EXPECT_THAT(DebugKey::open(options(), disk_).error().message, HasSubstr(options().file));
}

}  // namespace
}  // namespace clew::mesh::identity
