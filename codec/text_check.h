// Whether bytes from outside are text: UTF-8, and nothing that a terminal or a parser would obey.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/document.h"

namespace hactl {

struct TextFault {
  Mark mark;
  std::string message;
};

/// The first byte that is not UTF-8, or control character other than tab and line end; nullopt:
/// none. A byte order mark may only come first.
std::optional<TextFault> find_text_fault(std::string_view text);

/// Whether a value has a control character other than tab and line end. Requires UTF-8.
bool has_control_characters(std::string_view value);

}  // namespace hactl
