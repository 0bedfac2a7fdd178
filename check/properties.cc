#include "check/properties.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace hactl::check {
namespace {

std::string number(std::uint8_t value) {
  return std::to_string(value);
}

/// I1, I2: what a client was told or could read is there, whoever opens later.
std::string check_nothing_lost(const View& view, std::uint8_t self, std::uint8_t epoch,
                               const Tally& tally) {
  for (std::uint8_t write = 1; write <= kWritesMax; ++write) {
    const std::uint8_t seen = tally.exposed[write - 1U];
    if (seen == 0 || seen > epoch || holds_write(*view.servers[self], write)) continue;
    if (seen < tally.waived && tally.waived <= epoch) continue;
    return "I1, I2: " + node_name(self).value + " opens in epoch " + number(epoch) +
           " without commit " + number(write) + ", which clients saw in epoch " + number(seen);
  }
  return {};
}

/// I9: what was there when it became a primary is on the commit quorum of its setting in force.
std::string check_gate(const View& view, std::uint8_t self, std::uint8_t epoch) {
  const Server& server = *view.servers[self];
  const Settings& settings = view.settings[server.settings];
  int holders = 0;
  for (const auto& [node, name_epoch] : settings.names) {
    if (node == kNoNode || name_epoch != epoch) continue;
    const std::uint64_t promised = view.agents[node]->state.promised.value;
    // One that has promised more may have given up since what it held; one that has promised less
    // may yet do so.
    if (promised > epoch ||
        (promised == epoch && holds_prefix(*view.servers[node], server, server.life))) {
      ++holders;
    }
  }
  if (holders >= settings.required) return {};
  return "I9: " + node_name(self).value + " is taken for the primary of epoch " + number(epoch) +
         " before its commit quorum holds what it begins with";
}

std::string expose(const View& view, std::uint8_t self, std::uint8_t write, std::uint8_t epoch,
                   Tally& tally) {
  std::uint8_t& seen = tally.exposed[write - 1U];
  if (seen == 0 || epoch < seen) seen = epoch;
  for (std::uint8_t node = 0; node < kNodes; ++node) {
    if (node == self || !is_open(*view.servers[node], view.settings)) continue;
    const std::uint8_t later = epoch_of(*view.agents[node]);
    if (later <= epoch || holds_write(*view.servers[node], write)) continue;
    if (epoch < tally.waived && tally.waived <= later) continue;
    return "I1, I4: " + node_name(self).value + ", deposed, lets clients see commit " +
           number(write) + ", which " + node_name(node).value + ", open in epoch " + number(later) +
           ", does not have";
  }
  return {};
}

std::string open(const View& view, std::uint8_t self, std::uint8_t epoch, Tally& tally) {
  std::string broken = check_nothing_lost(view, self, epoch, tally);
  if (broken.empty()) broken = check_gate(view, self, epoch);
  for (std::uint8_t node = 0; node < kNodes && broken.empty(); ++node) {
    const bool other = node != self && runs_as_primary(*view.servers[node]);
    if (!other || epoch_of(*view.agents[node]) != epoch) continue;
    broken = "I3: two primaries in epoch " + number(epoch);
  }
  for (std::uint8_t write = 1; write <= kWritesMax && broken.empty(); ++write) {
    if (!holds_write(*view.servers[self], write)) continue;
    broken = expose(view, self, write, epoch, tally);
  }
  return broken;
}

/// Whether the record knows that the node may acknowledge as soon as `quorum` has the commit, a bit
/// for each node.
bool is_on_record(const FormationRecord& record, std::uint8_t self, std::uint8_t epoch,
                  unsigned quorum) {
  return std::ranges::any_of(record.in_force, [&](const SyncConfig& config) {
    const auto held = std::ranges::count_if(config.members, [&](const NodeName& member) {
      return (quorum >> node_index(member) & 1U) != 0;
    });
    return config.epoch.value == epoch && config.primary == node_name(self) &&
           held >= config.required;
  });
}

/// Whether all the quorums that `rule` asks for are on record; a rule that is not obeyed asks for
/// nobody.
bool is_on_record(const FormationRecord& record, std::uint8_t self, std::uint8_t epoch,
                  const Settings* rule) {
  const int required = rule == nullptr ? 0 : rule->required;
  for (unsigned quorum = 0; quorum < (1U << kNodes); ++quorum) {
    int members = 0;
    int strangers = 0;
    for (std::uint8_t node = 0; node < kNodes; ++node) {
      if ((quorum >> node & 1U) == 0) continue;
      const bool member = rule != nullptr && rule->priority_of(node, epoch) > 0;
      (member ? members : strangers) += 1;
    }
    if (strangers > 0 || members != required) continue;
    if (!is_on_record(record, self, epoch, quorum)) return false;
  }
  return true;
}

/// The first holder of something stays the only one.
bool holds_alone(std::uint8_t& holder, std::uint8_t node) {
  if (holder == 0) holder = node;
  return holder == node;
}

}  // namespace

std::string judge(const View& view, std::uint8_t self, Effect effect, Tally& tally) {
  const auto own = static_cast<std::uint8_t>(self + 1);
  switch (effect.kind) {
    case Effect::Kind::none: return {};
    case Effect::Kind::crash: ++tally.crashes; return {};
    case Effect::Kind::late: ++tally.late; return {};
    case Effect::Kind::stale: ++tally.stale; return {};
    case Effect::Kind::foreign: ++tally.foreign; return {};
    case Effect::Kind::write: ++tally.writes; return {};
    case Effect::Kind::expose: return expose(view, self, effect.value, effect.epoch, tally);
    case Effect::Kind::open: return open(view, self, effect.epoch, tally);
    case Effect::Kind::promoted:
      if (holds_alone(tally.promoted[effect.epoch], own)) return {};
      return "I3: a second node is promoted in epoch " + number(effect.epoch);
    case Effect::Kind::timeline:
      if (holds_alone(tally.writers[effect.value], own)) return {};
      return "I11: a second node writes timeline " + number(effect.value);
  }
  return {};
}

std::string judge_candidate(std::uint8_t epoch, std::uint8_t candidate, Tally& tally) {
  if (holds_alone(tally.candidate[epoch], candidate)) return {};
  return "I12: epoch " + number(epoch) + " names a second candidate";
}

std::string judge_settings(const View& view, const FormationRecord& record,
                           const FormationRecord* before) {
  for (std::uint8_t self = 0; self < kNodes; ++self) {
    const Server& server = *view.servers[self];
    const std::uint8_t epoch = epoch_of(*view.agents[self]);
    // What a deposed primary asks for, nobody gives any more.
    const bool counts = std::ranges::count(record.in_force, Epoch(epoch), &SyncConfig::epoch) > 0;
    if (!counts || !is_open(server, view.settings)) continue;
    std::vector<const Settings*> rules{&view.settings[server.settings]};
    if (!server.commits_wait) rules.push_back(nullptr);
    for (std::uint8_t node = 0; node < kNodes; ++node) {
      const Sender& sender = server.senders[node];
      if (!sender.open) continue;
      const Settings& rule = view.settings[sender.settings];
      if (rule.priority_of(node, sender.epoch) > 0) rules.push_back(&rule);
    }
    for (const Settings* rule : rules) {
      if (is_on_record(record, self, epoch, rule)) continue;
      if (before != nullptr && !is_on_record(*before, self, epoch, rule)) continue;
      return "I6: " + node_name(self).value + " may acknowledge by " +
             (rule == nullptr || rule->sync_names.empty() ? "nobody" : rule->sync_names) +
             ", which is not on record";
    }
  }
  return {};
}

std::string judge_retirement(const View& view, const FormationRecord& record) {
  return check_gate(view, node_index(*record.primary),
                    static_cast<std::uint8_t>(record.epoch.value));
}

std::string judge_quorum(const View& view, const FormationRecord& record, const Tally& tally) {
  const SyncConfig& setting = record.in_force.front();
  for (std::uint8_t write = 1; write <= kWritesMax; ++write) {
    const std::uint8_t seen = tally.exposed[write - 1U];
    if (seen == 0 || seen > setting.epoch.value || seen < tally.waived) continue;
    const auto holders = std::ranges::count_if(setting.members, [&](const NodeName& member) {
      return holds_write(*view.servers[node_index(member)], write);
    });
    if (holders >= setting.required) continue;
    return "I6: commit " + number(write) + " is not on the quorum of " + to_string(setting) +
           ", which alone is on record";
  }
  return {};
}

std::string judge_words(const View& view, const FormationRecord& record) {
  for (const auto& [name, final_report] : record.finals) {
    if (view.agents[node_index(name)]->state.promised >= record.epoch) continue;
    return "I8: the word of " + name.value + " counts in epoch " +
           std::to_string(record.epoch.value) + ", which it has not promised";
  }
  return {};
}

}  // namespace hactl::check
