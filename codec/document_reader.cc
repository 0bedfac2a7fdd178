#include "codec/document_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "codec/nearest_word.h"

namespace hactl {
namespace {

using Kind = DocumentNode::Kind;

constexpr std::size_t kShownBytesMax = 60;

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// A value as messages show it, cut short between characters.
std::string shown(const DocumentNode& node) {
  if (node.kind == Kind::list) return "a list";
  if (node.kind == Kind::map) return "a map";
  if (node.kind == Kind::null) return "nothing";
  std::string text = node.text;
  if (text.size() > kShownBytesMax) {
    std::size_t end = kShownBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
      --end;
    text = text.substr(0, end) + "…";
  }
  return node.kind == Kind::text || text.empty() ? quoted(text) : text;
}

bool is_whole_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<int> read_number(const Place& place, int low, int high) {
  const DocumentNode& node = place.node;
  const bool whole = is_whole_number(node.text);
  if (node.kind == Kind::text && whole) {
    place.fail(shown(node) + " is a string; write it without quotes");
    return std::nullopt;
  }
  if ((node.kind != Kind::plain && node.kind != Kind::number) || !whole) {
    place.fail(shown(node) + " is not a whole number");
    return std::nullopt;
  }
  int number = 0;
  const auto [end, error] =
      std::from_chars(node.text.data(), node.text.data() + node.text.size(), number);
  if (error == std::errc::result_out_of_range) {
    place.fail(shown(node) + " is too large a number");
    return std::nullopt;
  }
  if (error != std::errc{} || number < low || number > high) {
    place.fail(shown(node) + " is not between " + std::to_string(low) + " and " +
               std::to_string(high));
    return std::nullopt;
  }
  return number;
}

std::string unknown_field(const std::string& key, const std::vector<std::string>& known) {
  const std::string near = nearest_word(key, known);
  if (!near.empty()) return "unknown field; did you mean " + quoted(near) + "?";
  std::string list;
  for (const std::string& name : known)
    list += (list.empty() ? "" : ", ") + name;
  return "unknown field; known here are " + list;
}

std::vector<SpecProblem> in_order(std::vector<SpecProblem> problems) {
  std::ranges::stable_sort(problems, {}, [](const SpecProblem& problem) {
    return std::pair(problem.line, problem.column);
  });
  return problems;
}

/// Whether `part` is `whole` or lies within it.
bool within(std::string_view part, std::string_view whole) {
  if (!part.starts_with(whole)) return false;
  return part.size() == whole.size() || whole.empty() || part[whole.size()] == '.' ||
         part[whole.size()] == '[';
}

}  // namespace

void Findings::add(const std::string& path, Mark mark, std::string message) {
  problems_.push_back({file_, mark.line, mark.column, path, std::move(message)});
}

void Findings::add(const std::string& path, std::string message) {
  add(path, mark_of(path), std::move(message));
}

bool Findings::spoilt(const std::string& path) const {
  return std::ranges::any_of(
      problems_, [&](const SpecProblem& problem) { return within(path, problem.field); });
}

Mark Findings::mark_of(const std::string& path) const {
  std::string at = path;
  while (true) {
    const auto found = marks_.find(at);
    if (found != marks_.end()) return found->second;
    if (at.empty()) return {};
    const auto cut = at.find_last_of(".[");
    at.resize(cut == std::string::npos ? 0 : cut);
  }
}

void Findings::add_unknown(const std::string& path, Mark mark, std::string message) {
  std::vector<SpecProblem>& list = strictness_ == Strictness::strict ? problems_ : ignored_;
  list.push_back({file_, mark.line, mark.column, path, std::move(message)});
}

std::vector<SpecProblem> Findings::take() {
  return in_order(std::move(problems_));
}

std::vector<SpecProblem> Findings::take_ignored() {
  return in_order(std::move(ignored_));
}

void Place::fail(std::string message) const {
  findings.add(path, node.mark, std::move(message));
}

std::string joined(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

void read_text(const Place& place, std::string& out) {
  if (place.node.kind == Kind::plain || place.node.kind == Kind::text) {
    out = place.node.text;
  } else {
    place.fail(shown(place.node) + " is not a string");
  }
}

void read_bool(const Place& place, bool& out) {
  const DocumentNode& node = place.node;
  const bool word = node.text == "true" || node.text == "false";
  if (word && node.kind == Kind::text) {
    place.fail(shown(node) + " is a string; write it without quotes");
  } else if (word && (node.kind == Kind::plain || node.kind == Kind::boolean)) {
    out = node.text == "true";
  } else {
    place.fail(shown(node) + " is not true or false");
  }
}

void read_int(const Place& place, int& out) {
  constexpr int high = std::numeric_limits<int>::max();
  if (const auto number = read_number(place, -high, high)) out = *number;
}

void read_port(const Place& place, std::uint16_t& out) {
  if (const auto number = read_number(place, 1, 65535)) out = static_cast<std::uint16_t>(*number);
}

void read_scalar(const Place& place, std::string& out) {
  const Kind kind = place.node.kind;
  if (kind == Kind::list || kind == Kind::map) {
    place.fail(shown(place.node) + " is not one value");
  } else if (kind == Kind::null) {
    place.fail("has no value");
  } else {
    out = place.node.text;
  }
}

void read_list(const Place& place, const std::function<void(const Place&)>& entry) {
  if (place.node.kind == Kind::null) return;
  if (place.node.kind != Kind::list) {
    place.fail(shown(place.node) + " is not a list");
    return;
  }
  for (std::size_t i = 0; i < place.node.items.size(); ++i) {
    const DocumentNode& item = place.node.items[i];
    const std::string path = place.path + "[" + std::to_string(i) + "]";
    place.findings.saw(path, item.mark);
    entry({item, path, place.findings});
  }
}

void read_map(const Place& place,
              const std::function<void(const std::string& key, const Place&)>& entry) {
  if (place.node.kind == Kind::null) return;
  if (place.node.kind != Kind::map) {
    place.fail(shown(place.node) + " is not a map");
    return;
  }
  for (std::size_t i = 0; i < place.node.items.size(); ++i) {
    const std::string& key = place.node.keys[i].text;
    const std::string path = joined(place.path, key);
    place.findings.saw(path, place.node.items[i].mark);
    entry(key, {place.node.items[i], path, place.findings});
  }
}

Fields::Fields(const Place& place) : place_(place) {
  if (place.node.kind == Kind::map || (place.node.kind == Kind::null && !place.path.empty()))
    return;
  place.fail(shown(place.node) + " is not a map");
}

std::optional<Place> Fields::find(std::string_view key) {
  known_.emplace_back(key);
  const DocumentNode* found = place_.node.find(known_.back());
  if (found == nullptr) return std::nullopt;
  const std::string path = joined(place_.path, key);
  place_.findings.saw(path, found->mark);
  if (found->kind == Kind::null) return std::nullopt;
  return Place{*found, path, place_.findings};
}

void Fields::finish() const {
  for (const DocumentKey& key : place_.node.keys) {
    const bool known = std::ranges::find(known_, key.text) != known_.end() ||
                       std::ranges::find(ignored_, key.text) != ignored_.end();
    if (known) continue;
    place_.findings.add_unknown(joined(place_.path, key.text), key.mark,
                                unknown_field(key.text, known_));
  }
}

}  // namespace hactl
