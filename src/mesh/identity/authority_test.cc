#include "mesh/identity/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "base/disk_faulty.h"
#include "base/disk_memory.h"
#include "net/secret.h"

namespace clew::mesh::identity {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr UnixNanos kNow = 1'800'000'000'000'000'000;
constexpr UnixNanos kHour = 3'600'000'000'000;

SpiffeId id_of(std::string_view service) {
  return SpiffeId::of("default", service).value();
}

/// Whether a verifier that trusts `bundle` takes `leaf` at `now`, as TLS does.
bool is_trusted(const Leaf& leaf, const std::string& bundle, UnixNanos now) {
  std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> store(X509_STORE_new());
  auto trusted = read_certificates(bundle).value();
  for (const X509Ptr& root : trusted) X509_STORE_add_cert(store.get(), root.get());
  auto chain = read_certificates(leaf.chain_pem).value();
  STACK_OF(X509)* between = sk_X509_new_null();
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(between, chain[i].get());
  std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between);
  X509_VERIFY_PARAM* how = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(how, static_cast<time_t>(now / 1'000'000'000));
  X509_VERIFY_PARAM_set_purpose(how, X509_PURPOSE_SSL_CLIENT);
  X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_X509_STRICT);
  bool good = X509_verify_cert(context.get()) == 1;
  sk_X509_free(between);
  return good;
}

class AnAuthority : public testing::Test {
 protected:
  AuthorityOptions options(KeyProtection protection = KeyProtection::none()) {
    return {.trust_domain = "default", .file = "/ca/default.json", .protection = protection};
  }
  std::unique_ptr<Authority> open() { return Authority::open(options(), clock_, disk_).value(); }
  LeafPtr leaf(const Authority& authority) {
    return authority.issue({.id = id_of("backend")}).value();
  }

  ManualClock clock_{kNow};
  FaultyDisk disk_{7};
};

TEST_F(AnAuthority, IssuesWhatTlsTrustsForADay) {
  auto authority = open();
  LeafPtr leaf = authority->issue({id_of("backend"), {"cp.example"}, {"10.0.0.1", "::1"}}).value();
  EXPECT_EQ(leaf->id, "spiffe://default/backend");
  EXPECT_EQ(leaf->not_before, kNow - kHour / 12);
  EXPECT_EQ(leaf->not_after, kNow + 24 * kHour);
  EXPECT_TRUE(is_trusted(*leaf, authority->trust_bundle(), kNow));
  EXPECT_FALSE(is_trusted(*leaf, authority->trust_bundle(), kNow + 25 * kHour));

  CertificateFacts facts = facts_of(*read_certificates(leaf->chain_pem).value().front());
  EXPECT_THAT(facts.uris, ElementsAre("spiffe://default/backend"));
  EXPECT_THAT(facts.dns_names, ElementsAre("cp.example"));
  EXPECT_FALSE(facts.is_authority);
  auto key = PrivateKey::read(leaf->key_pem, std::nullopt).value();
  EXPECT_TRUE(key.is_p256());
}

TEST_F(AnAuthority, NamesNobodyOfAnotherMesh) {
  auto authority = open();
  auto refused = authority->issue({SpiffeId::of("other", "backend").value()});
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  EXPECT_EQ(authority->issue({id_of("a"), {}, {"10.0.0"}}).error().message,
            "\"10.0.0\" is no IP address");
}

TEST_F(AnAuthority, IsTheSameAfterAPowerCut) {
  auto authority = open();
  std::string bundle = authority->trust_bundle();
  disk_.restart();
  EXPECT_EQ(open()->trust_bundle(), bundle);
  EXPECT_TRUE(is_trusted(*leaf(*open()), bundle, kNow));
}

TEST_F(AnAuthority, KeepsItsKeyEncrypted) {
  auto secret = [](const char* text) { return KeyProtection::passphrase(net::Secret::of(text)); };
  auto authority = Authority::open(options(secret("correct horse")), clock_, disk_).value();
  EXPECT_THAT(disk_.content("/ca/default.json"), HasSubstr("BEGIN ENCRYPTED PRIVATE KEY"));
  EXPECT_THAT(disk_.content("/ca/default.json"), Not(HasSubstr("BEGIN PRIVATE KEY")));
  EXPECT_TRUE(Authority::open(options(secret("correct horse")), clock_, disk_));
  EXPECT_EQ(Authority::open(options(secret("wrong")), clock_, disk_).error().message,
            "/ca/default.json: the private key cannot be decrypted: is the passphrase right?");
  EXPECT_EQ(Authority::open(options(), clock_, disk_).error().message,
            "/ca/default.json: the private key is encrypted, and no passphrase is given");
}

TEST_F(AnAuthority, EncryptsAKeyThatLayInTheClear) {
  std::string bundle = open()->trust_bundle();
  EXPECT_THAT(disk_.content("/ca/default.json"), HasSubstr("BEGIN PRIVATE KEY"));
  auto protection = KeyProtection::passphrase(net::Secret::of("x"));
  auto now = Authority::open(options(protection), clock_, disk_).value();
  EXPECT_EQ(now->trust_bundle(), bundle);
  EXPECT_THAT(disk_.content("/ca/default.json"), Not(HasSubstr("BEGIN PRIVATE KEY")));
}

TEST_F(AnAuthority, IsReplacedWithoutAGapInTrust) {
  auto authority = open();
  std::string old_bundle = authority->trust_bundle();
  LeafPtr old_leaf = leaf(*authority);
  EXPECT_EQ(authority->activate().error().message, "no rotation has begun");

  ASSERT_TRUE(authority->begin_rotation());
  EXPECT_FALSE(authority->begin_rotation());
  EXPECT_TRUE(is_trusted(*leaf(*authority), old_bundle, kNow));  // proxies that do not know yet

  ASSERT_TRUE(open()->activate());  // another process, after a restart
  authority = open();
  EXPECT_FALSE(authority->activate());
  std::string both = authority->trust_bundle();
  EXPECT_TRUE(is_trusted(*old_leaf, both, kNow));
  EXPECT_TRUE(is_trusted(*leaf(*authority), both, kNow));
  EXPECT_FALSE(is_trusted(*leaf(*authority), old_bundle, kNow));

  ASSERT_TRUE(authority->finish());
  EXPECT_FALSE(is_trusted(*old_leaf, authority->trust_bundle(), kNow));
  EXPECT_TRUE(is_trusted(*leaf(*authority), authority->trust_bundle(), kNow));
  EXPECT_EQ(open()->trust_bundle(), authority->trust_bundle());
  EXPECT_EQ(open()->authorities().size(), 1U);
}

TEST_F(AnAuthority, TakesBackARotation) {
  auto authority = open();
  std::string bundle = authority->trust_bundle();
  ASSERT_TRUE(authority->begin_rotation());
  ASSERT_TRUE(authority->finish());
  EXPECT_EQ(authority->trust_bundle(), bundle);
}

TEST_F(AnAuthority, IsBeforeOrAfterEachStepOfARotationWhereverItIsCutOff) {
  for (uint64_t changes = 0; changes < 8; ++changes) {
    auto authority = open();
    std::string before = authority->trust_bundle();
    disk_.crash_after(changes);
    bool begun = authority->begin_rotation().has_value();
    disk_.restart();
    auto again = open();
    size_t count = again->authorities().size();
    EXPECT_TRUE(count == 2 || (!begun && count == 1)) << changes;
    EXPECT_THAT(again->trust_bundle(), HasSubstr(before));
    if (count == 2) {
      ASSERT_TRUE(again->finish());
    }
  }
}

TEST_F(AnAuthority, ThatHasExpiredSignsNothingAndCanBeReplaced) {
  auto authority = open();
  clock_.advance(hours(24) * 3650 - hours(1));
  LeafPtr last = leaf(*authority);
  EXPECT_EQ(last->not_after, authority->authorities().front().certificate.not_after);
  clock_.advance(hours(2));
  authority = open();
  EXPECT_EQ(authority->issue({id_of("backend")}).error().code, Code::kUnavailable);
  ASSERT_TRUE(authority->begin_rotation());
  ASSERT_TRUE(authority->activate());
  EXPECT_TRUE(authority->issue({id_of("backend")}));
}

TEST_F(AnAuthority, RefusesAFileThatIsNotItsOwn) {
  open();
  auto options = this->options();
  options.trust_domain = "other";
  EXPECT_EQ(Authority::open(options, clock_, disk_).error().message,
            "/ca/default.json: the authority of mesh default, not of other");
  for (std::string text : {"", "[]", "{}", R"({"format":2})", R"({"format":1})",
                           R"({"format":1,"trust_domain":"default"})",
                           R"({"format":1,"trust_domain":"default","authorities":[1]})",
                           R"({"format":1,"trust_domain":"default","authorities":7})"}) {
    disk_.overwrite("/ca/default.json", text);
    auto refused = Authority::open(this->options(), clock_, disk_);
    EXPECT_EQ(refused.error().code, Code::kMalformed) << text;
  }
}

TEST_F(AnAuthority, MayBeProvided) {
  auto root = PrivateKey::generate().value();
  auto root_certificate = make_authority_certificate(root, "default", kNow, hours(1000)).value();
  ProvidedAuthority first{pem_of(*root_certificate), root.pem("abc").value(),
                          KeyProtection::passphrase(net::Secret::of("abc"))};
  auto other = PrivateKey::generate().value();
  auto other_certificate = make_authority_certificate(other, "default", kNow, hours(1000)).value();
  ProvidedAuthority second{.certificates = pem_of(*other_certificate)};
  auto authority = Authority::provided(options(), {first, second}, clock_).value();
  EXPECT_TRUE(is_trusted(*leaf(*authority), first.certificates, kNow));
  EXPECT_EQ(authority->trust_bundle(), first.certificates + second.certificates);
  EXPECT_FALSE(authority->begin_rotation());
  EXPECT_TRUE(disk_.open_read("/ca/default.json").error().code == Code::kNotFound);

  auto refusal = [&](std::vector<ProvidedAuthority> from) {
    return authority->provide(from).error().message;
  };
  EXPECT_EQ(refusal({second}), "the first authority signs, so it needs a certificate and a key");
  ProvidedAuthority crossed{second.certificates, first.key, first.key_protection};
  EXPECT_THAT(refusal({crossed}), HasSubstr("authority 1: the key is not that of the certificate"));
  ProvidedAuthority leaf_as_authority{.certificates = leaf(*authority)->chain_pem};
  EXPECT_THAT(refusal({first, leaf_as_authority}), HasSubstr("authority 2: O = Clew is no cert"));
  clock_.advance(hours(1001));
  EXPECT_THAT(refusal({first}), HasSubstr("has expired"));
  EXPECT_EQ(refusal({{.certificates = "x"}}), "authority 1: no certificate in PEM form");
}

TEST(KeyProtection, IsChosenOnceAndOnPurpose) {
  EXPECT_THAT(KeyProtection::choose("", "CLEW_TEST_UNSET", false).error().message,
              HasSubstr("private keys need a passphrase"));
  EXPECT_FALSE(KeyProtection::choose("/some/file", "CLEW_TEST_UNSET", true));
  EXPECT_EQ(KeyProtection::choose("", "CLEW_TEST_UNSET", true).value().text().value(),
            std::nullopt);
  setenv("CLEW_TEST_SET", "secret", 1);
  EXPECT_EQ(KeyProtection::choose("", "CLEW_TEST_SET", false).value().text().value(), "secret");
  unsetenv("CLEW_TEST_SET");
}

TEST(SpiffeId, HasTheStandardsForm) {
  SpiffeId id = SpiffeId::parse("spiffe://my-mesh.eu/ns/shop/sa/Backend_1").value();
  EXPECT_EQ(id.trust_domain(), "my-mesh.eu");
  EXPECT_EQ(id.path(), "ns/shop/sa/Backend_1");
  for (const char* bad : {"", "spiffe://", "spiffe://a", "spiffe://a/", "spiffe:///b", "http://a/b",
                          "spiffe://A/b", "spiffe://a/b/", "spiffe://a//b", "spiffe://a/../b",
                          "spiffe://a:1/b", "spiffe://u@a/b", "spiffe://a/b?c", "spiffe://a/b%20"})
    EXPECT_FALSE(SpiffeId::parse(bad)) << bad;
  EXPECT_TRUE(SpiffeId::of(std::string(255, 'a'), "b"));
  EXPECT_FALSE(SpiffeId::of(std::string(256, 'a'), "b"));
  EXPECT_TRUE(SpiffeId::of("a", std::string(2048 - 11, 'b')));
  EXPECT_FALSE(SpiffeId::of("a", std::string(2048 - 10, 'b')));
}

TEST(Certificates, OfATextAreBounded) {
  auto key = PrivateKey::generate().value();
  auto certificate = make_authority_certificate(key, "default", kNow, hours(1)).value();
  std::string one = pem_of(*certificate), many;
  for (int i = 0; i < 100; ++i) many += one;
  EXPECT_EQ(read_certificates(many).value().size(), 100U);
  EXPECT_EQ(read_certificates(many + one).error().code, Code::kTooLarge);
  one.replace(one.size() / 2, 4, "!!!!");
  EXPECT_EQ(read_certificates(pem_of(*certificate) + one).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace clew::mesh::identity
