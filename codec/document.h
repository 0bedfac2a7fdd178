// A document of either notation as a tree of plain values that know where they stood. YAML leaves
// open what a plain word is; the decoder decides by what the field wants, so `no` can be a name.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hactl {

/// A place in a text, counting from 1; 0: none.
struct Mark {
  int line = 0;
  int column = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};

struct DocumentKey {
  std::string text;
  Mark mark;
};

struct DocumentNode {
  enum class Kind {
    null,     ///< Nothing, `~` or `null`: counts as not given.
    plain,    ///< YAML without quotes: a number, a truth value or text.
    text,     ///< In quotes.
    number,   ///< JSON number.
    boolean,  ///< JSON true or false.
    list,
    map,
  };
  Kind kind = Kind::null;
  Mark mark;
  std::string text;                 ///< Of anything but lists and maps.
  std::vector<DocumentKey> keys;    ///< Of a map: keys[i] belongs to items[i].
  std::vector<DocumentNode> items;  ///< Of a list or map.

  /// The value of a key; of several the last.
  [[nodiscard]] const DocumentNode* find(const std::string& key) const {
    for (std::size_t i = keys.size(); i > 0; --i) {
      if (keys[i - 1].text == key) return &items[i - 1];
    }
    return nullptr;
  }
};

}  // namespace hactl
