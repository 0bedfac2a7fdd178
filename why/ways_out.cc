#include "why/ways_out.h"

#include <algorithm>

#include "base/utc.h"
#include "planner/candidate.h"
#include "planner/draft.h"
#include "planner/facts.h"
#include "planner/recover.h"

namespace hactl {
namespace {

// A primary is lost and the others may not take over; a ballot lacks words; or a candidate.
constexpr std::uint32_t kFailoverBlocked = 313;
constexpr std::uint32_t kWordsMissing = 385;
constexpr std::uint32_t kNoCandidateAnswered = 387;
constexpr std::uint32_t kDataInTheWay = 302;
constexpr std::uint32_t kNoCandidateHeard = 303;

/// Whether the words of `asked` would do, and one of them may be primary.
bool can_go_on(const Facts& facts, const std::set<NodeName>& asked) {
  if (!words_suffice(facts, asked)) return false;
  return std::ranges::any_of(asked, [&](const NodeName& name) {
    return facts.record.primary == name || may_be_primary(facts.node(name));
  });
}

/// Adds every way to choose `left` more of `absent` from `next` on.
void choose(const std::vector<NodeName>& absent, std::size_t next, int left,
            std::set<NodeName>& chosen, std::vector<std::set<NodeName>>& all) {
  if (left == 0) {
    all.push_back(chosen);
    return;
  }
  for (std::size_t i = next; i < absent.size(); ++i) {
    chosen.insert(absent[i]);
    choose(absent, i + 1, left - 1, chosen, all);
    chosen.erase(absent[i]);
  }
}

std::string together(const std::set<NodeName>& names) {
  std::string text;
  std::size_t left = names.size();
  for (const NodeName& name : names) {
    --left;
    text += name.value + (left == 0 ? "" : left == 1 ? " and " : ", ");
  }
  return text;
}

bool waits_for_words(std::uint32_t rule) {
  return rule == kFailoverBlocked || rule == kWordsMissing || rule == kNoCandidateAnswered;
}

std::string returns_text(const std::vector<std::set<NodeName>>& returns) {
  std::string text;
  for (const std::set<NodeName>& names : returns)
    text += (text.empty() ? "the return of " : ", or of ") + together(names);
  return text + " would end it";
}

}  // namespace

std::vector<std::set<NodeName>> returns_that_help(const PlanInputs& inputs, const Plan& answer) {
  const Decision* decision = formation_decision(answer);
  if (answer.record || decision == nullptr || !waits_for_words(decision->rule)) return {};
  const Facts facts(inputs.spec, inputs.generation, inputs.record, inputs.observed, inputs.now);
  std::set<NodeName> asked = those_who_answer(facts);
  for (const auto& [name, word] : facts.record.finals)
    asked.insert(name);
  std::vector<NodeName> absent;
  for (const auto& [name, node] : facts.nodes) {
    if (!asked.contains(name) && !node.excluded && !node.forgot) absent.push_back(name);
  }
  std::vector<std::set<NodeName>> helping;
  for (int size = 1; size <= kReturnsTogetherMax; ++size) {
    std::vector<std::set<NodeName>> sets;
    std::set<NodeName> chosen;
    choose(absent, 0, size, chosen, sets);
    for (const std::set<NodeName>& returning : sets) {
      const bool more_than_needed = std::ranges::any_of(
          helping, [&](const auto& fewer) { return std::ranges::includes(returning, fewer); });
      std::set<NodeName> with = asked;
      with.insert(returning.begin(), returning.end());
      if (!more_than_needed && can_go_on(facts, with)) helping.push_back(returning);
    }
  }
  return helping;
}

std::vector<std::string> ways_out(const PlanInputs& inputs, const Plan& answer) {
  const Decision* decision = formation_decision(answer);
  if (answer.record || decision == nullptr) return {};
  std::vector<std::string> ways;
  if (waits_for_words(decision->rule)) {
    const auto returns = returns_that_help(inputs, answer);
    if (!returns.empty()) ways.push_back(returns_text(returns));
    if (decision->rule != kNoCandidateAnswered) {
      ways.push_back(
          "if none of them will ever come back, `hactl failover` says how much only they may hold, "
          "and with --accept-data-loss gives that up");
    }
  } else if (decision->rule == kDataInTheWay) {
    ways.push_back("an operator must move the data away, or name another data-directory");
  } else if (decision->rule == kNoCandidateHeard) {
    ways.push_back("the first report of an empty node with a candidate-priority above 0 ends it");
  } else if (answer.wake_at) {
    const std::int64_t left = (*answer.wake_at - inputs.now).count();
    ways.push_back("it is looked at again when a node reports something new, and in " +
                   std::to_string(std::max<std::int64_t>(0, left)) + " ms at the latest");
  }
  return ways;
}

}  // namespace hactl
