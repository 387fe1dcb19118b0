#include "net/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::net {
namespace {

using testing::HasSubstr;

TEST(Address, ReadsHostsAndPortsAsPeopleWriteThem) {
  EXPECT_EQ(Address::parse("127.0.0.1:4317"), (Address{"127.0.0.1", 4317}));
  EXPECT_EQ(Address::parse("localhost:0"), (Address{"localhost", 0}));
  EXPECT_EQ(Address::parse("[::1]:4317"), (Address{"::1", 4317}));
  EXPECT_EQ(Address::parse("store.fra1.example:65535"), (Address{"store.fra1.example", 65535}));
}

TEST(Address, WritesWhatItReads) {
  for (const char* text : {"127.0.0.1:4317", "[::1]:0", "localhost:65535"}) {
    EXPECT_EQ(Address::parse(text)->to_string(), text);
  }
}

TEST(Address, SaysWhatIsWrong) {
  struct Case {
    const char* text;
    const char* message;
  };
  for (auto [text, message] : {
           Case{":4317", "the host is missing"},
           Case{"", "expected HOST:PORT"},
           Case{"localhost", "expected HOST:PORT"},
           Case{"localhost:", "a number from 0 to 65535"},
           Case{"localhost:http", "a number from 0 to 65535"},
           Case{"localhost:65536", "a number from 0 to 65535"},
           Case{"localhost:-1", "a number from 0 to 65535"},
           Case{"localhost:43 17", "a number from 0 to 65535"},
           Case{"::1:4317", "put an IPv6 address in brackets"},
           Case{"[::1:4317", "the bracket is not closed"},
           Case{"[::1]", "the port is missing"},
           Case{"[]:80", "the host is missing"},
           Case{"http://store:4317", "expected HOST:PORT without http://"},
           Case{"https://[::1]:80", "expected HOST:PORT without https://"},
           Case{"grpc://store", "expected HOST:PORT without grpc://"},
           Case{"a b:80", "not a host name"},
       }) {
    auto address = Address::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, Code::kInvalid);
    EXPECT_THAT(address.error().message, HasSubstr(message));
  }
}

}  // namespace
}  // namespace clew::net
