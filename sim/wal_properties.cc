#include "sim/wal_properties.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hactl {

namespace {

std::vector<std::uint64_t> ids_of(const std::vector<WalRecord>& wal) {
  std::vector<std::uint64_t> ids;
  ids.reserve(wal.size());
  for (const WalRecord& record : wal)
    ids.push_back(record.id);
  return ids;
}

std::string text(TimelineId timeline) {
  return "timeline " + std::to_string(timeline.value);
}

}  // namespace

bool WalProperties::Opened::holds(const Exposed& record) const {
  const std::size_t count = records_before(record.end);
  return count > 0 && count <= log.size() && log[count - 1] == record.id;
}

bool WalProperties::was_given_up(TimelineId timeline, TimelineId later) const {
  const auto accepted = accepted_.upper_bound(timeline);
  return accepted != accepted_.end() && *accepted <= later;
}

// I2: what could be read at a place of the log is there for good.
void WalProperties::expose(const WalRecord& record, bool acknowledged) {
  const auto [place, first] = places_.emplace(record.id, exposed_.size());
  if (!first) {
    Exposed& known = exposed_[place->second];
    known.acknowledged = known.acknowledged || acknowledged;
    return;
  }
  exposed_.push_back({record.id, record.end, record.timeline, acknowledged});
  const auto [there, alone] = exposed_at_.emplace(record.end, record.id);
  if (alone || there->second == record.id) return;
  // One was written by a primary that had been given up, which a store that was put back forgot.
  const TimelineId other = exposed_[places_.at(there->second)].timeline;
  if (was_given_up(std::min(other, record.timeline), std::max(other, record.timeline))) return;
  trace_.violate("I2", "records " + std::to_string(there->second) + " and " +
                           std::to_string(record.id) + " could both be read at " +
                           to_string(record.end));
}

// I1, I2: what was acknowledged or readable before is there, whoever opens.
void WalProperties::check_nothing_lost(const Opened& opened) {
  for (const Exposed& record : exposed_) {
    if (record.timeline > opened.timeline || opened.holds(record)) continue;
    trace_.violate(
        record.acknowledged ? "I1" : "I2",
        opened.node.value + " opened on " + text(opened.timeline) + " without record " +
            std::to_string(record.id) + " of " + text(record.timeline) +
            (record.acknowledged ? ", which was acknowledged" : ", which could be read"));
    return;
  }
}

bool WalProperties::given_up(const Exposed& record, const SimServer& server,
                             TimelineId timeline) const {
  return std::ranges::any_of(accepted_, [&](TimelineId accepted) {
    if (record.timeline >= accepted || accepted > timeline) return false;
    return accepted == timeline ||
           std::ranges::count(server.disk.wal, accepted, &WalRecord::timeline) > 0;
  });
}

void WalProperties::accept_loss(const SimServer& server, const Opened& opened) {
  std::vector<std::uint64_t> lost;
  for (const Exposed& record : exposed_) {
    const bool missing = record.timeline <= opened.timeline && !opened.holds(record);
    if (missing && given_up(record, server, opened.timeline)) lost.push_back(record.id);
  }
  for (const std::uint64_t id : lost)
    forget(id);
}

void WalProperties::forget(std::uint64_t id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  const Exposed gone = exposed_[place->second];
  exposed_[place->second] = exposed_.back();
  places_[exposed_.back().id] = place->second;
  exposed_.pop_back();
  places_.erase(id);
  const auto there = exposed_at_.find(gone.end);
  if (there != exposed_at_.end() && there->second == id) exposed_at_.erase(there);
}

// I4: when a primary opens, nobody else can acknowledge any more.
void WalProperties::check_only_writer(const SimServer& server) {
  for (const auto& [name, other] : cluster_.servers()) {
    if (name == server.name || !other->can_acknowledge()) continue;
    // One that was deposed while it was opening may open for a moment, unable to acknowledge.
    if (other->timeline() > server.timeline() && !server.can_acknowledge()) continue;
    // One that was given up, with what it still acknowledges.
    if (was_given_up(other->timeline(), server.timeline())) continue;
    trace_.violate("I4",
                   server.name.value + " opened while " + name.value + " could still acknowledge");
  }
}

void WalProperties::gate_opened(const SimServer& server) {
  Opened opened{server.name, server.timeline(), ids_of(server.disk.wal)};
  trace_.note("open " + server.name.value + " " + text(opened.timeline) + " at " +
              to_string(server.disk.end()));
  accept_loss(server, opened);
  check_nothing_lost(opened);
  if (!accepted_.contains(opened.timeline)) check_only_writer(server);
  for (const WalRecord& record : server.disk.wal) {
    if (record.kind == RecordKind::client) expose(record, false);
  }
  opened_.push_back(std::move(opened));
}

void WalProperties::acknowledged(const SimServer& server, const WalRecord& record) {
  ++acknowledged_count_;
  const Exposed exposed{record.id, record.end, record.timeline, true};
  for (auto opened = opened_.rbegin(); opened != opened_.rend(); ++opened) {
    if (opened->timeline <= record.timeline || opened->holds(exposed)) continue;
    // Of a primary that could not hear that it was given up.
    if (was_given_up(record.timeline, opened->timeline)) return forget(record.id);
    trace_.violate("I4", "deposed " + server.name.value + " acknowledged record " +
                             std::to_string(record.id) + " of " + text(record.timeline) +
                             ", which " + opened->node.value + ", open on " +
                             text(opened->timeline) + ", does not have");
  }
  last_acknowledged_at_ = trace_.now();
  expose(record, true);
}

// I8: whoever begins to be primary holds all that was acknowledged by those before.
void WalProperties::promotes(const SimServer& server, TimelineId timeline) {
  const std::vector<WalRecord>& wal = server.disk.wal;
  for (const Exposed& record : exposed_) {
    const std::size_t count = records_before(record.end);
    if (record.timeline >= timeline || !record.acknowledged) continue;
    if (count > 0 && count <= wal.size() && wal[count - 1].id == record.id) continue;
    if (given_up(record, server, timeline)) continue;
    trace_.violate("I8", server.name.value + " begins to be primary on " + text(timeline) +
                             " without record " + std::to_string(record.id) + " of " +
                             text(record.timeline) + ", which was acknowledged");
    return;
  }
}

// I11: a timeline is written by one node only.
void WalProperties::writes_timeline(const SimServer& server, TimelineId timeline) {
  trace_.note("writes " + server.name.value + " " + text(timeline));
  const auto [writer, first] = writers_.emplace(timeline, server.name);
  if (first || writer->second == server.name) return;
  trace_.violate("I11", text(timeline) + " is written by " + server.name.value + " and by " +
                            writer->second.value);
}

void WalProperties::record_written(const FormationRecord& record) {
  if (record.phase != Phase::promote || record.lineage.empty()) return;
  const bool accepted = std::ranges::count(record.overrides, record.epoch, &Override::epoch) > 0;
  if (accepted) accepted_.insert(record.lineage.back().timeline);
}

}  // namespace hactl
