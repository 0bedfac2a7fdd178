// What somebody who changes a formation should know at once, although the change is made.
#pragma once

#include <string>
#include <vector>

#include "controller/store.h"
#include "model/record.h"
#include "model/spec.h"
#include "model/status.h"

namespace hactl {

/// Whether the writer has named the version that it changes, and so has seen what there was.
enum class WriterSaw { version, nothing };

/// Of a change from `before`, nullptr when there is none, to `after`, by line: what lint() finds
/// now and did not find before, nodes that are cordoned or drained no longer although the writer
/// may not know that they were, and that the change waits because the rollout is paused.
std::vector<std::string> warnings_of(const StoredFormation* before, const Formation& after,
                                     WriterSaw saw);

/// Of a formation that is to be deleted: the nodes that have data and are not heard, which nobody
/// can let go.
std::vector<std::string> warnings_of_deletion(const FormationRecord& record,
                                              const FormationStatus& status);

}  // namespace hactl
