#include "hactl/json_path_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace hactl {
namespace {

using Json = nlohmann::json;
using Steps = std::vector<JsonPathStep>;
using Parts = std::vector<JsonPathPart>;

constexpr std::string_view kSpaces = " \t\n";
constexpr int kNestingMax = 16;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

// Thrown by nobody: the first fault ends the reading, and stays here.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Parts> parse() {
    Parts parts = read_parts(0);
    if (fault_.empty() && !text_.empty()) fail("unexpected {end}");
    if (!fault_.empty()) return Error{ErrorCode::invalid, fault_};
    return parts;
  }

 private:
  void fail(std::string why) {
    if (fault_.empty()) fault_ = std::move(why);
    text_ = {};
  }

  // Up to the end of the text, or to an {end}, which is left.
  Parts read_parts(int depth) {
    Parts parts;
    while (!text_.empty()) {
      if (text_.front() != '{') {
        const std::size_t brace = text_.find('{');
        parts.push_back({.text = std::string(text_.substr(0, brace))});
        text_.remove_prefix(std::min(brace, text_.size()));
        continue;
      }
      const std::size_t close = closing_brace();
      if (close == std::string_view::npos) {
        fail("unclosed action");
        break;
      }
      const std::string_view inside = trimmed(text_.substr(1, close - 1));
      if (inside == "end") break;
      text_.remove_prefix(close + 1);
      read_action(inside, depth, parts);
    }
    return parts;
  }

  // Braces in quotes close nothing.
  [[nodiscard]] std::size_t closing_brace() const {
    char quote = 0;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != 0 && c == '\\') {
        ++i;
      } else if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '}') {
        return i;
      }
    }
    return std::string_view::npos;
  }

  void read_action(std::string_view inside, int depth, Parts& parts) {
    if (inside.starts_with("range ")) {
      if (depth == kNestingMax) return fail("too many ranges within each other");
      JsonPathPart part{.kind = JsonPathPart::Kind::range, .steps = read_steps(inside.substr(6))};
      part.body = read_parts(depth + 1);
      if (text_.empty()) return fail("unfinished range: {end} is missing");
      text_.remove_prefix(closing_brace() + 1);
      parts.push_back(std::move(part));
    } else if (inside.starts_with('"') || inside.starts_with('\'')) {
      parts.push_back({.text = read_quoted(inside)});
      if (!trimmed(inside).empty()) fail("unexpected text after a string: " + std::string(inside));
    } else {
      parts.push_back({.kind = JsonPathPart::Kind::path, .steps = read_steps(inside)});
    }
  }

  // A quoted string at the front of `rest`, which is taken off.
  std::string read_quoted(std::string_view& rest) {
    const char quote = rest.front();
    std::string result;
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (rest[i] == quote) {
        rest.remove_prefix(i + 1);
        return result;
      }
      if (rest[i] != '\\' || i + 1 == rest.size()) {
        result += rest[i];
        continue;
      }
      const char escaped = rest[++i];
      result += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
    }
    fail("unterminated quoted string");
    return result;
  }

  Steps read_steps(std::string_view text) {
    std::string_view rest = trimmed(text);
    if (rest.starts_with('$') || rest.starts_with('@')) rest.remove_prefix(1);
    Steps steps;
    while (!rest.empty() && fault_.empty()) {
      if (rest.starts_with("..")) {
        rest.remove_prefix(1);
        if (rest.starts_with(".[")) rest.remove_prefix(1);
        steps.push_back({.kind = JsonPathStep::Kind::descend});
      } else if (rest.front() == '.') {
        rest.remove_prefix(1);
        if (!rest.empty() && rest.front() != '[') steps.push_back(read_field(rest));
      } else if (rest.front() == '[') {
        const std::size_t close = closing_bracket(rest);
        if (close == std::string_view::npos) {
          fail("unterminated array");
          break;
        }
        steps.push_back(read_brackets(trimmed(rest.substr(1, close - 1))));
        rest.remove_prefix(close + 1);
      } else {
        fail(fmt::format("unrecognized character in action: '{}'", rest.front()));
      }
    }
    return steps;
  }

  [[nodiscard]] static std::size_t closing_bracket(std::string_view text) {
    char quote = 0;
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '[') {
        ++depth;
      } else if (c == ']' && --depth == 0) {
        return i;
      }
    }
    return std::string_view::npos;
  }

  // A backslash lets a dot be part of a name: `.metadata.labels.hactl\.io/tier`.
  JsonPathStep read_field(std::string_view& rest) {
    std::string name;
    std::size_t i = 0;
    for (; i < rest.size() && std::string_view(".[] \t=!<>,()").find(rest[i]) == rest.npos; ++i) {
      if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
      name += rest[i];
    }
    rest.remove_prefix(i);
    if (name.empty()) fail("a field's name is missing");
    if (name == "*") return {.kind = JsonPathStep::Kind::all};
    return {.kind = JsonPathStep::Kind::fields, .names = {std::move(name)}};
  }

  JsonPathStep read_brackets(std::string_view inside) {
    if (inside == "*") return {.kind = JsonPathStep::Kind::all};
    if (inside.starts_with("?(") && inside.ends_with(')')) {
      return {.kind = JsonPathStep::Kind::filtered,
              .filter = std::make_shared<const JsonPathFilter>(
                  read_filter(inside.substr(2, inside.size() - 3)))};
    }
    if (!inside.starts_with('"') && !inside.starts_with('\'')) return read_slice(inside);
    JsonPathStep step{.kind = JsonPathStep::Kind::fields};
    while (!inside.empty() && (inside.front() == '"' || inside.front() == '\'')) {
      step.names.push_back(read_quoted(inside));
      inside = trimmed(inside);
      if (inside.starts_with(',')) inside = trimmed(inside.substr(1));
    }
    if (!inside.empty()) fail("invalid array index " + std::string(inside));
    return step;
  }

  JsonPathStep read_slice(std::string_view inside) {
    JsonPathStep step{.kind = JsonPathStep::Kind::slice};
    std::array<std::optional<long>, 3> numbers;
    std::size_t at = 0;
    const bool single = inside.find(':') == inside.npos;
    for (std::string_view rest = inside;; ++at) {
      const std::size_t colon = rest.find(':');
      const std::string_view word = trimmed(rest.substr(0, colon));
      std::int32_t number = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      const bool whole = error == std::errc() && end == word.data() + word.size();
      if (at == numbers.size() || (!whole && (single || !word.empty()))) {
        fail("invalid array index " + std::string(inside));
        return step;
      }
      if (whole) numbers.at(at) = number;
      if (colon == rest.npos) break;
      rest.remove_prefix(colon + 1);
    }
    step.first = numbers[0];
    step.last = numbers[1];
    // "[-1]" is the last one: up to the end, and not up to the first.
    if (single && *step.first != -1) step.last = *step.first + 1;
    step.stride = numbers[2].value_or(1);
    if (step.stride < 1) fail("step must be > 0");
    return step;
  }

  JsonPathFilter read_filter(std::string_view inside) {
    JsonPathFilter filter;
    std::size_t at = 0;
    char quote = 0;
    for (; at < inside.size(); ++at) {
      const char c = inside[at];
      if (quote != 0 ? c == quote : (c == '"' || c == '\'')) quote = quote != 0 ? '\0' : c;
      if (quote == 0 && std::string_view("=!<>").find(c) != std::string_view::npos) break;
    }
    filter.left = read_steps(inside.substr(0, at));
    std::string_view rest = inside.substr(at);
    if (rest.empty()) return filter;
    for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!rest.starts_with(op)) continue;
      filter.op = op;
      rest = trimmed(rest.substr(op.size()));
      break;
    }
    if (filter.op.empty() || rest.empty()) {
      fail("unterminated filter");
    } else if (rest.front() == '@' || rest.front() == '$') {
      filter.right_path = read_steps(rest);
    } else if (rest.front() == '\'') {
      filter.right = read_quoted(rest);
    } else {
      filter.right = Json::parse(rest, nullptr, false);
      if (filter.right->is_discarded()) fail("unrecognized literal " + std::string(rest));
    }
    return filter;
  }

  std::string_view text_;
  std::string fault_{};
};

}  // namespace

Result<std::vector<JsonPathPart>> parse_json_path(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace hactl
