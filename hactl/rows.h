// The rows of `hactl get`: what each column shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "hactl/formation_item.h"
#include "hactl/resources.h"
#include "hactl/table.h"
#include "model/status.h"

namespace hactl {

enum class TableWidth { narrow, wide };

/// The heading of a table of such things; narrow ones fit 80 columns.
Table::Row heading_of(Resource resource, TableWidth width);

/// The row for an object as the server shows it. Errors: corrupt.
Result<Table::Row> row_of(Resource resource, const nlohmann::json& object, TableWidth width);

/// NAME PRIMARY SYNC NODES AVAILABLE DURABLE CONVERGED AGE; wide: EPOCH PHASE PREFERRED MESSAGE.
/// NODES is healthy/all; SYNC is "1/2" for "one of two standbys", "none" when commits wait for
/// nobody; MESSAGE is of the first condition that is not as it should be.
Table::Row formation_row(const FormationItem& item, UtcTime now, TableWidth width);

/// NAME REGION ROLE GOAL STATE PRIO LAG HEALTHY; wide: BEHIND QUORUM TLI LSN HOST PORT HEARD
/// RULE MESSAGE.
Table::Row node_row(const NodeStatus& node, TableWidth width);

/// LAST SEEN, TYPE, REASON, OBJECT, MESSAGE; wide: RULE, EPOCH, INVOLVED, NAME.
Table::Row event_row(const Event& event, UtcTime now, TableWidth width);

/// "True", "False" or "Unknown"; the last also when there is no such condition.
std::string condition_text(const FormationStatus& status, std::string_view type);

/// How long ago, as kubectl prints ages; "<unknown>" when it is not known.
std::string age_since(std::optional<UtcTime> start, UtcTime now);

/// "4096B", "12KiB": five digits at most.
std::string bytes_text(std::uint64_t bytes);

/// The time now, for ages.
UtcTime utc_now();

}  // namespace hactl
