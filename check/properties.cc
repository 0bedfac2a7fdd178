#include "check/properties.h"

#include <utility>

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
    // One that has promised more may have given up since what it held.
    if (view.agents[node]->state.promised.value > epoch ||
        holds_prefix(*view.servers[node], server, server.life)) {
      ++holders;
    }
  }
  if (holders >= settings.required) return {};
  return "I9: " + node_name(self).value + " opens in epoch " + number(epoch) +
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

}  // namespace hactl::check
