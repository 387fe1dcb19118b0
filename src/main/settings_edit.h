// The agent's settings of what it changes in passing: `normalize` and `place`.
#pragma once

#include "agent/edit/editor.h"
#include "main/setting.h"

namespace clew {

/// Adds them; `edits` must outlive the settings.
void add_edit_settings(Settings& settings, agent::EditOptions& edits);

}  // namespace clew
