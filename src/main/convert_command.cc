#include "main/convert_command.h"

#include <fmt/format.h>

#include "main/config_file.h"
#include "main/convert/convert.h"

namespace clew {

ConvertCommand::ConvertCommand(CLI::App& agent)
    : command_(agent.add_subcommand(
          "convert",
          "Write a Grafana Agent's or OpenTelemetry Collector's configuration as Clew's")) {
  command_->add_option("FILE", file_, "The other agent's YAML file")->required();
  command_->footer(
      "Prints the configuration; on stderr, line by line of FILE, what it could not take over.\n"
      "Ends with 0 if all was taken over, 2 if parts were not, 1 if FILE cannot be read.");
}

int ConvertCommand::execute() const {
  auto text = read_file(file_);
  auto converted = text ? convert::convert(file_, *text)
                        : Result<convert::Conversion>(std::unexpected(text.error()));
  if (!converted) {
    fmt::print(stderr, "clew agent convert: {}\n", converted.error().message);
    return 1;
  }
  fmt::print("{}", converted->yaml);
  for (const std::string& line : converted->left_out) fmt::print(stderr, "{}\n", line);
  return converted->left_out.empty() ? 0 : 2;
}

}  // namespace clew
