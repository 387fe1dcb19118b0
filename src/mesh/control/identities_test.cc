#include "mesh/control/identities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "mesh/compose/tls.h"
#include "mesh/resource/parse.h"

namespace clew::mesh {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr UnixNanos kNow = 1'800'000'000'000'000'000;

/// A clock that the thread of Identities may read while the test turns it.
class TestClock final : public Clock {
 public:
  UnixNanos now() const override { return now_; }
  void advance(std::chrono::nanoseconds by) { now_ += static_cast<UnixNanos>(by.count()); }

 private:
  std::atomic<UnixNanos> now_ = kNow;
};

/// Identities of two workloads of the mesh "default", and what is told of them.
class IdentitiesTest : public testing::Test {
 protected:
  IdentitiesTest() {
    std::string name = testing::TempDir() + "/clew-identities-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~IdentitiesTest() override { std::filesystem::remove_all(directory_); }

  IdentityOptions options() const {
    return {.directory = directory_, .protection = identity::KeyProtection::none()};
  }
  std::unique_ptr<Identities> start(IdentityOptions options) {
    auto made = std::make_unique<Identities>(std::move(options), clock_);
    made->on_change([this](std::set<std::string> identities) {
      std::lock_guard lock(mutex_);
      told_.push_back(std::move(identities));
    });
    return made;
  }
  std::unique_ptr<Identities> start() { return start(options()); }
  std::vector<std::set<std::string>> told() {
    std::lock_guard lock(mutex_);
    return std::exchange(told_, {});
  }

  static ProxyConfig proxy(const std::string& service) {
    auto dataplane = std::make_shared<Resource>();
    dataplane->key = {"Dataplane", "default", service};
    ProxyConfig config;
    config.proxy.dataplane = dataplane;
    config.identity = "spiffe://default/" + service;
    return config;
  }
  static std::string certificate(Identities& identities, const std::string& service = "cart") {
    return piece(identities, service, 0)["tls_certificate"]["certificate_chain"]["inline_string"];
  }
  static std::string bundle(Identities& identities) {
    return piece(identities, "cart", 1)["validation_context"]["trusted_ca"]["inline_string"];
  }
  static Json piece(Identities& identities, const std::string& service, size_t index) {
    return identities.secrets(proxy(service)).value().at(index).body;
  }
  static std::string issuer(const std::string& certificate) {
    auto chain = identity::read_certificates(certificate).value();
    auto name = X509_get_issuer_name(chain.front().get());
    char text[256];
    return X509_NAME_oneline(name, text, sizeof text);
  }
  /// Makes the authority's certificate end `life` from now.
  identity::ProvidedAuthority short_lived(seconds life) const {
    auto key = identity::PrivateKey::generate().value();
    auto made = identity::make_authority_certificate(key, "default", clock_.now(), life).value();
    return {identity::pem_of(*made), key.pem(std::nullopt).value()};
  }

  TestClock clock_;
  std::string directory_;
  std::mutex mutex_;
  std::vector<std::set<std::string>> told_;
};

TEST_F(IdentitiesTest, GivesAProxyTheSecretsThatItsListenersName) {
  auto identities = start();
  auto pieces = identities->secrets(proxy("cart")).value();
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].name, kIdentitySecret);
  EXPECT_EQ(pieces[1].name, kTrustSecret);
  auto chain = identity::read_certificates(certificate(*identities)).value();
  EXPECT_THAT(identity::facts_of(*chain.front()).uris, ElementsAre("spiffe://default/cart"));
  EXPECT_EQ(certificate(*identities), certificate(*identities));
  EXPECT_NE(certificate(*identities), certificate(*identities, "shop"));
}

TEST_F(IdentitiesTest, RenewsAtTwoThirdsOfALifeAndTells) {
  auto identities = start();
  std::string first = certificate(*identities);
  clock_.advance(hours(16) - minutes(10));  // of 24 hours and 5 minutes that began 5 minutes ago
  identities->renew_due();
  EXPECT_EQ(certificate(*identities), first);
  EXPECT_THAT(told(), IsEmpty());
  clock_.advance(minutes(11));
  identities->renew_due();
  EXPECT_NE(certificate(*identities), first);
  EXPECT_THAT(told(), ElementsAre(std::set<std::string>{"spiffe://default/cart"}));
  EXPECT_EQ(identities->leaves().at(0).not_before, clock_.now() - 300'000'000'000);
}

TEST_F(IdentitiesTest, ItsThreadRenewsByItself) {
  auto identities = start();
  std::string first = certificate(*identities);
  clock_.advance(hours(17));
  for (int i = 0; i < 500 && certificate(*identities) == first; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_NE(certificate(*identities), first);
}

TEST_F(IdentitiesTest, ForgetsAtTheNextRenewalWhatNobodyAskedForSinceTheLast) {
  auto identities = start();
  certificate(*identities, "cart");
  certificate(*identities, "gone");
  clock_.advance(hours(17));
  identities->renew_due();
  certificate(*identities, "cart");  // the planner, told of it, as a proxy has this identity
  EXPECT_EQ(identities->leaves().size(), 2U);
  told();
  clock_.advance(hours(17));
  identities->renew_due();
  ASSERT_EQ(identities->leaves().size(), 1U);
  EXPECT_EQ(identities->leaves()[0].identity, "spiffe://default/cart");
  EXPECT_THAT(told(), ElementsAre(std::set<std::string>{"spiffe://default/cart"}));
}

TEST_F(IdentitiesTest, WhatCannotBeRenewedStaysInUseAndIsTriedAgainAfterAPause) {
  IdentityOptions with_short = options();
  with_short.provided = {short_lived(hours(25))};
  auto identities = start(with_short);
  std::string first = certificate(*identities);
  UnixNanos authority_end = kNow + 25 * 3'600'000'000'000;
  clock_.advance(hours(17));
  identities->renew_due();
  std::string last = certificate(*identities);
  EXPECT_NE(last, first);
  EXPECT_EQ(identities->leaves()[0].not_after, authority_end);
  EXPECT_EQ(told().size(), 1U);

  clock_.advance(hours(7));  // two thirds of what was left are over, but no later end is to be had
  for (int second = 0; second < 40; ++second, clock_.advance(seconds(1))) identities->renew_due();
  EXPECT_EQ(certificate(*identities), last);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(identities->leaves()[0].problem, HasSubstr("about to expire"));

  clock_.advance(hours(2));
  identities->renew_due();
  EXPECT_EQ(certificate(*identities), last);
  EXPECT_THAT(identities->leaves()[0].problem, HasSubstr("has expired"));
}

TEST_F(IdentitiesTest, WhatCouldNotBeMadeIsToldOfWhenItCan) {
  std::ofstream(directory_ + "/authority-default.json") << "damaged";
  auto identities = start();
  EXPECT_THAT(identities->secrets(proxy("cart")).error().message, HasSubstr("not a JSON object"));
  EXPECT_EQ(identities->leaves().at(0).serial, "");
  EXPECT_THAT(identities->leaves()[0].problem, HasSubstr("not a JSON object"));
  std::filesystem::remove(directory_ + "/authority-default.json");
  // Until the pause is over the answer is the same, however many proxies ask.
  EXPECT_FALSE(identities->secrets(proxy("cart")));
  identities->renew_due();
  EXPECT_THAT(told(), IsEmpty());
  clock_.advance(Identities::kRetry);
  identities->renew_due();
  EXPECT_THAT(told(), ElementsAre(std::set<std::string>{"spiffe://default/cart"}));
  EXPECT_TRUE(identities->secrets(proxy("cart")));
  EXPECT_EQ(identities->leaves().at(0).problem, "");
}

TEST_F(IdentitiesTest, AnAuthorityWithoutProtectionIsNotMade) {
  auto identities = start({.directory = directory_});
  EXPECT_THAT(identities->secrets(proxy("cart")).error().message,
              HasSubstr("give --ca-passphrase-file"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(IdentitiesTest, AnotherAuthoritySignsEveryCertificateAnew) {
  auto identities = start();
  std::string before = certificate(*identities), old_bundle = bundle(*identities);
  certificate(*identities, "shop");
  ASSERT_TRUE(identities->begin_rotation("default"));
  EXPECT_EQ(certificate(*identities), before);
  EXPECT_THAT(bundle(*identities), HasSubstr(old_bundle));
  EXPECT_NE(bundle(*identities), old_bundle);
  EXPECT_THAT(told(), ElementsAre(IsEmpty()));

  ASSERT_TRUE(identities->activate("default"));
  EXPECT_THAT(told(),
              ElementsAre(UnorderedElementsAre("spiffe://default/cart", "spiffe://default/shop"),
                          IsEmpty()));
  EXPECT_NE(issuer(certificate(*identities)), issuer(before));
  EXPECT_EQ(issuer(certificate(*identities)), issuer(certificate(*identities, "shop")));
  EXPECT_THAT(bundle(*identities), HasSubstr(old_bundle));

  ASSERT_TRUE(identities->finish_rotation("default"));
  EXPECT_THAT(bundle(*identities), Not(HasSubstr(old_bundle)));
  EXPECT_FALSE(identities->finish_rotation("default"));
}

TEST_F(IdentitiesTest, ALeafThatAnOtherAuthoritySignedMeanwhileIsRenewedAtTheNextLook) {
  auto identities = start();
  std::string before = certificate(*identities);
  // As if the leaf had been in the making while the authority was replaced.
  auto authority = identities->authority("default").value();
  ASSERT_TRUE(authority->begin_rotation());
  ASSERT_TRUE(authority->activate());
  identities->renew_due();
  EXPECT_NE(issuer(certificate(*identities)), issuer(before));
}

TEST_F(IdentitiesTest, TrustOutlivesARestart) {
  std::string old_bundle = bundle(*start());
  EXPECT_EQ(bundle(*start()), old_bundle);
}

TEST_F(IdentitiesTest, TakesAProvidedAuthorityForEveryMesh) {
  IdentityOptions with_provided = options();
  with_provided.provided = {short_lived(hours(1000))};
  auto identities = start(with_provided);
  EXPECT_EQ(bundle(*identities), with_provided.provided[0].certificates);
  EXPECT_THAT(identities->begin_rotation("default").error().message, HasSubstr("are provided"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(IdentitiesTest, RefusesAMeshThatSaysOfItsAuthorityWhatIsNotSo) {
  auto mesh = [](const std::string& type) {
    return parse_resources(
               "type: Mesh\nname: default\nmtls:\n  enabledBackend: ca\n  backends:\n"
               "  - {name: old, type: builtin}\n  - {name: other, type: provided}\n"
               "  - name: ca\n    type: " +
                   type,
               "mesh.yaml")
        .value()[0];
  };
  IdentityOptions with_provided = options();
  with_provided.provided = {short_lived(hours(1000))};
  auto own = start(), given = start(with_provided);
  EXPECT_TRUE(own->check(mesh("builtin")));
  EXPECT_TRUE(given->check(mesh("provided")));
  EXPECT_EQ(own->check(mesh("provided")).error().message,
            "mesh.yaml:9: Mesh default: mtls.backends[2].type: this control plane was given no "
            "authority: start it with --ca-cert-file and --ca-key-file, or write builtin for one "
            "that it makes");
  EXPECT_THAT(given->check(mesh("builtin")).error().message, HasSubstr("write provided"));
  EXPECT_TRUE(own->check(parse_resources("{type: Mesh, name: default}", "f").value()[0]));
}

TEST_F(IdentitiesTest, SignsNothingForAMeshWhoseAuthorityWasNotGiven) {
  auto identities = start();
  ProxyConfig config = proxy("cart");
  config.provided = true;
  EXPECT_THAT(identities->secrets(config).error().message, HasSubstr("was not given"));
  auto mesh = [](const char* type) {
    return Resource{
        .key = {"Mesh", "", "default"},
        .body = {{"mtls",
                  {{"enabledBackend", "ca"},
                   {"backends",
                    {{{"name", "old"}, {"type", "builtin"}}, {{"name", "ca"}, {"type", type}}}}}}}};
  };
  EXPECT_THAT(identities->authority_of(mesh("provided")).error().message,
              HasSubstr("was not given"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
  EXPECT_TRUE(identities->authority_of(mesh("builtin")));
}

}  // namespace
}  // namespace clew::mesh
