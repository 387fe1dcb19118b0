#include "api/reflection.h"

#include "net/grpc_reflection.h"

// A FileDescriptorSet, compiled in by cmake/query_api.cmake.
extern "C" const char clew_query_api_begin[];
extern "C" const char clew_query_api_end[];

namespace clew::api {

void add_reflection(net::GrpcMethods& methods) {
  net::add_reflection(methods, {clew_query_api_begin,
                                static_cast<size_t>(clew_query_api_end - clew_query_api_begin)});
}

}  // namespace clew::api
