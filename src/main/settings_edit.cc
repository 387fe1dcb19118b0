#include "main/settings_edit.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace clew {
namespace {

/// `auto` for the name of this machine. Not by default: in a container it is an ID that means
/// nothing tomorrow, and what an application says of its own host must not be guessed at.
Setting host_setting(std::string& place) {
  Setting setting = text_setting("place.host", "--place-host",
                                 "host.name, stamped on every resource that has none; auto: this "
                                 "machine's name",
                                 place);
  setting.set = [&place](std::string_view text) -> Result<void> {
    place = text;
    if (text != "auto") return {};
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0)
      return fail(Code::kIo, "cannot learn this machine's name: {}", std::strerror(errno));
    place = name.data();
    return {};
  };
  return setting;
}

}  // namespace

void add_edit_settings(Settings& settings, agent::EditOptions& edits) {
  settings.push_back(switch_setting("normalize", "--normalize",
                                    "Give Envoy's attributes their types, the names of the "
                                    "semantic conventions and errors a status",
                                    edits.normalize));
  auto place = [&](std::string key, std::string flag, std::string attribute, std::string& at) {
    settings.push_back(text_setting("place." + key, "--place-" + flag,
                                    attribute + ", stamped on every resource that has none", at));
  };
  place("region", "region", "cloud.region", edits.place.region);
  place("datacenter", "datacenter", "clew.datacenter", edits.place.datacenter);
  place("core_location", "core-location", "clew.core_location", edits.place.core_location);
  place("edge", "edge", "clew.edge", edits.place.edge);
  place("rack", "rack", "clew.rack", edits.place.rack);
  settings.push_back(host_setting(edits.place.host));
  settings.push_back(switch_setting("place.overwrite", "--place-overwrite",
                                    "Stamp it also on resources that name another place",
                                    edits.place.overwrite));
  settings.push_back(attributes_setting(edits.actions));
}

}  // namespace clew
