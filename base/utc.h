// UtcTime as text, RFC 3339 as Kubernetes writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace hactl {

/// "2026-11-23T09:30:00Z"; with milliseconds "2026-11-23T09:30:00.123Z" when they are not zero.
std::string to_string(UtcTime time);

/// Parses what to_string() writes; nullopt for anything else.
std::optional<UtcTime> parse_utc(std::string_view text);

/// A length of time as kubectl prints ages: "45s", "5m32s", "3h12m", "3d4h", "12d".
std::string age_text(std::chrono::milliseconds age);

}  // namespace hactl
