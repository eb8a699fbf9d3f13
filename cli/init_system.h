// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>

#include "cli/init.h"

namespace sallyport::cli {

/// The content of a file; nothing if it cannot be opened.
std::optional<std::string> ReadText(const std::string& path);

/// This machine, for RunInit(). Questions go to standard error and are read from standard input, if
/// that is a terminal and `may_ask`.
InitWorld ThisMachine(bool may_ask);

}  // namespace sallyport::cli
