#include "hactl/explain_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "codec/json.h"
#include "codec/nearest_word.h"

#include "lint/lint.h"

namespace hactl {
namespace {

using nlohmann::json;

constexpr std::size_t kWidth = 80;

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

/// What a field's own fields are in: the items of a list are spoken of as the list is.
const json& inside(const json& field) {
  const auto items = field.find("items");
  return items == field.end() ? field : *items;
}

std::string type_of(const json& field) {
  const auto type = field.find("type");
  if (type == field.end()) return "any";
  if (type->is_array()) return "scalar";
  const std::string name = type->get<std::string>();
  if (name == "array") return "[]" + type_of(inside(field));
  if (name != "object") return name;
  const auto values = field.find("additionalProperties");
  const bool map = values != field.end() && values->is_object();
  return map ? "map[string]" + type_of(*values) : "Object";
}

bool is_required(const json& parent, const std::string& name) {
  const auto required = parent.find("required");
  if (required == parent.end()) return false;
  return std::find(required->begin(), required->end(), json(name)) != required->end();
}

std::string text_of(const json& field, const std::string& key) {
  const auto found = field.find(key);
  return found == field.end() || !found->is_string() ? "" : found->get<std::string>();
}

std::string value_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

/// "One of block, degrade. Default: block. From 0 to 63."
std::string limits_of(const json& field) {
  std::string text;
  const auto words = field.find("enum");
  if (words != field.end()) {
    std::string list;
    for (const json& word : *words)
      list += (list.empty() ? "" : ", ") + value_text(word);
    text += "One of: " + list + ". ";
  }
  if (field.contains("minimum") && field.contains("maximum")) {
    text +=
        fmt::format("From {} to {}. ", dump_json(field["minimum"]), dump_json(field["maximum"]));
  }
  if (field.contains("default")) text += "Default: " + value_text(field["default"]) + ".";
  return text;
}

void add_fields(const json& parent, std::size_t indent, Recursive recursive, std::string& text) {
  const auto fields = inside(parent).find("properties");
  if (fields == inside(parent).end()) return;
  for (const auto& [name, field] : fields->items()) {
    text += fmt::format("{:{}}{} <{}>{}\n", "", indent, name, type_of(field),
                        is_required(inside(parent), name) ? " -required-" : "");
    if (recursive == Recursive::yes) {
      add_fields(field, indent + 2, recursive, text);
    } else {
      text += wrapped(text_of(field, "description"), indent + 2) + "\n";
    }
  }
}

std::vector<std::string> parts_of(std::string path) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t dot = path.find('.');
    std::string part = path.substr(0, dot);
    part = part.substr(0, part.find('['));
    if (!part.empty()) parts.push_back(std::move(part));
    if (dot == std::string::npos) break;
    path.erase(0, dot + 1);
  }
  const bool named = !parts.empty() && (parts[0] == "formation" || parts[0] == "formations");
  if (named) parts.erase(parts.begin());
  return parts;
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t indent) {
  std::string result;
  std::string line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && indent + line.size() + 1 + word.size() > kWidth) {
      result += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) result += std::string(indent, ' ') + line + "\n";
  return result;
}

std::string wrapped_behind(const std::string& lead, const std::string& text) {
  return lead + wrapped(text, lead.size()).substr(lead.size());
}

Result<std::string> explain_field(const json& schema, const std::string& path,
                                  Recursive recursive) {
  const json* field = &schema;
  std::string name;
  bool required = false;
  for (const std::string& part : parts_of(path)) {
    const auto fields = inside(*field).find("properties");
    std::vector<std::string> known;
    if (fields != inside(*field).end()) {
      for (const auto& entry : fields->items())
        known.push_back(entry.key());
    }
    if (std::ranges::find(known, part) == known.end()) {
      const std::string of = name.empty() ? "formation" : name;
      const std::string near = nearest_word(part, known);
      return Error{ErrorCode::not_found,
                   fmt::format("error: field \"{}\" does not exist in {}{}", part, of,
                               near.empty() ? "" : ": did you mean \"" + near + "\"?")};
    }
    required = is_required(inside(*field), part);
    field = &(*fields)[part];
    name = part;
  }
  std::string text = "KIND:       Formation\nVERSION:    hactl/v1\n\n";
  if (!name.empty()) {
    text +=
        fmt::format("FIELD: {} <{}>{}\n\n", name, type_of(*field), required ? " -required-" : "");
  }
  text +=
      "DESCRIPTION:\n" + wrapped(text_of(*field, "description"), 4) + wrapped(limits_of(*field), 4);
  std::string fields;
  add_fields(*field, 2, recursive, fields);
  while (fields.ends_with("\n\n"))
    fields.pop_back();
  return fields.empty() ? text : text + "\nFIELDS:\n" + fields;
}

Result<std::string> explain_lint_rule(const std::string& code) {
  const LintRule* rule = find_lint_rule(upper_case(code));
  if (rule != nullptr) return fmt::format("{}: {}\n{}", rule->code, rule->title, rule->page);
  return Error{ErrorCode::not_found,
               fmt::format("error: there is no rule {}: they are {} to {}", code,
                           lint_rules().front().code, lint_rules().back().code)};
}

}  // namespace hactl
