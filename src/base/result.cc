#include "base/result.h"

namespace clew {

std::string_view name_of(Code code) {
  switch (code) {
    case Code::kMalformed:
      return "malformed";
    case Code::kTooLarge:
      return "too_large";
    case Code::kInvalid:
      return "invalid";
    case Code::kNotFound:
      return "not_found";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kTimeout:
      return "timeout";
    case Code::kUnauthenticated:
      return "unauthenticated";
    case Code::kRejected:
      return "rejected";
    case Code::kIo:
      return "io";
  }
  return "other";
}

}  // namespace clew
