#include "hactl/json_path.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "codec/json.h"
#include "hactl/json_path_parser.h"

namespace hactl {
namespace {

using Json = nlohmann::json;
using Values = std::vector<const Json*>;

Values find(const std::vector<JsonPathStep>& steps, const Json& value);

bool compares(const Json& left, const std::string& op, const Json& right) {
  if (op == "==") return left == right;
  if (op == "!=") return left != right;
  const bool comparable =
      (left.is_number() && right.is_number()) || (left.is_string() && right.is_string());
  if (!comparable) return false;
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  return left >= right;
}

bool passes(const JsonPathFilter& filter, const Json& value) {
  const Values left = find(filter.left, value);
  if (filter.op.empty()) return !left.empty();
  const Values right = filter.right ? Values{&*filter.right} : find(filter.right_path, value);
  return left.size() == 1 && right.size() == 1 && compares(*left[0], filter.op, *right[0]);
}

void take_slice(const JsonPathStep& step, const Json& list, Values& out) {
  const long size = static_cast<long>(list.size());
  const auto at = [size](long index) { return index < 0 ? index + size : index; };
  const long first = at(step.first.value_or(0));
  const long last = std::min(step.last ? at(*step.last) : size, size);
  for (long i = std::max(first, 0L); first >= 0 && i < last; i += step.stride) {
    out.push_back(&list[static_cast<std::size_t>(i)]);
  }
}

void take_all_below(const Json& value, Values& out) {
  out.push_back(&value);
  if (!value.is_structured()) return;
  for (const Json& child : value) {
    take_all_below(child, out);
  }
}

void take(const JsonPathStep& step, const Json& value, Values& out) {
  using Kind = JsonPathStep::Kind;
  switch (step.kind) {
    case Kind::fields:
      for (const std::string& name : step.names) {
        if (!value.is_object()) return;
        const auto found = value.find(name);
        if (found != value.end()) out.push_back(&*found);
      }
      return;
    case Kind::all:
      if (!value.is_structured()) return;
      for (const Json& child : value) {
        out.push_back(&child);
      }
      return;
    case Kind::slice:
      if (value.is_array()) take_slice(step, value, out);
      return;
    case Kind::descend: return take_all_below(value, out);
    case Kind::filtered:
      if (!value.is_array()) return;
      for (const Json& child : value) {
        if (passes(*step.filter, child)) out.push_back(&child);
      }
      return;
  }
}

Values find(const std::vector<JsonPathStep>& steps, const Json& value) {
  Values values{&value};
  for (const JsonPathStep& step : steps) {
    Values next;
    for (const Json* each : values) {
      take(step, *each, next);
    }
    values = std::move(next);
  }
  return values;
}

void append(const std::vector<JsonPathPart>& parts, const Json& value, std::string& out) {
  for (const JsonPathPart& part : parts) {
    if (part.kind == JsonPathPart::Kind::text) {
      out += part.text;
      continue;
    }
    std::string_view gap;
    for (const Json* each : find(part.steps, value)) {
      if (part.kind == JsonPathPart::Kind::range) {
        append(part.body, *each, out);
      } else {
        out += gap;
        out += json_path_text(*each);
        gap = " ";
      }
    }
  }
}

Error faulty(std::string_view text, const std::string& why) {
  return Error{ErrorCode::invalid, fmt::format("error parsing jsonpath {}, {}", text, why)};
}

}  // namespace

std::string json_path_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

JsonPath::JsonPath(std::vector<JsonPathPart> parts) : parts_(std::move(parts)) {}

Result<JsonPath> JsonPath::parse(std::string_view text) {
  const bool path = (text.starts_with('.') || text.starts_with('$')) && text.find('{') == text.npos;
  if (path) return parse_expression(text);
  if (text.size() > kJsonPathBytesMax) return faulty(text.substr(0, 20), "it is too long");
  Result<std::vector<JsonPathPart>> parts = parse_json_path(text);
  if (!parts.ok()) return faulty(text, parts.error().message);
  return JsonPath(std::move(*parts));
}

Result<JsonPath> JsonPath::parse_expression(std::string_view text) {
  const bool braces = text.starts_with('{') && text.ends_with('}') && text.size() >= 2;
  std::string inside(braces ? text.substr(1, text.size() - 2) : text);
  const bool begun = inside.starts_with('.') || inside.starts_with('$') || inside.starts_with('[');
  if (!begun) inside.insert(0, ".");
  if (inside.size() > kJsonPathBytesMax) return faulty(text.substr(0, 20), "it is too long");
  Result<std::vector<JsonPathPart>> parts = parse_json_path("{" + inside + "}");
  if (!parts.ok()) return faulty(text, parts.error().message);
  const bool one = parts->size() == 1 && parts->front().kind == JsonPathPart::Kind::path;
  if (!one) return faulty(text, "it is not one expression");
  return JsonPath(std::move(*parts));
}

std::string JsonPath::text(const Json& value) const {
  std::string out;
  append(parts_, value, out);
  return out;
}

std::vector<const Json*> JsonPath::values(const Json& value) const {
  Values all;
  for (const JsonPathPart& part : parts_) {
    if (part.kind != JsonPathPart::Kind::path) continue;
    const Values found = find(part.steps, value);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

}  // namespace hactl
