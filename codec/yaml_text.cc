#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "codec/spec_json.h"
#include "codec/spec_yaml.h"

namespace hactl {
namespace {

constexpr std::size_t kIndent = 2;

/// Words that some YAML reader takes for something else than text.
constexpr std::array<std::string_view, 10> kNotText{"true", "false", "yes", "no", "on",
                                                    "off",  "null",  "~",   "y",  "n"};

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// Whether text needs no quotes: only what is certain, so dates, numbers and `a: b` get theirs.
bool is_plain(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || std::ranges::find(kNotText, lower_case(text)) != kNotText.end()) return false;
  const bool inside = std::ranges::all_of(text, [&](char c) {
    return letter(c) || digit(c) || std::string_view("_-./+@$ ").find(c) != std::string_view::npos;
  });
  if (!inside || text.back() == ' ') return false;
  if (letter(text.front()) || text.front() == '/' || text.front() == '_') return true;
  // 10.11.1.6, 10.11.0.0/16 and 256MB are no numbers to anybody; 1.5, 1e3 and 2026-11-23 are.
  const auto dots = std::ranges::count(text, '.');
  const auto numeric = [&](char c) { return digit(c) || c == '.' || c == '/'; };
  const bool address = dots == 3 && std::ranges::all_of(text, numeric);
  const bool size = text.size() > 2 && letter(text.back()) && letter(text[text.size() - 2]) &&
                    std::ranges::all_of(text.substr(0, text.size() - 2), digit);
  return digit(text.front()) && (address || size);
}

template <typename Json>
std::string scalar(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_array()) return "[]";
  if (value.is_object()) return "{}";
  if (value.is_string() && is_plain(value.template get_ref<const std::string&>())) {
    return value.template get<std::string>();
  }
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  // JSON leaves DEL as it is; YAML wants it escaped.
  for (auto at = text.find('\x7F'); at != std::string::npos; at = text.find('\x7F', at)) {
    text.replace(at, 1, "\\u007f");
  }
  return text;
}

std::string key_text(const std::string& key) {
  return is_plain(key) ? key : scalar(nlohmann::json(key));
}

/// Appends a list or map as lines that begin at `indent`.
template <typename Json>
void append(std::string& out, const Json& value, std::size_t indent) {
  bool first = true;
  const auto begin_line = [&] {
    // The first line of a list's item follows its dash.
    const bool follows_dash = first && out.ends_with("- ");
    if (!follows_dash) out.append(indent, ' ');
    first = false;
  };
  const auto append_child = [&](const Json& child, bool in_map) {
    if (!child.is_structured() || child.empty()) {
      out += (in_map ? " " : "") + scalar(child) + "\n";
      return;
    }
    if (in_map) out += "\n";
    append(out, child, indent + kIndent);
  };
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      begin_line();
      out += key_text(key) + ":";
      append_child(child, true);
    }
    return;
  }
  for (const Json& child : value) {
    begin_line();
    out += "- ";
    append_child(child, false);
  }
}

template <typename Json>
std::string text_of(const Json& value) {
  if (!value.is_structured() || value.empty()) return scalar(value) + "\n";
  std::string out;
  append(out, value, 0);
  return out;
}

}  // namespace

std::string yaml_text(const nlohmann::json& value) {
  return text_of(value);
}
std::string yaml_text(const nlohmann::ordered_json& value) {
  return text_of(value);
}

std::string formation_yaml(const Formation& formation) {
  return yaml_text(formation_document(formation));
}

}  // namespace hactl
