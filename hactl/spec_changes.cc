#include "hactl/spec_changes.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/spec_json.h"
#include "hactl/formation_item.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kCut = "...";

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

const Json& at(const Json& object, const std::string& key) {
  static const Json none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

const Json* named(const Json& list, const std::string& name) {
  const auto found =
      std::ranges::find_if(list, [&](const Json& entry) { return text_at(entry, "name") == name; });
  return found == list.end() ? nullptr : &*found;
}

// What is not given is a map without entries.
bool is_map(const Json& value) {
  return value.is_object() || value.is_null();
}

std::string value_text(const Json& value) {
  if (value.is_null()) return "unset";
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

class Comparison {
 public:
  void compare(const Json& before, const Json& after, const std::string& path) {
    if (before == after) return;
    if (is_map(before) && is_map(after)) return compare_objects(before, after, path);
    const bool lists = before.is_structured() || after.is_structured();
    lines_.push_back(
        lists ? path + " changed"
              : fmt::format("{}: {} -> {}", path, value_text(before), value_text(after)));
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  void compare_objects(const Json& before, const Json& after, const std::string& path) {
    std::set<std::string> keys;
    for (const Json* each : {&before, &after}) {
      for (const auto& [key, value] : each->items())
        keys.insert(key);
    }
    for (const std::string& key : keys) {
      const bool entries = key == "regions" || key == "nodes";
      if (entries) {
        compare_named(at(before, key), at(after, key), key.substr(0, key.size() - 1));
      } else {
        // Parameters are known by their own names.
        const bool alone = path.empty() || path == "postgres.parameters";
        compare(at(before, key), at(after, key), alone ? key : path + "." + key);
      }
    }
  }

  void compare_named(const Json& before, const Json& after, const std::string& what) {
    for (const Json& entry : before) {
      const std::string name = text_at(entry, "name");
      const Json* now = named(after, name);
      if (now == nullptr) {
        lines_.push_back(fmt::format("{} {} removed", what, name));
      } else {
        compare(entry, *now, name);
      }
    }
    for (const Json& entry : after) {
      const std::string name = text_at(entry, "name");
      if (named(before, name) == nullptr) lines_.push_back(fmt::format("{} {} added", what, name));
    }
  }

  std::vector<std::string> lines_{};
};

Json document(const FormationSpec& spec) {
  return formation_json(Formation{FormationName("x"), {}, {}, spec})["spec"];
}

}  // namespace

std::vector<std::string> spec_changes(const FormationSpec& before, const FormationSpec& after) {
  Comparison comparison;
  comparison.compare(document(before), document(after), "");
  std::vector<std::string> lines = comparison.take();
  // The order of nodes counts: of equal ones the first is chosen.
  if (lines.empty() && before != after) lines.emplace_back("the order of nodes changed");
  return lines;
}

std::string cut_short(const std::string& text, std::size_t columns) {
  const auto width = static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
  if (width <= columns || columns <= kCut.size()) return text;
  std::size_t end = 0;
  for (std::size_t shown = 0; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (shown++ == columns - kCut.size()) break;
  }
  return text.substr(0, end) + std::string(kCut);
}

}  // namespace hactl
