// The formations that a user names with -f: a file, a directory of files, or standard input.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "codec/spec_problem.h"
#include "model/spec.h"

namespace hactl {

/// Formation files in one directory.
inline constexpr std::size_t kFilesMax = 256;
/// A password file holds one line.
inline constexpr std::size_t kPasswordBytesMax = 1024;

/// A formation and where it was read.
struct WrittenFormation {
  std::string file{};
  Formation formation{};
  /// What Strictness::lenient has let pass in the file; of its first formation only.
  std::vector<SpecProblem> ignored{};
};

/// Reads `path`: "-" is standard input; of a directory every .yaml, .yml and .json in the order of
/// their names. Errors: not_found, invalid with one "file:line:column: field: message" a problem.
Result<std::vector<WrittenFormation>> read_formations(const std::string& path,
                                                      Strictness strictness = Strictness::strict);

/// As read_formations(), for verbs that take exactly one.
Result<WrittenFormation> read_formation(const std::string& path);

/// What is sent to the controller: the formation, and the password of its password-file, which is
/// relative to the formation's file. Errors: not_found, invalid.
Result<nlohmann::json> request_body(const WrittenFormation& written);

}  // namespace hactl
