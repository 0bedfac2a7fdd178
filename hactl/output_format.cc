#include "hactl/output_format.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "hactl/session.h"
#include "io/file.h"

namespace hactl {
namespace {

using Kind = OutputFormat::Kind;

struct Word {
  std::string_view text{};
  Kind kind = Kind::table;
};

constexpr std::array kWords{Word{"", Kind::table},    Word{"table", Kind::table},
                            Word{"wide", Kind::wide}, Word{"yaml", Kind::yaml},
                            Word{"json", Kind::json}, Word{"name", Kind::name}};

constexpr std::string_view kAllowed =
    "custom-columns,custom-columns-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,table,"
    "wide,yaml";

Result<std::string> file_text(const std::string& path) {
  Result<std::string> text = read_file(path, kOutputFileBytesMax);
  if (!text.ok()) return text.error().within("error");
  return text;
}

Result<OutputFormat> path_format(Kind kind, std::string_view text) {
  if (text.empty()) return local_error("template format specified but no template given");
  Result<JsonPath> path = JsonPath::parse(text);
  if (!path.ok()) return path.error().within("error");
  OutputFormat format{.kind = kind};
  format.path.push_back(std::move(*path));
  return format;
}

Result<OutputFormat> columns_format(std::string_view text) {
  if (text.empty()) {
    return local_error("custom-columns format specified but no custom columns given");
  }
  OutputFormat format{.kind = Kind::custom_columns};
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view word = text.substr(0, comma);
    const std::size_t colon = word.find(':');
    if (colon == word.npos || colon == 0) {
      return local_error(fmt::format(
          "unexpected custom-columns spec: {}, expected <header>:<json-path-expr>", word));
    }
    Result<JsonPath> field = JsonPath::parse_expression(word.substr(colon + 1));
    if (!field.ok()) return field.error().within("error");
    format.columns.push_back({std::string(word.substr(0, colon)), std::move(*field)});
    if (comma == text.npos) return format;
    text.remove_prefix(comma + 1);
  }
}

// Two lines, as for kubectl: the headings, and below each its path.
Result<OutputFormat> columns_file_format(const std::string& text) {
  const auto words = [](std::string_view line) {
    std::vector<std::string> result;
    while (true) {
      const std::size_t start = line.find_first_not_of(" \t\r");
      if (start == line.npos) return result;
      line.remove_prefix(start);
      const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
      result.emplace_back(line.substr(0, end));
      line.remove_prefix(end);
    }
  };
  const std::size_t end = text.find('\n');
  const auto headings = words(std::string_view(text).substr(0, end));
  const std::string second = end == text.npos ? "" : text.substr(end + 1);
  const auto paths = words(std::string_view(second).substr(0, second.find('\n')));
  if (headings.empty() || headings.size() != paths.size()) {
    return local_error(
        fmt::format("number of header columns ({}) does not match the number of "
                    "paths ({})",
                    headings.size(), paths.size()));
  }
  OutputFormat format{.kind = Kind::custom_columns};
  for (std::size_t i = 0; i < headings.size(); ++i) {
    Result<JsonPath> field = JsonPath::parse_expression(paths[i]);
    if (!field.ok()) return field.error().within("error");
    format.columns.push_back({headings[i], std::move(*field)});
  }
  return format;
}

}  // namespace

Result<OutputFormat> OutputFormat::parse(const std::string& text) {
  for (const Word& word : kWords) {
    if (text == word.text) return OutputFormat{.kind = word.kind};
  }
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const std::string value = equals == text.npos ? "" : text.substr(equals + 1);
  if (name == "jsonpath") return path_format(Kind::jsonpath, value);
  if (name == "jsonpath-as-json") return path_format(Kind::jsonpath_as_json, value);
  if (name == "custom-columns") return columns_format(value);
  if (name == "jsonpath-file" || name == "custom-columns-file") {
    const Result<std::string> read = file_text(value);
    if (!read.ok()) return read.error();
    return name == "jsonpath-file" ? path_format(Kind::jsonpath, *read)
                                   : columns_file_format(*read);
  }
  return local_error(
      fmt::format("unable to match a printer suitable for the output format \"{}\", "
                  "allowed formats are: {}",
                  text, kAllowed));
}

}  // namespace hactl
