// gRPC reflection of the services that a store serves.
#pragma once

#include "net/grpc_server.h"

namespace clew::api {

/// Adds it for the services that `methods` has by now, so this comes last.
void add_reflection(net::GrpcMethods& methods);

}  // namespace clew::api
