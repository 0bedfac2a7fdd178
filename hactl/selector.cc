#include "hactl/selector.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace hactl {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// The parts between commas that are not within parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i == text.size() ? ',' : text[i];
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c != ',' || (depth > 0 && i < text.size())) continue;
    parts.push_back(trimmed(text.substr(start, i - start)));
    start = i + 1;
  }
  return parts;
}

Error faulty(std::string_view text, std::string_view why) {
  return Error{ErrorCode::invalid,
               fmt::format("error: unable to parse requirement: \"{}\": {}", text, why)};
}

bool is_key(std::string_view key) {
  return !key.empty() && key.find_first_of(" =!(),") == key.npos;
}

}  // namespace

Result<LabelSelector::Requirement> LabelSelector::parse_requirement(std::string_view text) {
  using Kind = Requirement::Kind;
  for (const auto& [word, kind] : {std::pair<std::string_view, Kind>{" notin ", Kind::not_among},
                                   std::pair<std::string_view, Kind>{" in ", Kind::among}}) {
    const std::size_t at = text.find(word);
    if (at == text.npos) continue;
    const std::string_view list = trimmed(text.substr(at + word.size()));
    Requirement requirement{.kind = kind, .key = std::string(trimmed(text.substr(0, at)))};
    if (!list.starts_with('(') || !list.ends_with(')') || !is_key(requirement.key)) break;
    for (const std::string_view value : split(list.substr(1, list.size() - 2))) {
      requirement.values.emplace_back(value);
    }
    return requirement;
  }
  if (text.starts_with('!') && is_key(text.substr(1))) {
    return Requirement{.kind = Kind::absent, .key = std::string(text.substr(1))};
  }
  const std::size_t equals = text.find('=');
  if (equals == text.npos) {
    if (!is_key(text)) return faulty(text, "a label, label=value or label in (…) is wanted");
    return Requirement{.kind = Kind::present, .key = std::string(text)};
  }
  const bool differs = equals > 0 && text[equals - 1] == '!';
  const std::string_view key = trimmed(text.substr(0, equals - (differs ? 1 : 0)));
  std::string_view value = text.substr(equals + 1);
  if (!differs && value.starts_with('=')) value.remove_prefix(1);
  if (!is_key(key) || value.find('=') != value.npos) return faulty(text, "label=value is wanted");
  return Requirement{.kind = differs ? Kind::not_among : Kind::among,
                     .key = std::string(key),
                     .values = {std::string(trimmed(value))}};
}

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  LabelSelector selector;
  if (trimmed(text).empty()) return selector;
  for (const std::string_view part : split(text)) {
    Result<Requirement> requirement = parse_requirement(part);
    if (!requirement.ok()) return requirement.error();
    selector.requirements_.push_back(std::move(*requirement));
  }
  return selector;
}

bool LabelSelector::matches(const nlohmann::json& object) const {
  const nlohmann::json none = nlohmann::json::object();
  const nlohmann::json metadata = object.is_object() ? object.value("metadata", none) : none;
  const nlohmann::json labels = metadata.is_object() ? metadata.value("labels", none) : none;
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    using Kind = Requirement::Kind;
    const auto found = labels.find(requirement.key);
    const bool present = found != labels.end();
    const auto among = [&] {
      const std::string value = json_path_text(*found);
      return std::ranges::find(requirement.values, value) != requirement.values.end();
    };
    switch (requirement.kind) {
      case Kind::among: return present && among();
      case Kind::not_among: return !present || !among();
      case Kind::present: return present;
      case Kind::absent: return !present;
    }
    return false;
  });
}

Result<FieldSelector> FieldSelector::parse(std::string_view text) {
  FieldSelector selector;
  if (trimmed(text).empty()) return selector;
  for (const std::string_view part : split(text)) {
    const std::size_t equals = part.find('=');
    const bool differs = equals != part.npos && equals > 0 && part[equals - 1] == '!';
    if (equals == part.npos || equals == (differs ? 1U : 0U)) {
      return Error{ErrorCode::invalid,
                   fmt::format("error: invalid selector: \"{}\"; can't understand it", part)};
    }
    Result<JsonPath> field =
        JsonPath::parse_expression(trimmed(part.substr(0, equals - (differs ? 1 : 0))));
    if (!field.ok()) return field.error().within("error: invalid selector");
    std::string_view value = part.substr(equals + 1);
    if (value.starts_with('=')) value.remove_prefix(1);
    selector.requirements_.push_back({std::move(*field), !differs, std::string(trimmed(value))});
  }
  return selector;
}

bool FieldSelector::matches(const nlohmann::json& object) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const std::vector<const nlohmann::json*> found = requirement.field.values(object);
    const bool is_list = found.size() == 1 && found.front()->is_array();
    const auto is_it = [&](const nlohmann::json& each) { return each == requirement.value; };
    const bool equal = is_list ? std::any_of(found.front()->begin(), found.front()->end(), is_it)
                               : requirement.field.text(object) == requirement.value;
    return equal == requirement.equal;
  });
}

}  // namespace hactl
