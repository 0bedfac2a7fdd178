// Which PostgreSQL parameters a formation may set, and why not the others.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hactl {

/// Why `spec.postgres.parameters` may not set `name` to `value`; empty: it may. Requires nothing of
/// either: names that PostgreSQL does not know are its own to refuse.
std::string parameter_objection(std::string_view name, std::string_view value);

/// Whether a change of it waits for a restart of the server. Source: pg_settings of PostgreSQL 15,
/// context "postmaster". A library's own parameters are taken not to.
bool takes_a_restart(std::string_view name);

/// Names that only one has, or both with different values, in order.
std::vector<std::string> changed_parameters(const std::map<std::string, std::string>& before,
                                            const std::map<std::string, std::string>& after);

}  // namespace hactl
