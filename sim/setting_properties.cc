#include "sim/setting_properties.h"

#include <algorithm>
#include <string>
#include <utility>

#include "model/names.h"

namespace hactl {

std::optional<Epoch> SettingProperties::epoch_of(const SimServer& server) const {
  const AgentState* state = promises_.state(server.name);
  if (state == nullptr || !state->promoted) return std::nullopt;
  return state->promoted->epoch;
}

const std::vector<SyncConfig>* SettingProperties::on_record(Epoch epoch) const {
  const auto found = settings_.find(epoch);
  return found == settings_.end() ? nullptr : &found->second;
}

SettingProperties::Rule SettingProperties::read(const SyncRule& rule, Epoch epoch) {
  Rule result;
  result.required = rule.required;
  for (const std::string& name : rule.names) {
    const auto parsed = parse_application_name(name);
    // Nobody streams under other names, or under those of another epoch, and is counted.
    if (parsed && parsed->second == epoch) result.members.insert(parsed->first);
  }
  return result;
}

/// Whether every commit that `rule` lets go is held as `config` says.
bool SettingProperties::allows(const SyncConfig& config, const Rule& rule) {
  const auto others = std::ranges::count_if(
      rule.members, [&](const NodeName& member) { return !config.members.contains(member); });
  return config.required == 0 || rule.required - others >= config.required;
}

void SettingProperties::check_rule(const SimServer& server, Epoch epoch, const Rule& rule) {
  const std::vector<SyncConfig>* settings = on_record(epoch);
  if (settings == nullptr) return;
  const bool known =
      std::ranges::any_of(*settings, [&](const SyncConfig& c) { return allows(c, rule); });
  if (known) return;
  std::string names;
  for (const NodeName& member : rule.members)
    names += " " + member.value;
  trace_.violate("I6", server.name.value + " lets commits of epoch " + std::to_string(epoch.value) +
                           " go when " + std::to_string(rule.required) + " of" + names +
                           " hold them, which is not on record");
}

// I6: every process of an open primary follows a setting that is on record, or a stricter one.
void SettingProperties::settings_taken(const SimServer& server) {
  if (!server.writable()) return;
  const auto epoch = epoch_of(server);
  if (!epoch) return;
  if (!server.commits_wait()) return check_rule(server, *epoch, Rule{});
  for (const SenderState* sender : cluster_.senders(server)) {
    // One whose standby its rule does not count releases nobody, whatever the rule says.
    if (sender->rule.required > 0 && sender->priority > 0) {
      check_rule(server, *epoch, read(sender->rule, *epoch));
    }
  }
}

void SettingProperties::record_written(const FormationRecord& record) {
  std::map<Epoch, std::vector<SyncConfig>> now;
  for (const SyncConfig& config : record.in_force)
    now[config.epoch].push_back(config);
  if (record.recovering) {
    recovering_ = true;
  } else if (std::exchange(recovering_, false)) {
    record_is_old_ = false;
  }
  // What was on record before may be in force as well, until the record has been made good.
  for (auto& [epoch, configs] : now) {
    if (!record_is_old_) continue;
    for (const SyncConfig& before : settings_[epoch]) {
      if (std::ranges::find(configs, before) == configs.end()) configs.push_back(before);
    }
  }
  for (auto& [epoch, configs] : now)
    settings_.insert_or_assign(epoch, std::move(configs));
  for (const auto& [name, server] : cluster_.servers())
    settings_taken(*server);
}

void SettingProperties::goal_arrived(const Goal& goal) {
  answers_.emplace(goal.node, goal.start_nonce);
}

int SettingProperties::holders(const std::set<NodeName>& members, const WalRecord& record) const {
  return static_cast<int>(std::ranges::count_if(members, [&](const NodeName& name) {
    const auto found = cluster_.servers().find(name);
    return forgetful_.contains(name) ||
           (found != cluster_.servers().end() && found->second->disk.has_flushed(record));
  }));
}

// I9: a primary opens when the first record of this life of it is on its commit quorum; where
// commits wait for nobody, it has had the controller's answer to a question of just this start.
void SettingProperties::gate_opened(const SimServer& server) {
  settings_taken(server);
  const auto epoch = epoch_of(server);
  if (!epoch) {
    trace_.violate("I9", server.name.value + " opened and was never told to be primary");
    return;
  }
  const Rule rule = read(parse_sync_names(server.session().sync_names), *epoch);
  if (rule.required == 0) {
    const bool told =
        server.start_nonce != 0 && answers_.contains({server.name, server.start_nonce});
    if (!told) trace_.violate("I9", server.name.value + " opened without being told");
    return;
  }
  const std::size_t count = records_before(server.first_own());
  if (count == 0 || count > server.disk.wal.size()) return;
  const int held = holders(rule.members, server.disk.wal[count - 1]);
  if (held >= rule.required) return;
  trace_.violate("I9", server.name.value + " opened while " + std::to_string(held) + " of " +
                           std::to_string(rule.required) + " standbys held its beginning");
}

// I10: who counts for a commit does hold it, by what may be in force.
void SettingProperties::acknowledged(const SimServer& server, const WalRecord& record) {
  const auto epoch = epoch_of(server);
  if (!epoch) return;
  const std::vector<SyncConfig>* settings = on_record(*epoch);
  if (settings == nullptr) return;
  int least = settings->empty() ? 0 : settings->front().required;
  std::set<NodeName> members;
  for (const SyncConfig& config : *settings) {
    least = std::min(least, config.required);
    members.insert(config.members.begin(), config.members.end());
  }
  // While one setting follows another, walsenders count the members of both.
  if (holders(members, record) >= least) return;
  std::string held_by;
  for (const auto& [name, other] : cluster_.servers()) {
    if (other->disk.has_flushed(record)) held_by += " " + name.value;
  }
  trace_.violate("I10", server.name.value + " acknowledged record " + std::to_string(record.id) +
                            ", held by" + held_by + " and by too few standbys that count");
}

}  // namespace hactl
