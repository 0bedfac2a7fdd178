// The lab's copy of a formation file: hosts in 10.0.0.0/8 become loopback addresses and every node
// gets a data directory of its own, while comments and layout stay the user's.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"
#include "model/spec.h"

namespace hactl {

struct LabFile {
  std::string text{};
  Formation formation{};
};

/// \param text       The user's file.
/// \param formation  What was read from it.
/// \param directory  The lab's, absolute.
/// Errors: invalid when a host has no loopback address or is not one.
Result<LabFile> rewrite_for_loopback(std::string_view text, const Formation& formation,
                                     const std::string& directory);

/// `directory`/nodes/NAME/data.
std::string lab_data_directory(const std::string& directory, const NodeName& node);

/// 10.x.y.z as 127.x.y.z wherever it stands outside comments, and the address of pg_hba lines as
/// 127.0.0.0/8, because connections over loopback come from 127.0.0.1 whatever they go to.
std::string loopback_text(std::string_view text);

}  // namespace hactl
