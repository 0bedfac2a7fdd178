// Which PostgreSQL parameters a formation may set, and why not the others.
#pragma once

#include <string>
#include <string_view>

namespace hactl {

/// Why `spec.postgres.parameters` may not set `name` to `value`; empty: it may. Requires nothing of
/// either: names that PostgreSQL does not know are its own to refuse.
std::string parameter_objection(std::string_view name, std::string_view value);

}  // namespace hactl
