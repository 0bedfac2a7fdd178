// JSONPath as kubectl understands it, for `-o jsonpath=`, custom columns, `--sort-by` and
// `wait --for=jsonpath=`: text with expressions in braces.
//
//   {.items[*].metadata.name}   {.items[?(@.name=="paris-a")].lsn}   {.a['b','c']}   {..name}
//   {range .items[*]}{.name}{"\t"}{.role}{"\n"}{end}
//
// Fields that are not there give nothing, as with kubectl get.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace hactl {

/// The longest template that is read.
inline constexpr std::size_t kJsonPathBytesMax = 8'192;

struct JsonPathFilter;

/// One step down from a value.
struct JsonPathStep {
  enum class Kind {
    fields,    ///< `.name`, `['a','b']`
    all,       ///< `.*`, `[*]`
    slice,     ///< `[0]`, `[-1]`, `[1:3]`, `[::2]`
    descend,   ///< `..`: the value and everything below it
    filtered,  ///< `[?(@.role=="primary")]`
  };
  Kind kind = Kind::all;
  std::vector<std::string> names{};
  std::optional<long> first{};
  std::optional<long> last{};  ///< Not included.
  long stride = 1;
  std::shared_ptr<const JsonPathFilter> filter{};  ///< Shared so that a step can be copied.
};

/// `[?(left op right)]`; without `op`, that left is there.
struct JsonPathFilter {
  std::vector<JsonPathStep> left{};
  std::string op{};
  std::vector<JsonPathStep> right_path{};
  std::optional<nlohmann::json> right{};  ///< A literal, when it is not a path.
};

/// Text, an expression, or what is repeated for each value of an expression.
struct JsonPathPart {
  enum class Kind { text, path, range };
  Kind kind = Kind::text;
  std::string text{};
  std::vector<JsonPathStep> steps{};
  std::vector<JsonPathPart> body{};
};

class JsonPath {
 public:
  /// A template. One without braces that begins like a path is a path. Errors: invalid.
  static Result<JsonPath> parse(std::string_view text);
  /// One expression, with braces or without, with the first dot or without. Errors: invalid.
  static Result<JsonPath> parse_expression(std::string_view text);

  /// The template with its expressions' values: several are divided by spaces, maps and lists are
  /// JSON.
  [[nodiscard]] std::string text(const nlohmann::json& value) const;

  /// What the expressions find in `value`, which outlives the answer.
  [[nodiscard]] std::vector<const nlohmann::json*> values(const nlohmann::json& value) const;

 private:
  explicit JsonPath(std::vector<JsonPathPart> parts);
  std::vector<JsonPathPart> parts_{};
};

/// A value as templates show it: text without quotes, everything else as JSON.
std::string json_path_text(const nlohmann::json& value);

}  // namespace hactl
