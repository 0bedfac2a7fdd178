// Field selectors of events, as kubectl writes them: "involved=paris-a,type!=Normal".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/status.h"

namespace hactl {

/// Which events are meant; all of them unless told otherwise.
class EventSelector {
 public:
  EventSelector() = default;

  /// Terms FIELD=VALUE, FIELD==VALUE or FIELD!=VALUE, separated by commas, all of which must hold.
  /// Fields: involved (a node that the event is about), type (Normal or Warning), reason, object,
  /// rule. Errors: invalid.
  static Result<EventSelector> parse(std::string_view text);

  [[nodiscard]] bool matches(const Event& event) const;

 private:
  enum class Is { equal, different };
  struct Term {
    std::string field{};
    Is is = Is::equal;
    std::string value{};
  };

  std::vector<Term> terms_{};
};

}  // namespace hactl
