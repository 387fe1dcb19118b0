#include "mesh/xds/form.h"

#include <gtest/gtest.h>

#include "mesh/xds/snapshot.h"

namespace clew::mesh::xds {
namespace {

using Texts = std::vector<std::string>;

std::string joined(const Texts& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

/// Of messages that `make` makes.
template <class Make>
Result<Form> form_of(const Texts& texts, Make make) {
  return Form::of("type", texts, make(Form::sample(texts, true)), make(Form::sample(texts, false)),
                  {"MeshTrace all"});
}

TEST(Form, IsFilledInAsIfItWereMadeOfTheTexts) {
  auto make = [](const Texts& texts) {
    // Neighbours, the same twice, and bytes as the samples have them.
    return "Aa" + texts[0] + texts[1] + texts[0] + texts[0] + "bB" + texts[2] + texts[3];
  };
  const Texts like = {"sidecar-17", "x", "", "fra"};
  auto form = form_of(like, make);
  ASSERT_TRUE(form) << form.error().message;
  for (const Texts& texts : {like, Texts{"AAAAAAAAAA", "b", "", "abc"}})
    EXPECT_EQ(form->filled(joined(texts)), make(texts));
  EXPECT_EQ(form->size(), make(like).size());
}

TEST(Form, IsNoneOfWhatLooksAtATextOrChangesIt) {
  const Texts texts = {"abc", "defg"};
  auto is_form = [&](auto make) { return form_of(texts, make).has_value(); };
  EXPECT_TRUE(is_form([](const Texts& t) { return t[1] + t[0]; }));
  EXPECT_FALSE(is_form([](const Texts& t) { return t[0].substr(1); }));
  EXPECT_FALSE(is_form([](const Texts& t) { return t[0] < "a" ? "less" : "more"; }));
  EXPECT_FALSE(is_form([](const Texts& t) { return t[0] < "a" ? t[0] : t[0] + "!"; }));
  EXPECT_FALSE(
      is_form([](const Texts& t) { return t[0] < "a" ? t[0] : Texts{t[1]}[0].substr(1); }));
}

TEST(Form, MakesTheResourceThatItsMessageWouldMake) {
  const Texts texts = {"sidecar-17"};
  auto make = [](const Texts& t) { return "name: " + t[0]; };
  auto form = std::make_shared<const Form>(form_of(texts, make).value());
  auto filled = XdsResource::of_form(form, "a", "sidecar-17", {"Dataplane sidecar-17"});
  auto plain = XdsResource::of_message("type", "a", make(texts));
  std::string space, other;
  EXPECT_EQ(filled->resource(space), plain->resource(other));
  EXPECT_EQ(filled->any(space), plain->any(other));
  EXPECT_EQ(filled->message(), plain->message());
  EXPECT_EQ(filled->version(), plain->version());
  EXPECT_GE(filled->size(), plain->size());
  EXPECT_EQ(filled->origin(), (Texts{"Dataplane sidecar-17", "MeshTrace all"}));
}

}  // namespace
}  // namespace clew::mesh::xds
