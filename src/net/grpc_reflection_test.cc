// Reflection over descriptors that protobuf's own library has written.
#include "net/grpc_reflection.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

namespace clew::net {
namespace {

namespace pb = google::protobuf;

/// timestamp.proto, and a file that imports it: package shop, message Order with the field when, a
/// message and an enum in it, service Till with the method Pay.
std::string descriptor_set() {
  pb::FileDescriptorSet set;
  pb::Timestamp::descriptor()->file()->CopyTo(set.add_file());
  pb::FileDescriptorProto& file = *set.add_file();
  file.set_name("shop.proto");
  file.set_package("shop");
  file.add_dependency("google/protobuf/timestamp.proto");
  pb::DescriptorProto& order = *file.add_message_type();
  order.set_name("Order");
  order.add_field()->set_name("when");
  order.add_nested_type()->set_name("Line");
  order.add_enum_type()->set_name("State");
  file.add_enum_type()->set_name("Currency");
  pb::ServiceDescriptorProto& till = *file.add_service();
  till.set_name("Till");
  till.add_method()->set_name("Pay");
  return set.SerializeAsString();
}

std::vector<std::string> names(const std::vector<std::string_view>& files) {
  std::vector<std::string> result;
  for (std::string_view bytes : files) {
    pb::FileDescriptorProto file;
    EXPECT_TRUE(file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    result.push_back(file.name());
  }
  return result;
}

const std::vector<std::string> kShop = {"shop.proto", "google/protobuf/timestamp.proto"};

TEST(Descriptors, FindsWhatAFileDefinesAndWhatItImports) {
  std::string set = descriptor_set();
  Descriptors descriptors(set);
  for (const char* symbol : {"shop.Order", "shop.Order.when", "shop.Order.Line", "shop.Order.State",
                             "shop.Currency", "shop.Till", "shop.Till.Pay"})
    EXPECT_EQ(names(descriptors.file_of(symbol)), kShop) << symbol;
  EXPECT_EQ(names(descriptors.file_of("google.protobuf.Timestamp")).size(), 1u);
  EXPECT_EQ(names(descriptors.file("shop.proto")), kShop);
  EXPECT_TRUE(descriptors.file_of("shop").empty());
  EXPECT_TRUE(descriptors.file("other.proto").empty());
}

TEST(Reflection, TellsWhatItDoesNotHave) {
  std::string set = descriptor_set();
  Descriptors descriptors(set);
  for (auto [field, name, code] : {std::tuple(4, "shop.None", 5), std::tuple(3, "none.proto", 5),
                                   std::tuple(6, "shop.Order", 5), std::tuple(1, "host", 3)}) {
    std::string request;
    protozero::pbf_writer(request).add_string(static_cast<protozero::pbf_tag_type>(field), name);
    auto answer = reflection_answer(descriptors, {}, request);
    ASSERT_TRUE(answer);
    protozero::pbf_reader in(*answer);
    ASSERT_TRUE(in.next(2));
    EXPECT_EQ(in.get_string(), request);
    ASSERT_TRUE(in.next(7)) << name;
    auto error = in.get_message();
    ASSERT_TRUE(error.next(1));
    EXPECT_EQ(error.get_int32(), code) << name;
  }
  EXPECT_EQ(reflection_answer(descriptors, {}, "\xff").error().code, Code::kMalformed);
}

TEST(Reflection, ListsServices) {
  GrpcMethods methods;
  methods.unary("/shop.Till/Pay", [](GrpcRequest, GrpcResponder) {});
  EXPECT_EQ(methods.services(), (std::vector<std::string>{"grpc.health.v1.Health", "shop.Till"}));
  std::string request;
  protozero::pbf_writer(request).add_string(7, "*");
  std::string answer = reflection_answer(Descriptors(""), methods.services(), request).value();
  EXPECT_NE(answer.find("shop.Till"), std::string::npos);
}

}  // namespace
}  // namespace clew::net
