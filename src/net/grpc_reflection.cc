#include "net/grpc_reflection.h"

#include <deque>
#include <memory>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <set>

#include "net/status.h"

namespace clew::net {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;

std::string_view view_of(pbf_reader& in) {
  auto view = in.get_view();
  return {view.data(), view.size()};
}

/// The texts of one field of a message.
std::vector<std::string> texts_of(std::string_view message, protozero::pbf_tag_type tag) {
  std::vector<std::string> texts;
  for (pbf_reader in(message.data(), message.size()); in.next(tag);)
    texts.emplace_back(view_of(in));
  return texts;
}

/// The name of a descriptor of any kind, which is its first field, behind that of its scope.
std::string name_in(const std::string& scope, std::string_view descriptor) {
  auto names = texts_of(descriptor, 1);
  std::string name = names.empty() ? "" : names.back();
  return scope.empty() ? name : scope + "." + name;
}

/// Calls found(full name) for a message, its fields, and the messages and enums in it.
template <typename Found>
void visit_message(const std::string& scope, std::string_view message, const Found& found) {
  std::string name = name_in(scope, message);
  found(name);
  for (pbf_reader in(message.data(), message.size()); in.next();) {
    switch (in.tag()) {
      case 2:  // field
      case 4:  // enum_type
        found(name_in(name, view_of(in)));
        break;
      case 3:
        visit_message(name, view_of(in), found);
        break;
      default:
        in.skip();
    }
  }
}

template <typename Found>
void visit_symbols(std::string_view file, const std::string& package, const Found& found) {
  for (pbf_reader in(file.data(), file.size()); in.next();) {
    switch (in.tag()) {
      case 4:
        visit_message(package, view_of(in), found);
        break;
      case 5:
        found(name_in(package, view_of(in)));
        break;
      case 6: {
        std::string_view service = view_of(in);
        std::string name = name_in(package, service);
        found(name);
        for (pbf_reader methods(service.data(), service.size()); methods.next(2);)
          found(name_in(name, view_of(methods)));
        break;
      }
      default:
        in.skip();
    }
  }
}

void write_error(pbf_writer& answer, GrpcCode code, std::string_view message) {
  pbf_writer error(answer, 7);
  error.add_int32(1, static_cast<int32_t>(code));
  error.add_string(2, message.data(), message.size());
}

void write_files(pbf_writer& answer, const std::vector<std::string_view>& files,
                 std::string_view what, std::string_view name) {
  if (files.empty())
    return write_error(answer, GrpcCode::kNotFound,
                       fmt::format("this server has no {} \"{}\"", what, name));
  pbf_writer response(answer, 4);
  for (std::string_view file : files) response.add_bytes(1, file.data(), file.size());
}

void write_services(pbf_writer& answer, const std::vector<std::string>& services) {
  pbf_writer response(answer, 6);
  for (const std::string& name : services) pbf_writer(response, 1).add_string(1, name);
}

/// What a request asks; the last field of its oneof counts.
struct Question {
  std::string_view host;
  protozero::pbf_tag_type kind = 0;
  std::string_view name;
};

Question read_question(std::string_view request) {
  Question question;
  for (pbf_reader in(request.data(), request.size()); in.next();) {
    if (in.wire_type() != protozero::pbf_wire_type::length_delimited) {
      in.skip();
      continue;
    }
    auto tag = in.tag();
    std::string_view content = view_of(in);
    if (tag == 1) question.host = content;
    if (tag < 3 || tag > 7) continue;
    question.kind = tag;
    question.name = content;
  }
  return question;
}

}  // namespace

Descriptors::Descriptors(std::string_view descriptor_set) {
  for (pbf_reader in(descriptor_set.data(), descriptor_set.size()); in.next(1);)
    add_file(view_of(in));
}

void Descriptors::add_file(std::string_view bytes) {
  auto packages = texts_of(bytes, 2);
  std::string name = name_in("", bytes);
  visit_symbols(bytes, packages.empty() ? "" : packages.back(),
                [&](const std::string& symbol) { symbols_.emplace(symbol, name); });
  files_.emplace(name, File{bytes, texts_of(bytes, 3)});
}

std::vector<std::string_view> Descriptors::file(std::string_view name) const {
  std::vector<std::string_view> found;
  std::set<std::string_view> seen = {name};
  std::deque<std::string_view> wanted = {name};
  for (; !wanted.empty(); wanted.pop_front()) {
    auto at = files_.find(wanted.front());
    if (at == files_.end()) continue;
    found.push_back(at->second.bytes);
    for (const std::string& import : at->second.imports)
      if (seen.insert(import).second) wanted.push_back(import);
  }
  return found;
}

std::vector<std::string_view> Descriptors::file_of(std::string_view symbol) const {
  auto at = symbols_.find(symbol);
  return at == symbols_.end() ? std::vector<std::string_view>() : file(at->second);
}

Result<std::string> reflection_answer(const Descriptors& descriptors,
                                      const std::vector<std::string>& services,
                                      std::string_view request) {
  Question question;
  try {
    question = read_question(request);
  } catch (const protozero::exception& damage) {
    return fail(Code::kMalformed, "the request is no ServerReflectionRequest: {}", damage.what());
  }
  std::string bytes;
  pbf_writer answer(bytes);
  answer.add_string(1, question.host.data(), question.host.size());
  answer.add_bytes(2, request.data(), request.size());
  switch (question.kind) {
    case 3:
      write_files(answer, descriptors.file(question.name), "file", question.name);
      break;
    case 4:
      write_files(answer, descriptors.file_of(question.name), "symbol", question.name);
      break;
    case 7:
      write_services(answer, services);
      break;
    case 5:
    case 6:
      write_error(answer, GrpcCode::kNotFound, "this server has no extensions");
      break;
    default:
      write_error(answer, GrpcCode::kInvalidArgument,
                  "the request asks nothing: set file_by_filename, file_containing_symbol or "
                  "list_services");
  }
  return bytes;
}

void add_reflection(GrpcMethods& methods, std::string_view descriptor_set) {
  auto descriptors = std::make_shared<const Descriptors>(descriptor_set);
  auto services = std::make_shared<std::vector<std::string>>(methods.services());
  GrpcStreamFactory factory = [descriptors, services](GrpcStream stream) {
    auto on_message = [descriptors, services, stream](const SharedBytes& request) mutable {
      auto answer = reflection_answer(*descriptors, *services, request.view());
      if (!answer) return stream.end(std::unexpected(answer.error()));
      stream.send(*std::move(answer));
    };
    return GrpcStreamHandler{.on_message = std::move(on_message), .on_close = {}};
  };
  for (const char* package : {"grpc.reflection.v1", "grpc.reflection.v1alpha"}) {
    services->push_back(fmt::format("{}.ServerReflection", package));
    methods.stream(fmt::format("/{}/ServerReflectionInfo", services->back()), factory);
  }
}

}  // namespace clew::net
