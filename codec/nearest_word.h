// "did you mean …?": which known word somebody may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hactl {

/// Of `known` the word that `word` differs from least, in letters added, left out or changed; case,
/// hyphens and underscores count for nothing. Empty: none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace hactl
