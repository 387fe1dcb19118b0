// Both protocols as libthrift writes them.
#include "receive/thrift_reader.h"

#include <gtest/gtest.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include <memory>

#include "base/limits.h"

namespace clew::receive {
namespace {

namespace tp = apache::thrift::protocol;

template <typename OfficialProtocol, typename OurProtocol>
struct Pair {
  using Official = OfficialProtocol;
  using Ours = OurProtocol;
};

template <typename Protocols>
class ThriftReaderTest : public ::testing::Test {
 protected:
  using Reader = ThriftReader<typename Protocols::Ours>;

  template <typename F>
  void field(tp::TType type, int16_t id, F&& value) {
    out_.writeFieldBegin("", type, id);
    value();
    out_.writeFieldEnd();
  }
  std::string written() {
    out_.writeFieldStop();
    return memory_->getBufferAsString();
  }

  /// The value of field 1; the others are skipped.
  template <typename T>
  static T read_first(std::string_view bytes, T otherwise = {}) {
    Reader in(bytes);
    T value = otherwise;
    in.fields([&](const ThriftField& field) { return field.id == 1 && in.value(field, value); });
    EXPECT_TRUE(in.ok()) << in.error().message;
    return value;
  }

  std::shared_ptr<apache::thrift::transport::TMemoryBuffer> memory_ =
      std::make_shared<apache::thrift::transport::TMemoryBuffer>();
  typename Protocols::Official out_{memory_};
};

using Protocols = ::testing::Types<Pair<tp::TBinaryProtocol, ThriftBinary>,
                                   Pair<tp::TCompactProtocol, ThriftCompact>>;
TYPED_TEST_SUITE(ThriftReaderTest, Protocols);

TYPED_TEST(ThriftReaderTest, ReadsIntegersOfEveryLengthAndSign) {
  for (int bits = 0; bits < 64; ++bits) {
    for (int64_t number :
         {int64_t{1} << bits, -(int64_t{1} << (bits % 63)), (int64_t{1} << (bits % 63)) - 1}) {
      this->memory_->resetBuffer();
      this->field(tp::T_I64, 1, [&] { this->out_.writeI64(number); });
      EXPECT_EQ(this->template read_first<int64_t>(this->written()), number);
    }
  }
  for (int32_t number : {0, 1, -1, INT32_MAX, INT32_MIN}) {
    this->memory_->resetBuffer();
    this->field(tp::T_I32, 1, [&] { this->out_.writeI32(number); });
    EXPECT_EQ(this->template read_first<int32_t>(this->written()), number);
  }
  for (int number : {0, -1, INT16_MAX, INT16_MIN}) {
    auto small = static_cast<int16_t>(number);
    this->memory_->resetBuffer();
    this->field(tp::T_I16, 1, [&] { this->out_.writeI16(small); });
    EXPECT_EQ(this->template read_first<int16_t>(this->written()), small);
  }
}

TYPED_TEST(ThriftReaderTest, ReadsTruthNumbersAndText) {
  for (bool truth : {true, false}) {
    this->memory_->resetBuffer();
    this->field(tp::T_BOOL, 1, [&] { this->out_.writeBool(truth); });
    EXPECT_EQ(this->template read_first<bool>(this->written(), !truth), truth);
  }
  for (double real : {0.0, -0.25, 1e300}) {
    this->memory_->resetBuffer();
    this->field(tp::T_DOUBLE, 1, [&] { this->out_.writeDouble(real); });
    EXPECT_EQ(this->template read_first<double>(this->written(), 7), real);
  }
  for (const std::string& text : {std::string(), std::string("äöü"), std::string(1000, 'x')}) {
    this->memory_->resetBuffer();
    this->field(tp::T_STRING, 1, [&] { this->out_.writeString(text); });
    std::string bytes = this->written();
    EXPECT_EQ(this->template read_first<std::string_view>(bytes, "none"), text);
  }
}

TYPED_TEST(ThriftReaderTest, SkipsWhatNobodyReads) {
  auto& out = this->out_;
  this->field(tp::T_BOOL, 2, [&] { out.writeBool(true); });
  this->field(tp::T_BYTE, 3, [&] { out.writeByte(-1); });
  this->field(tp::T_DOUBLE, 4, [&] { out.writeDouble(1); });
  this->field(tp::T_LIST, 5, [&] {
    out.writeListBegin(tp::T_BOOL, 20);
    for (int i = 0; i < 20; ++i) out.writeBool(i % 2 == 0);
  });
  this->field(tp::T_SET, 6, [&] {
    out.writeSetBegin(tp::T_STRING, 2);
    out.writeString(std::string("a"));
    out.writeString(std::string("b"));
  });
  this->field(tp::T_MAP, 7, [&] {
    out.writeMapBegin(tp::T_I16, tp::T_I64, 1);
    out.writeI16(1);
    out.writeI64(2);
  });
  this->field(tp::T_MAP, 8, [&] { out.writeMapBegin(tp::T_I16, tp::T_I64, 0); });
  this->field(tp::T_STRUCT, 300, [&] {
    out.writeStructBegin("");
    out.writeFieldBegin("", tp::T_BOOL, 1);
    out.writeBool(false);
    out.writeFieldEnd();
    out.writeFieldBegin("", tp::T_I32, 2);
    out.writeI32(5);
    out.writeFieldEnd();
    out.writeFieldStop();
    out.writeStructEnd();
  });
  this->field(tp::T_I32, 1, [&] { out.writeI32(42); });
  EXPECT_EQ(this->template read_first<int32_t>(this->written()), 42);
}

TYPED_TEST(ThriftReaderTest, AFieldOfAnotherTypeIsSkipped) {
  this->field(tp::T_STRING, 1, [&] { this->out_.writeString(std::string("text")); });
  EXPECT_EQ(this->template read_first<int64_t>(this->written(), -1), -1);
}

TYPED_TEST(ThriftReaderTest, ReadsTheHeadOfACall) {
  this->out_.writeMessageBegin("emitBatch", tp::T_ONEWAY, 123456);
  std::string bytes = this->memory_->getBufferAsString();
  typename TestFixture::Reader in(bytes);
  ThriftMessage message = in.message();
  EXPECT_EQ(message.name, "emitBatch");
  EXPECT_EQ(message.type, tp::T_ONEWAY);
  EXPECT_TRUE(in.ok());
}

TYPED_TEST(ThriftReaderTest, NestingIsBounded) {
  auto nested = [this](int depth) {
    this->memory_->resetBuffer();
    this->field(tp::T_LIST, 1, [&] {
      for (int i = 1; i < depth; ++i) this->out_.writeListBegin(tp::T_LIST, 1);
      this->out_.writeListBegin(tp::T_I32, 0);
    });
    std::string bytes = this->written();
    typename TestFixture::Reader in(bytes);
    in.fields([](const ThriftField&) { return false; });
    return in.ok() ? "accepted" : in.error().message;
  };
  EXPECT_EQ(nested(limits::kThriftDepth), "accepted");
  EXPECT_NE(nested(limits::kThriftDepth + 1).find("nested too deeply"), std::string::npos);
}

TYPED_TEST(ThriftReaderTest, AListLongerThanTheDataIsRefusedAtOnce) {
  this->field(tp::T_LIST, 1, [&] { this->out_.writeListBegin(tp::T_STRUCT, 2'000'000'000); });
  std::string bytes = this->written();
  typename TestFixture::Reader in(bytes);
  size_t elements = 0;
  in.fields([&](const ThriftField& field) { return in.structs(field, [&] { ++elements; }); });
  EXPECT_EQ(elements, 0u);
  ASSERT_FALSE(in.ok());
  EXPECT_EQ(in.error().code, Code::kMalformed);
  EXPECT_NE(in.error().message.find("a list is longer than the data"), std::string::npos);
}

TYPED_TEST(ThriftReaderTest, AfterTheFirstErrorEverythingIsEmpty) {
  typename TestFixture::Reader in(std::string_view("\x0F\xFF\xFF\xFF\xFF\xFF", 6));
  std::string_view text = "as it was";
  in.fields([&](const ThriftField& field) { return in.value(field, text); });
  EXPECT_FALSE(in.ok());
  std::string first = in.error().message;
  EXPECT_EQ(in.message().name, "");
  EXPECT_EQ(in.error().message, first);
}

TEST(ThriftBinary, TheOlderHeadOfACallHasNoVersion) {
  using namespace std::string_view_literals;
  ThriftReader<ThriftBinary> in("\0\0\0\x03run\x01\0\0\0\x07"sv);
  ThriftMessage message = in.message();
  EXPECT_EQ(message.name, "run");
  EXPECT_EQ(message.type, 1);
  EXPECT_TRUE(in.ok());
}

TEST(ThriftCompact, ANumberOfMoreThan64BitsIsRefused) {
  std::string bytes = "\x16";  // field 1, i64
  bytes += std::string(10, '\xFF') + '\x01';
  ThriftReader<ThriftCompact> in(bytes);
  int64_t number = 0;
  in.fields([&](const ThriftField& field) { return in.value(field, number); });
  EXPECT_EQ(in.error().message, "thrift: byte 11: a number of more than 64 bits");
}

}  // namespace
}  // namespace clew::receive
