#include "codec/nearest_word.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace hactl {
namespace {

/// Longer keys are not compared with the known ones: nobody meant one of them.
constexpr std::size_t kComparedBytesMax = 40;

/// A key without what people write differently: case, hyphens and underscores.
std::string folded(std::string_view key) {
  std::string result;
  for (const char c : key) {
    if (c == '-' || c == '_') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

/// How many letters must be changed, added or taken away to make `a` into `b` (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kComparedBytesMax) return "";
  const std::string* best = nullptr;
  // Two letters exchanged are two changes; in very short words that is already another word.
  std::size_t best_distance = word.size() < 4 ? 2 : std::max<std::size_t>(word.size() / 3, 2) + 1;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(folded(word), folded(name));
    if (distance >= best_distance) continue;
    best = &name;
    best_distance = distance;
  }
  return best == nullptr ? "" : *best;
}

}  // namespace hactl
