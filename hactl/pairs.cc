#include "hactl/pairs.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "hactl/session.h"

namespace hactl {
namespace {

bool is_pair(const std::string& word) {
  return word.find('=') != std::string::npos || word.ends_with('-');
}

}  // namespace

Result<PairedWords> parse_pairs(const std::vector<std::string>& words, std::string_view changes) {
  PairedWords result;
  const auto first = std::ranges::find_if(words, is_pair);
  Result<Targets> targets = parse_targets({words.begin(), first});
  if (!targets.ok()) return targets.error();
  result.targets = std::move(*targets);
  for (auto word = first; word != words.end(); ++word) {
    if (!is_pair(*word)) {
      return local_error(
          fmt::format("all resources must be specified before {} changes: {}", changes, *word));
    }
    const std::size_t equals = word->find('=');
    Pair pair;
    if (equals == std::string::npos) {
      pair.key = word->substr(0, word->size() - 1);
    } else {
      pair.key = word->substr(0, equals);
      pair.value = word->substr(equals + 1);
    }
    if (pair.key.empty()) return local_error(fmt::format("invalid {}: {}", changes, *word));
    if (std::ranges::find(result.pairs, pair.key, &Pair::key) != result.pairs.end()) {
      return local_error(
          fmt::format("can not both modify and remove or modify twice a {} in the "
                      "same command: {}",
                      changes, pair.key));
    }
    result.pairs.push_back(std::move(pair));
  }
  return result;
}

}  // namespace hactl
