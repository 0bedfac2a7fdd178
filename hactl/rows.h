// The rows of `hactl get`: what each column shows.
#pragma once

#include "base/time.h"
#include "hactl/formation_item.h"
#include "hactl/table.h"
#include "model/status.h"

namespace hactl {

enum class TableWidth { narrow, wide };

/// NAME PRIMARY SYNC NODES EPOCH AVAILABLE DURABLE CONVERGED AGE; wide: PHASE PREFERRED MESSAGE.
Table::Row formation_heading(TableWidth width);
/// NODES is healthy/all; SYNC is "1/2" for "one of two standbys", "none" when commits wait for
/// nobody; MESSAGE is of the first condition that is not as it should be.
Table::Row formation_row(const FormationItem& item, UtcTime now, TableWidth width);

/// NAME REGION ROLE GOAL STATE PRIORITY QUORUM TLI LSN LAG HEALTHY; wide: HOST PORT HEARD RULE
/// MESSAGE.
Table::Row node_heading(TableWidth width);
Table::Row node_row(const NodeStatus& node, TableWidth width);

/// LAST-SEEN TYPE REASON OBJECT MESSAGE; wide: RULE EPOCH INVOLVED NAME.
Table::Row event_heading(TableWidth width);
Table::Row event_row(const Event& event, UtcTime now, TableWidth width);

/// "True", "False" or "Unknown"; the last also when there is no such condition.
std::string condition_text(const FormationStatus& status, std::string_view type);

/// The time now, for ages.
UtcTime utc_now();

}  // namespace hactl
