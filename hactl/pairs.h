// The words of `set`, `label` and `annotate`: what is changed, and to what.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hactl/resources.h"

namespace hactl {

/// "key=value", or "key-": take it away.
struct Pair {
  std::string key{};
  std::optional<std::string> value{};
};

struct PairedWords {
  Targets targets{};
  std::vector<Pair> pairs{};
};

/// Reads "node paris-a key=value other-". `changes` is what the pairs are, for errors: "label
/// update". Errors: invalid, as for parse_targets(), and when there is no pair or a key twice.
Result<PairedWords> parse_pairs(const std::vector<std::string>& words, std::string_view changes);

}  // namespace hactl
