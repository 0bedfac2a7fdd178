#include "check/search.h"

#include <algorithm>

#include "base/check.h"

#include "check/formation.h"

namespace hactl::check {
namespace {

/// Far more steps than any state needs until all is well.
constexpr std::size_t kSettleSteps = 600;

class Search {
 public:
  explicit Search(const Scope& scope) : scope_(scope), formation_(scope) {}

  SearchResult run() {
    const std::optional<State> first = formation_.beginning();
    HACTL_CHECK(first.has_value());
    note(*first, 0);
    std::uint32_t level_end = 1;
    for (std::uint32_t at = 0; at < states_.size(); ++at) {
      if (at == level_end) {
        ++result_.depth;
        level_end = static_cast<std::uint32_t>(states_.size());
      }
      if (states_.size() > scope_.states_max) return done();
      if (!expand(at) || !settles(at)) return done();
    }
    result_.complete = true;
    return done();
  }

 private:
  bool expand(std::uint32_t at) {
    const State from = states_[at];
    for (const Successor& next : formation_.successors(from)) {
      ++result_.transitions;
      if (!next.broken.empty()) {
        const Id last = next.words;
        result_.broken = next.broken;
        tell_trace(at);
        result_.trace.push_back(formation_.say(last));
        return false;
      }
      note(next.state, at);
    }
    return true;
  }

  void note(const State& state, std::uint32_t from) {
    if (states_(state) == parents_.size()) parents_.push_back(from);
  }

  /// L1: when misfortune ends, the formation comes to rest as its spec wants it.
  bool settles(std::uint32_t at) {
    if (scope_.settle_every == 0 || at % scope_.settle_every != 0) return true;
    ++result_.settled;
    const State from = states_[at];
    if (formation_.at_peace(formation_.settle(from, kSettleSteps))) return true;
    result_.broken = "L1: left alone from here on, the formation does not come to rest";
    tell_trace(at);
    result_.trace.push_back("--- nothing goes wrong any more");
    static_cast<void>(formation_.settle(from, kSettleSteps, &result_.trace));
    return false;
  }

  /// The words of each step are found again by going it again.
  void tell_trace(std::uint32_t at) {
    std::vector<std::uint32_t> path{at};
    while (path.back() != 0)
      path.push_back(parents_[path.back()]);
    std::ranges::reverse(path);
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      const State to = states_[path[i + 1]];
      for (const Successor& next : formation_.successors(states_[path[i]])) {
        if (next.state != to) continue;
        result_.trace.push_back(formation_.say(next.words));
        break;
      }
    }
  }

  SearchResult done() {
    result_.states = states_.size();
    result_.beyond = formation_.beyond();
    result_.nodes = formation_.catalog().nodes.size();
    return result_;
  }

  const Scope& scope_;
  Formation formation_;
  Interner<State> states_;
  std::vector<std::uint32_t> parents_;
  SearchResult result_;
};

}  // namespace

SearchResult search(const Scope& scope) {
  return Search(scope).run();
}

}  // namespace hactl::check
