// OutputFormat: what `-o` may say.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "hactl/json_path.h"

namespace hactl {

/// A file with a template or with columns.
inline constexpr std::size_t kOutputFileBytesMax = std::size_t{64} << 10U;

struct OutputFormat {
  enum class Kind { table, wide, yaml, json, name, jsonpath, jsonpath_as_json, custom_columns };
  struct Column {
    std::string heading{};
    JsonPath field;
  };
  Kind kind = Kind::table;
  std::vector<JsonPath> path{};   ///< Of jsonpath: one.
  std::vector<Column> columns{};  ///< Of custom_columns.

  /// "", "table", "wide", "yaml", "json", "name", "jsonpath=…", "custom-columns=NAME:.path,…", and
  /// the two that read a file. Errors: invalid, with the line that users read.
  static Result<OutputFormat> parse(const std::string& text);

  [[nodiscard]] bool is_table() const {
    return kind == Kind::table || kind == Kind::wide || kind == Kind::custom_columns;
  }
};

}  // namespace hactl
