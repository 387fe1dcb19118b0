#include "net/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clew::net {
namespace {

using std::chrono::milliseconds;
using namespace std::string_literals;

TEST(Status, MapsEveryCodeToHttpAndGrpc) {
  EXPECT_EQ(http_status(Code::kMalformed), 400);
  EXPECT_EQ(http_status(Code::kTooLarge), 413);
  EXPECT_EQ(http_status(Code::kInvalid), 400);
  EXPECT_EQ(http_status(Code::kNotFound), 404);
  EXPECT_EQ(http_status(Code::kUnsupported), 415);
  EXPECT_EQ(http_status(Code::kUnavailable), 503);
  EXPECT_EQ(http_status(Code::kTimeout), 504);
  EXPECT_EQ(http_status(Code::kRejected), 400);
  EXPECT_EQ(http_status(Code::kIo), 500);
  EXPECT_EQ(grpc_code(Code::kMalformed), GrpcCode::kInvalidArgument);
  EXPECT_EQ(grpc_code(Code::kTooLarge), GrpcCode::kResourceExhausted);
  EXPECT_EQ(grpc_code(Code::kInvalid), GrpcCode::kInvalidArgument);
  EXPECT_EQ(grpc_code(Code::kNotFound), GrpcCode::kNotFound);
  EXPECT_EQ(grpc_code(Code::kUnsupported), GrpcCode::kUnimplemented);
  EXPECT_EQ(grpc_code(Code::kUnavailable), GrpcCode::kUnavailable);
  EXPECT_EQ(grpc_code(Code::kTimeout), GrpcCode::kDeadlineExceeded);
  EXPECT_EQ(grpc_code(Code::kIo), GrpcCode::kInternal);
}

TEST(Status, RejectedIsNoCodeThatAClientWouldRetry) {
  EXPECT_FALSE(is_retryable(error_of_grpc(grpc_code(Code::kRejected), "", "")));
}

// The bytes as google.rpc's generated code writes them.
TEST(Status, WritesGoogleRpcStatusWithRetryInfo) {
  Error error{Code::kUnavailable, "full", milliseconds(1500)};
  std::string duration = "\x08\x01\x10\x80\xca\xb5\xee\x01"s;  // 1 s, 500,000,000 ns
  std::string info = "\x0a\x08"s + duration;
  std::string any = "\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x0a"s + info;
  EXPECT_EQ(rpc_status_proto(error), "\x08\x0e\x12\x04"s + "full" + "\x1a\x36" + any);
  EXPECT_EQ(rpc_status_json(error),
            R"({"code":14,"message":"full","details":[{"@type":)"
            R"("type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]})");
}

TEST(Status, WritesAnErrorWithoutRetryInfo) {
  Error error{Code::kMalformed, "bad \"tag\""};
  EXPECT_EQ(rpc_status_proto(error), "\x08\x03\x12\x09"s + "bad \"tag\"");
  EXPECT_EQ(rpc_status_json(error), R"({"code":3,"message":"bad \"tag\""})");
}

TEST(Status, WritesOnlyUtf8WhateverTheMessageQuotes) {
  EXPECT_EQ(rpc_status_proto({Code::kMalformed, "\xff\xc3\xa4"}), "\x08\x03\x12\x03?\xc3\xa4"s);
}

TEST(Status, KnowsWhichAnswersToRetry) {
  auto code_of = [](GrpcCode code) { return error_of_grpc(code, "m", "").code; };
  for (auto code : {GrpcCode::kCancelled, GrpcCode::kAborted, GrpcCode::kOutOfRange,
                    GrpcCode::kUnavailable, GrpcCode::kDataLoss}) {
    EXPECT_EQ(code_of(code), Code::kUnavailable) << grpc_code_name(code);
  }
  EXPECT_EQ(code_of(GrpcCode::kDeadlineExceeded), Code::kTimeout);
  EXPECT_TRUE(is_retryable(error_of_grpc(GrpcCode::kDeadlineExceeded, "", "")));
  for (auto code :
       {GrpcCode::kUnknown, GrpcCode::kInvalidArgument, GrpcCode::kNotFound,
        GrpcCode::kAlreadyExists, GrpcCode::kPermissionDenied, GrpcCode::kResourceExhausted,
        GrpcCode::kFailedPrecondition, GrpcCode::kUnimplemented, GrpcCode::kInternal,
        GrpcCode::kUnauthenticated, static_cast<GrpcCode>(42), static_cast<GrpcCode>(-1)}) {
    EXPECT_FALSE(is_retryable(error_of_grpc(code, "m", ""))) << grpc_code_name(code);
  }
}

TEST(Status, ExhaustedIsRetriedOnlyIfThePeerSaysWhen) {
  std::string details = rpc_status_proto({Code::kTooLarge, "quota", milliseconds(2500)});
  Error error = error_of_grpc(GrpcCode::kResourceExhausted, "quota", details);
  EXPECT_EQ(error.code, Code::kUnavailable);
  EXPECT_EQ(error.retry_after, milliseconds(2500));
  EXPECT_EQ(error_of_grpc(GrpcCode::kResourceExhausted, "quota", "").code, Code::kTooLarge);
}

TEST(Status, NamesThePeersCode) {
  EXPECT_EQ(error_of_grpc(GrpcCode::kPermissionDenied, "go away", "").message,
            "PERMISSION_DENIED: go away");
  EXPECT_EQ(grpc_code_name(static_cast<GrpcCode>(42)), "CODE_42");
}

TEST(Status, SurvivesDetailsCutAnywhere) {
  std::string details = rpc_status_proto({Code::kUnavailable, "full", milliseconds(1500)});
  for (size_t size = 0; size < details.size(); ++size) {
    Error error = error_of_grpc(GrpcCode::kUnavailable, "full", details.substr(0, size));
    EXPECT_EQ(error.code, Code::kUnavailable);
    EXPECT_LE(error.retry_after.value_or(milliseconds(0)), milliseconds(1500)) << size;
  }
}

TEST(Status, BoundsWhatAPeerMayAskFor) {
  // seconds = 2^62, and a negative one.
  std::string any_head = "\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12"s;
  auto details = [&](std::string duration) {
    std::string info = "\x0a"s + static_cast<char>(duration.size()) + duration;
    std::string any = any_head + static_cast<char>(info.size()) + info;
    return "\x1a"s + static_cast<char>(any.size()) + any;
  };
  auto huge = details("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40"s);
  EXPECT_EQ(error_of_grpc(GrpcCode::kUnavailable, "", huge).retry_after, std::chrono::hours(24));
  auto negative = details("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
  EXPECT_EQ(error_of_grpc(GrpcCode::kUnavailable, "", negative).retry_after, milliseconds(0));
}

TEST(HttpStatus, OnlyFourAreWorthAnotherTry) {
  for (int status : {429, 502, 503, 504})
    EXPECT_EQ(error_of_http(status, "", "", {}).code, Code::kUnavailable) << status;
  for (int status : {301, 400, 401, 403, 404, 408, 413, 415, 500, 501, 505})
    EXPECT_FALSE(is_retryable(error_of_http(status, "", "", {}))) << status;
  EXPECT_EQ(error_of_http(401, "", "", {}).code, Code::kUnauthenticated);
}

TEST(HttpStatus, QuotesThePeerOnOneBoundedLine) {
  EXPECT_EQ(error_of_http(500, "text/html", "  no\r\nway\n", {}).message, "HTTP 500: no  way");
  EXPECT_EQ(error_of_http(500, "", "", {}).message, "HTTP 500");
  EXPECT_LT(error_of_http(500, "", std::string(100'000, 'x'), {}).message.size(), 400u);
  std::string status = rpc_status_proto({Code::kInvalid, "bad spans"});
  EXPECT_EQ(error_of_http(400, "application/x-protobuf", status, {}).message,
            "HTTP 400: bad spans");
}

TEST(HttpStatus, RetryAfterGoesBeforeRetryInfo) {
  using namespace std::chrono_literals;
  std::string status = rpc_status_proto({Code::kUnavailable, "full", 3s});
  EXPECT_EQ(error_of_http(503, "application/x-protobuf", status, {}).retry_after, 3s);
  EXPECT_EQ(error_of_http(503, "application/x-protobuf", status, 5s).retry_after, 5s);
  EXPECT_EQ(error_of_http(503, "", "", std::chrono::hours(9999)).retry_after, 24h);
  EXPECT_FALSE(error_of_http(503, "", "", {}).retry_after.has_value());
}

}  // namespace
}  // namespace clew::net
