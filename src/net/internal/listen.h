// What HTTP and gRPC servers say when they cannot listen, and how many threads they take.
#pragma once

#include <boost/system/error_code.hpp>
#include <string>

#include "base/result.h"
#include "net/address.h"

namespace clew::net {

/// "cannot listen on 127.0.0.1:4317: address in use (is another clew running? choose another
/// address with --otlp-grpc)".
Error listen_error(const Address& address, const std::string& flag,
                   boost::system::error_code error);

/// Tries to bind the address, every one a name stands for, and lets it go again.
Result<void> can_listen(const Address& address, const std::string& flag);

/// `asked`, or if that is 0 the number of cores, at least 4 (some wait for others' work, e.g. that
/// of the disk) and at most 16.
int handler_thread_count(int asked);

}  // namespace clew::net
