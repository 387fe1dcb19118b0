#include "mesh/control/shared_state.h"

#include <filesystem>
#include <utility>

#include "base/disk.h"
#include "base/limits.h"
#include "base/log.h"

namespace clew::mesh {
namespace {

namespace fs = std::filesystem;
using sync::Contents;
using sync::Item;
using sync::ItemKey;
using sync::ItemPtr;

/// Nothing if there is no such file.
std::optional<std::string> content_of(const std::string& path) {
  auto file = Disk::system().open_read(path);
  if (!file || (*file)->size() > limits::kIdentityStateBytes) return std::nullopt;
  auto text = (*file)->read(0, (*file)->size());
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

std::string text_of(const TokenEntry& entry) {
  return Json{{"subject", entry.subject},
              {"grant", entry.grant},
              {"created", entry.created},
              {"expires", entry.expires}}
      .dump();
}

std::optional<TokenEntry> entry_of(const Item& item) {
  Json json = Json::parse(item.content, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  auto time = [&](const char* name) {
    auto found = json.find(name);
    return found != json.end() && found->is_number_unsigned() ? found->get<UnixNanos>()
                                                              : UnixNanos{0};
  };
  return TokenEntry{text_at(json, "subject"), text_at(json, "grant"), time("created"),
                    time("expires")};
}

ItemKey token_key(const std::string& digest) {
  return {std::string(sync::kProxyToken), "", digest};
}

ItemKey status_key(const ResourceKey& dataplane) {
  return {std::string(sync::kProxyStatus), dataplane.mesh, dataplane.name};
}

void complain(const char* what, const Result<void>& done) {
  if (!done) log::error("mesh: {}: {}", what, done.error().message);
}

}  // namespace

void SharedState::start() {
  if (is_zone())
    parts_.gate.tokens().watch([this](const std::vector<TokenChange>& changes) {
      Contents contents;
      for (const auto& [digest, entry] : changes)
        contents[token_key(digest)] = entry ? text_of(*entry) : "";
      return parts_.node.write(zone(), contents);
    });
  parts_.node.start(
      [this](const std::string& scope, const std::vector<ItemPtr>& items) { take(scope, items); },
      [this] { tick(); });
}

void SharedState::take(const std::string& scope, const std::vector<ItemPtr>& items) {
  std::vector<ItemPtr> tokens;
  for (const ItemPtr& item : items) {
    const std::string& kind = item->key.kind;
    if (kind == sync::kKeyFile && is_zone())
      complain("a key of the mesh cannot be used", take_key_file(*item));
    if (kind == sync::kProxyToken && is_zone() && scope == zone()) tokens.push_back(item);
    if (kind != sync::kProxyStatus) continue;
    Json status = Json::parse(item->content, nullptr, false);
    std::lock_guard lock(mutex_);
    ResourceKey key{"Dataplane", item->key.mesh, item->key.name};
    // What the global one calls a Dataplane whose name several zones use: view.h.
    if (!is_zone() && parts_.store.world()->find({"Dataplane", key.mesh, scope + "/" + key.name}))
      key.name = scope + "/" + key.name;
    if (status.is_object())
      status_[key] = std::move(status);
    else
      status_.erase(key);
  }
  if (!tokens.empty()) take_tokens(tokens);
}

std::optional<Json> SharedState::proxy(const ResourceKey& dataplane) const {
  std::lock_guard lock(mutex_);
  auto found = status_.find(dataplane);
  if (found == status_.end() || found->second.value("connected", Json()) != true)
    return std::nullopt;
  const Json& status = found->second;
  return Json{{"status", "elsewhere"},
              {"elsewhere", text_at(status, "control_plane")},
              {"envoy", text_at(status, "envoy")},
              {"connected_unix_nano", status.value("since", Json(0))}};
}

// Keys.

Result<void> SharedState::take_key_file(const Item& item) {
  const std::string& mesh = item.key.mesh;
  if (item.deleted()) return {};  // without it nobody could go on
  bool named = !mesh.empty() && mesh.find('/') == mesh.npos && !mesh.starts_with('.');
  bool authority = item.key.name == "authority";
  if (!named || (!authority && item.key.name != "debug"))
    return fail(Code::kMalformed, "there is no key file {} of a mesh \"{}\"", item.key.name, mesh);
  std::string path =
      authority ? parts_.identities.file_of(mesh) : parts_.debug_tokens.file_of(mesh);
  if (content_of(path) == item.content) return {};
  if (auto put = replace_private_file(Disk::system(), path, item.content); !put) return put;
  if (authority) return parts_.identities.reload(mesh);
  parts_.debug_tokens.reload(mesh);
  parts_.planner.renew_debug_key(mesh);
  return {};
}

/// The global one has a key for every mesh, whether proxies of its own need it or not.
void SharedState::share_key_files() {
  for (const ResourcePtr& mesh : parts_.store.world()->of("Mesh")) {
    const std::string& name = mesh->key.name;
    std::string authority = parts_.identities.file_of(name);
    std::string debug = parts_.debug_tokens.file_of(name);
    bool first = key_files_.try_emplace(authority).second;
    // A Mesh that wanted one which was not given here may say otherwise later.
    if (first || !content_of(authority)) {
      auto made = parts_.identities.authority_of(*mesh);
      if (!made && first)
        log::warn("mesh: zones get no authority of {}: {}", name, made.error().message);
    }
    if (first) parts_.debug_tokens.public_keys(name);
    complain("an authority is not shared", share_key_file(name, authority));
    complain("a key of debug tokens is not shared", share_key_file(name, debug));
  }
}

Result<void> SharedState::share_key_file(const std::string& mesh, const std::string& path) {
  auto content = content_of(path);
  if (!content || key_files_[path] == *content) return {};
  bool authority = path == parts_.identities.file_of(mesh);
  ItemKey key{std::string(sync::kKeyFile), mesh, authority ? "authority" : "debug"};
  auto written = parts_.node.write(std::string(sync::kEverywhere), {{key, *content}});
  if (written) key_files_[path] = *std::move(content);
  return written;
}

// Tokens.

void SharedState::take_tokens(const std::vector<ItemPtr>& items) {
  auto known = parts_.gate.tokens().all();
  if (!known) return complain("tokens of proxies are not taken", std::unexpected(known.error()));
  std::set<std::string> here;
  for (const auto& [digest, entry] : *known) here.insert(digest);
  std::vector<TokenChange> changes;
  for (const ItemPtr& item : items) {
    std::optional<TokenEntry> entry = item->deleted() ? std::nullopt : entry_of(*item);
    bool expired = entry && entry->expires != 0 && entry->expires <= parts_.clock.now();
    if (expired) entry.reset();
    if (entry.has_value() != here.contains(item->key.name))
      changes.emplace_back(item->key.name, std::move(entry));
  }
  if (changes.empty()) return;
  complain("tokens of proxies are not taken", parts_.gate.tokens().change(changes));
}

/// Those that were made before the node was, or just before the last end; and forgets expired ones.
Result<void> SharedState::share_tokens() {
  auto known = parts_.gate.tokens().all();
  if (!known) return std::unexpected(known.error());
  Contents contents;
  for (const auto& [digest, entry] : *known) contents[token_key(digest)] = text_of(*entry);
  for (const ItemPtr& item : parts_.node.items(zone(), sync::kProxyToken)) {
    auto entry = entry_of(*item);
    bool expired = !entry || (entry->expires != 0 && entry->expires <= parts_.clock.now());
    if (expired) contents[item->key] = "";
  }
  return parts_.node.write(zone(), contents);
}

// Who is connected.

/// Says who has connected here, and of whom it was said that they are no more.
Result<void> SharedState::share_status() {
  const std::string& self = parts_.node.self().name;
  auto now = parts_.xds.connected();
  std::set<std::string> connected(now.begin(), now.end());
  Contents contents;
  for (const std::string& id : connected) {
    if (connected_.contains(id)) continue;
    auto key = dataplane_of(id);
    auto state = parts_.xds.state(id);
    if (!key || !state) continue;
    contents[status_key(*key)] = Json{
        {"connected", true},
        {"control_plane", self},
        {"since", state->connected_at},
        {"envoy",
         state->node.version}}.dump();
  }
  auto world = parts_.store.world();
  for (const ItemPtr& item : parts_.node.items(zone(), sync::kProxyStatus)) {
    ResourceKey dataplane{"Dataplane", item->key.mesh, item->key.name};
    if (connected.contains(proxy_id(dataplane))) continue;
    Json status = Json::parse(item->content, nullptr, false);
    // Of one that has moved to the other control plane that one speaks.
    bool ours = text_at(status, "control_plane") == self;
    if (!world->find(dataplane)) {
      contents[item->key] = "";
    } else if (ours && status.value("connected", Json()) == true) {
      status["connected"] = false;
      status["since"] = parts_.clock.now();
      contents[item->key] = status.dump();
    }
  }
  auto done = parts_.node.write(zone(), contents);
  if (done) connected_ = std::move(connected);
  return done;
}

void SharedState::tick() {
  if (!is_zone()) return share_key_files();
  if (!tokens_shared_) {
    auto done = share_tokens();
    complain("tokens of proxies are not shared", done);
    tokens_shared_ = done.has_value();
  }
  complain("the status of proxies is not shared", share_status());
}

}  // namespace clew::mesh
