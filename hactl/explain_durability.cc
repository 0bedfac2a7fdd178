#include "hactl/explain_durability.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "base/join.h"
#include "hactl/explain_text.h"
#include "model/durability.h"

namespace hactl {
namespace {

std::string line(const std::string& name, const std::string& text) {
  constexpr int kIndent = 14;
  return wrapped_behind(fmt::format("{:<{}}", name + ":", kIndent), text);
}

std::string counted(int count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string asked_text(const FormationSpec& spec) {
  const int regions = spec.durability.regions.value_or(1);
  const int nodes = spec.durability.nodes.value_or(1);
  if (!asks_for_durability(spec)) {
    return "no durability; " + counted(spec.sync_standbys(), "acknowledgement") +
           " by number-sync-standbys";
  }
  std::string text = "every acknowledged commit is ";
  if (regions > 1) text += fmt::format("in {} regions", regions);
  if (regions > 1 && nodes > 1) text += " and ";
  if (nodes > 1) text += fmt::format("on {} nodes", nodes);
  return text + " or more, the primary's own counted";
}

/// The algebra of one setting.
struct Algebra {
  RegionName own{};
  RegionCounts standbys{};  ///< S, by region.
  int acks = 0;             ///< n
  int size = 0;             ///< |S|
  /// The worst that is to be survived: the primary's region and the largest others; where no number
  /// of regions is asked for, the primary alone.
  std::string worst{};
  int lost = 0;     ///< Of S, with them.
  int reached = 0;  ///< Regions beside the primary's that every commit is in.
};

Algebra algebra_of(const FormationSpec& spec, const SyncConfig& setting) {
  Algebra result;
  result.own = region_of(spec, setting.primary).value_or(RegionName());
  result.standbys = regions_of(spec, result.own, setting.members);
  result.acks = setting.required;
  result.size = static_cast<int>(setting.members.size());
  result.reached = regions_beside(result.standbys, result.own, result.acks);
  const int others = reach_of(spec).regions - 1;
  result.worst = setting.primary.value;
  if (others < 0) return result;
  result.lost = most_within(result.standbys, result.own, others);
  std::vector<std::pair<RegionName, int>> sorted(result.standbys.begin(), result.standbys.end());
  std::erase_if(sorted, [&](const auto& entry) { return entry.first == result.own; });
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &std::pair<RegionName, int>::second);
  result.worst = result.own.value;
  for (std::size_t i = 0; i < sorted.size() && static_cast<int>(i) < others; ++i)
    result.worst += " and " + sorted[i].first.value;
  return result;
}

std::string setting_text(const Algebra& algebra) {
  const std::string places = join(algebra.standbys, ", ", [](const auto& entry) {
    return fmt::format("{} in {}", entry.second, entry.first.value);
  });
  return fmt::format("n = {} of S = {}{}", algebra.acks, counted(algebra.size, "standby"),
                     places.empty() ? "" : ": " + places);
}

std::string verdict(bool holds) {
  return holds ? "holds." : "does not hold.";
}

std::string reached_text(const Algebra& algebra) {
  if (algebra.reached == 0) return "A commit may be in " + algebra.own.value + " alone.";
  return fmt::format("A commit is in {} beside {} at least.", counted(algebra.reached, "region"),
                     algebra.own.value);
}

/// Its title, and a paragraph a line.
std::string durability_condition(const FormationSpec& spec, const Algebra& algebra) {
  std::string text = "Condition 1, durability: an acknowledged commit is where it should be.\n";
  if (reach_of(spec).regions > 0) {
    text += fmt::format(
        "No n of S may all be in {}: S has {} there, so n > {} is needed. {} > {} "
        "{}\n",
        algebra.worst, algebra.lost, algebra.lost, algebra.acks, algebra.lost,
        verdict(algebra.acks > algebra.lost));
  } else {
    text += "No number of regions is asked for.\n";
  }
  text += reached_text(algebra) + "\n";
  const int nodes = spec.durability.nodes.value_or(1);
  if (nodes > 1) {
    text += fmt::format("It is on the primary and on n more: n + 1 >= {} is needed. {} >= {} {}\n",
                        nodes, algebra.acks + 1, nodes, verdict(algebra.acks + 1 >= nodes));
  }
  return text;
}

std::string electability_condition(const Algebra& algebra) {
  std::string text = fmt::format(
      "Condition 2, electability: when {} {} lost, those who are left know every commit.\n",
      algebra.worst, algebra.worst.find(' ') == std::string::npos ? "is" : "are");
  if (algebra.acks == 0) {
    return text + "Commits wait for nobody, so nobody else need have them: does not hold.\n";
  }
  const int left = algebra.size - algebra.lost;
  const int needed = algebra.size - algebra.acks + 1;
  return text + fmt::format(
                    "Any n of S may have acknowledged, so |S| - n + 1 = {} of S must "
                    "answer; {} {} left. {} >= {} {}\n",
                    needed, left, left == 1 ? "is" : "are", left, needed, verdict(left >= needed));
}

/// The paragraphs of a condition: its first line stands alone, the others below it.
std::string condition_text(std::string text) {
  std::string result;
  std::size_t indent = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    result += wrapped(text.substr(0, end), indent);
    text.erase(0, end + 1);
    indent = 2;
  }
  return result;
}

/// Who would take over: the highest candidate-priority, then the first name.
std::optional<Member> successor(const std::vector<Member>& left) {
  std::optional<Member> best;
  for (const Member& member : left) {
    const auto rank = [](const Member& m) { return std::tuple(-m.candidate_priority, m.name); };
    if (member.candidate_priority > 0 && (!best || rank(member) < rank(*best))) best = member;
  }
  return best;
}

/// Whether commits go on with `primary` when only `left` are there, and for whom they wait then.
std::string writes_with(const FormationSpec& spec, const Member& primary,
                        std::vector<Member> left) {
  std::erase_if(left, [&](const Member& member) {
    return member.name == primary.name || !member.replication_quorum;
  });
  std::ranges::sort(left, {}, &Member::name);
  SyncConfig then;
  then.primary = primary.name;
  then.required = spec.sync_standbys();
  then.members = choose_members(reach_of(spec), primary.region, left);
  if (static_cast<int>(then.members.size()) >= then.required) {
    return "writes go on, commits wait for " + to_string(then);
  }
  if (spec.when_short == WhenShort::degrade) {
    return fmt::format("writes go on, and wait for {} only",
                       counted(static_cast<int>(then.members.size()), "standby"));
  }
  return "writes wait: too few quorum nodes are left";
}

std::string after_loss(const FormationSpec& spec, const SyncConfig& setting,
                       const std::set<NodeName>& lost) {
  std::vector<Member> left = spec.members();
  std::erase_if(left, [&](const Member& member) { return lost.contains(member.name); });
  const auto old = std::ranges::find(left, setting.primary, &Member::name);
  if (old != left.end()) {
    const Member primary = *old;
    return "kept; " + primary.name.value + " stays primary, " + writes_with(spec, primary, left);
  }
  std::set<NodeName> asked;
  for (const Member& member : left)
    asked.insert(member.name);
  const std::optional<Member> next = successor(left);
  if (!covers(asked, setting)) {
    if (setting.required == 0 && next && spec.number_sync_standbys == 0) {
      return "the last ones may be lost; " + next->name.value + " takes over without them";
    }
    return "perhaps on lost nodes only; writes stop until one of them is back";
  }
  if (!next) return "kept; nobody takes over: no node with a candidate-priority is left";
  return "kept; " + next->name.value + " takes over, " + writes_with(spec, *next, left);
}

/// Adds every set of `left` more regions from `next` on.
void add_sets(const FormationSpec& spec, std::size_t next, int left, std::vector<RegionName> chosen,
              std::vector<std::vector<RegionName>>& all) {
  if (left == 0) {
    all.push_back(std::move(chosen));
    return;
  }
  for (std::size_t i = next; i < spec.regions.size(); ++i) {
    chosen.push_back(spec.regions[i].name);
    add_sets(spec, i + 1, left - 1, chosen, all);
    chosen.pop_back();
  }
}

std::string losses_text(const FormationSpec& spec, const SyncConfig& setting) {
  const auto row = [&](const std::string& what, const std::set<NodeName>& lost) {
    return wrapped(what + " lost:", 2) + wrapped("commits " + after_loss(spec, setting, lost), 6);
  };
  std::string text = row("node " + setting.primary.value, {setting.primary});
  std::vector<std::vector<RegionName>> sets;
  const int most =
      std::min(std::max(reach_of(spec).regions, 1), static_cast<int>(spec.regions.size()) - 1);
  for (int size = 1; size <= most; ++size)
    add_sets(spec, 0, size, {}, sets);
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < sets.size() && i < kShown; ++i) {
    std::set<NodeName> lost;
    for (const Member& member : spec.members()) {
      if (std::ranges::find(sets[i], member.region) != sets[i].end()) lost.insert(member.name);
    }
    const std::string names = join(sets[i], " and ", [](const auto& name) { return name.value; });
    text += row((sets[i].size() == 1 ? "region " : "regions ") + names, lost);
  }
  if (sets.size() > kShown) text += fmt::format("  and {} more\n", sets.size() - kShown);
  return text;
}

}  // namespace

bool durability_holds(const DurabilityCase& subject) {
  return subject.trouble.empty() && (!asks_for_durability(subject.formation.spec) ||
                                     meets_durability(subject.formation.spec, subject.setting));
}

std::string durability_text(const DurabilityCase& subject) {
  const FormationSpec& spec = subject.formation.spec;
  const SyncConfig& setting = subject.setting;
  const Algebra algebra = algebra_of(spec, setting);
  std::string text = line("Formation", subject.formation.name.value + ", " + subject.source);
  text += line("Asked for", asked_text(spec));
  text += line("Primary", setting.primary.value + " in " + algebra.own.value);
  text += line("Commits wait", to_string(setting) + "; " + setting_text(algebra));
  text += "\n" + condition_text(durability_condition(spec, algebra));
  text += "\n" + condition_text(electability_condition(algebra));
  text += "\nWhat a loss comes to, while all else is well:\n" + losses_text(spec, setting);
  if (setting.required > 0) {
    text += "\n" + wrapped(fmt::format("Not survived: {} and {} of S lost at once. They may be all "
                                       "that hold a commit, so nobody takes over until one of them "
                                       "is back.",
                                       setting.primary.value, setting.required),
                           0);
  }
  const bool asked = asks_for_durability(spec);
  std::string last = !asked ? "no durability is asked for; `hactl explain spec.durability` says how"
                     : durability_holds(subject) ? "holds"
                                                 : "does not hold";
  if (!subject.trouble.empty()) last += ": " + subject.trouble;
  return text + "\n" + line("Verdict", last);
}

}  // namespace hactl
