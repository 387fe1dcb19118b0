// The agent's settings of what it changes in passing: `normalize`, `place` and
// `attributes`.
#pragma once

#include "agent/edit/editor.h"
#include "main/setting.h"

namespace clew {

/// Adds them; `edits` must outlive the settings.
void add_edit_settings(Settings& settings, agent::EditOptions& edits);

/// The section `attributes`, which only the file has.
Setting attributes_setting(std::vector<agent::AttributeAction>& actions);

}  // namespace clew
