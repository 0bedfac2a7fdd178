// Selectors, as kubectl's -l and --field-selector: which objects of a list are meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "hactl/json_path.h"

namespace hactl {

/// "tier=gold,region!=paris,env in (a,b),env notin (c),owner,!old": all of them must hold.
class LabelSelector {
 public:
  /// Empty: everything. Errors: invalid.
  static Result<LabelSelector> parse(std::string_view text);
  /// Looks at metadata.labels.
  [[nodiscard]] bool matches(const nlohmann::json& object) const;

 private:
  struct Requirement {
    enum class Kind { among, not_among, present, absent };
    Kind kind = Kind::among;
    std::string key{};
    std::vector<std::string> values{};
  };
  static Result<Requirement> parse_requirement(std::string_view text);
  std::vector<Requirement> requirements_{};
};

/// "metadata.name=paris-a,role!=primary,involved=paris-b": all of them must hold. A list equals
/// each of its texts.
class FieldSelector {
 public:
  /// Empty: everything. Errors: invalid.
  static Result<FieldSelector> parse(std::string_view text);
  /// A field that is not there is the empty text.
  [[nodiscard]] bool matches(const nlohmann::json& object) const;

 private:
  struct Requirement {
    JsonPath field;
    bool equal = true;
    std::string value{};
  };
  std::vector<Requirement> requirements_{};
};

}  // namespace hactl
