// gRPC server reflection: what lets grpcurl and its like call a server whose protos they lack.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/grpc_server.h"

namespace clew::net {

/// A FileDescriptorSet by file and by what its files define: services, methods, messages, fields
/// of messages, enums. The bytes must outlive it. Immutable; any thread.
class Descriptors {
 public:
  explicit Descriptors(std::string_view descriptor_set);

  /// The FileDescriptorProto of that name, then those of the files that it imports, each once.
  /// Empty if there is no such file.
  std::vector<std::string_view> file(std::string_view name) const;
  /// The same, of the file that defines a full name ("package.Service.Method").
  std::vector<std::string_view> file_of(std::string_view symbol) const;

 private:
  struct File {
    std::string_view bytes;
    std::vector<std::string> imports;
  };
  void add_file(std::string_view bytes);

  std::map<std::string, File, std::less<>> files_;
  std::map<std::string, std::string, std::less<>> symbols_;  // full name → file
};

/// Answers one serialized ServerReflectionRequest; what cannot be found is told in the answer, so
/// kMalformed is the only error. Messages are alike in v1 and v1alpha.
/// Source: grpc-proto grpc/reflection/v1/reflection.proto.
Result<std::string> reflection_answer(const Descriptors& descriptors,
                                      const std::vector<std::string>& services,
                                      std::string_view request);

/// Adds grpc.reflection.v1.ServerReflection and v1alpha, which list the services that `methods` has
/// by now, so this comes last. `descriptor_set` describes them and must outlive the server.
void add_reflection(GrpcMethods& methods, std::string_view descriptor_set);

}  // namespace clew::net
