#include "controller/watches.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "controller/event_number.h"
#include "model/limits.h"

namespace hactl {
namespace {

using Json = nlohmann::json;

std::string line(std::string_view type, const Json& object) {
  return dump_json(Json{{"type", type}, {"object", object}}) + "\n";
}

bool concerns(const WatchSubject& subject, const ShownKey& key) {
  const ShownKind kind =
      subject.kind == WatchSubject::Kind::nodes ? ShownKind::node : ShownKind::formation;
  if (key.kind != kind) return false;
  if (subject.formation && *subject.formation != key.formation) return false;
  return !subject.node || *subject.node == key.node;
}

std::string_view kind_name(WatchSubject::Kind kind) {
  switch (kind) {
    case WatchSubject::Kind::formations: return "Formation";
    case WatchSubject::Kind::nodes: return "Node";
    case WatchSubject::Kind::events: return "Event";
  }
  return "Formation";
}

Failure expired(const ResourceVersion& position) {
  Failure failure;
  failure.code = 410;
  failure.reason = "Expired";
  failure.message = "too old resource version: " + to_string(position);
  return failure;
}

}  // namespace

Watches::Watches(Scheduler& scheduler, FormationSet& formations)
    : scheduler_(scheduler), formations_(formations) {}

Watches::~Watches() {
  if (round_timer_) scheduler_.cancel(*round_timer_);
  scheduler_.cancel(bookmark_timer_);
}

void Watches::start() {
  // The wall clock's milliseconds are above what an earlier life can have counted to, because no
  // life counts a thousand changes a second.
  shown_ = std::make_unique<Shown>(static_cast<std::uint64_t>(scheduler_.utc().milliseconds),
                                   formations_.started_version());
  for (const FormationLoop* loop : formations_.all()) {
    shown_->adopt(*loop);
  }
  bookmark_timer_ = scheduler_.at(scheduler_.now() + kBookmarkEvery, [this] { bookmark(); });
}

ResourceVersion Watches::position() const {
  return ResourceVersion{formations_.version(), shown_->last_change()};
}

Json Watches::formation_now(const FormationLoop& loop) {
  shown_->refresh(loop);
  return shown_->find(ShownKey{ShownKind::formation, loop.name(), {}})->object;
}

std::vector<Json> Watches::nodes_now(const FormationLoop& loop) {
  shown_->refresh(loop);
  std::vector<Json> nodes;
  // In the order of the status, which is that of the file.
  const ShownObject* formation = shown_->find(ShownKey{ShownKind::formation, loop.name(), {}});
  for (const Json& row : formation->object["status"]["nodes"]) {
    const NodeName name(row["name"].get<std::string>());
    nodes.push_back(shown_->find(ShownKey{ShownKind::node, loop.name(), name})->object);
  }
  return nodes;
}

std::optional<Json> Watches::node_now(const FormationLoop& loop, const NodeName& node) {
  shown_->refresh(loop);
  const ShownObject* shown = shown_->find(ShownKey{ShownKind::node, loop.name(), node});
  if (shown == nullptr) return std::nullopt;
  return shown->object;
}

void Watches::watch(const WatchSubject& subject, std::optional<ResourceVersion> position,
                    std::shared_ptr<HttpExchange> exchange) {
  if (streams_.size() >= kWatchesMax) {
    return exchange->respond(
        failure_response(failure_of(Error{ErrorCode::unavailable, "too many watches"})));
  }
  for (FormationLoop* loop : formations_.all()) {
    shown_->refresh(*loop);
  }
  exchange->begin_stream({});
  const bool resumable = !position || (subject.kind == WatchSubject::Kind::events
                                           ? events_kept_since(subject, position->version)
                                           : shown_->can_resume(*position));
  if (!resumable) {
    static_cast<void>(exchange->write(line("ERROR", status_object(expired(*position)))));
    return exchange->end_stream();
  }
  const std::uint64_t number = ++last_number_;
  Stream stream;
  stream.subject = subject;
  stream.change = position ? shown_->change_at(*position) : 0;
  stream.event = event_at(position);
  stream.exchange = std::move(exchange);
  if (!tell(stream)) return;
  stream.exchange->on_closed([this, number] { streams_.erase(number); });
  streams_.emplace(number, std::move(stream));
}

std::uint64_t Watches::event_at(const std::optional<ResourceVersion>& position) const {
  return position ? event_number(position->version, kEventsPerWriteMax - 1) : 0;
}

bool Watches::events_kept_since(const WatchSubject& subject, std::uint64_t version) {
  if (version > formations_.version()) return false;
  return std::ranges::all_of(formations_.all(), [&](const FormationLoop* loop) {
    if (subject.formation && loop->name() != *subject.formation) return true;
    const std::deque<Event>& events = loop->events();
    return events.size() < kEventsMax || event_version(events.front().number) <= version + 1;
  });
}

void Watches::looked_at(const FormationName& name) {
  if (streams_.empty()) return;  // A stream that begins looks at everything.
  dirty_.insert(name);
  if (round_timer_) return;
  const Instant due = std::max(scheduler_.now(), last_round_ + kWatchRoundEvery);
  round_timer_ = scheduler_.at(due, [this] { round(); });
}

void Watches::forgotten(const FormationName& name) {
  shown_->remove(name);
  looked_at(name);
}

void Watches::refresh_dirty() {
  for (const FormationName& name : std::exchange(dirty_, {})) {
    if (const FormationLoop* loop = formations_.find(name)) shown_->refresh(*loop);
  }
}

void Watches::round() {
  round_timer_.reset();
  last_round_ = scheduler_.now();
  refresh_dirty();
  tell_all([](Stream&) { return true; });
}

void Watches::bookmark() {
  bookmark_timer_ = scheduler_.at(scheduler_.now() + kBookmarkEvery, [this] { bookmark(); });
  refresh_dirty();
  const Json metadata{{"resource-version", to_string(position())}};
  tell_all([&](Stream& stream) {
    const Json object{{"kind", kind_name(stream.subject.kind)}, {"metadata", metadata}};
    return stream.exchange->write(line("BOOKMARK", object));
  });
}

void Watches::tell_all(const std::function<bool(Stream&)>& then) {
  for (auto entry = streams_.begin(); entry != streams_.end();) {
    const bool there = tell(entry->second) && then(entry->second);
    entry = there ? std::next(entry) : streams_.erase(entry);
  }
}

bool Watches::tell(Stream& stream) {
  return stream.subject.kind == WatchSubject::Kind::events ? tell_events(stream)
                                                           : tell_objects(stream);
}

bool Watches::tell_objects(Stream& stream) {
  // In the order in which they happened: a formation may have gone and come again.
  std::map<std::uint64_t, std::string> lines;
  for (const auto& [key, shown] : shown_->removed()) {
    const bool knew = shown.first_change <= stream.change;
    if (shown.change > stream.change && knew && concerns(stream.subject, key)) {
      lines[shown.change] = line("DELETED", shown.object);
    }
  }
  for (const auto& [key, shown] : shown_->objects()) {
    if (shown.change <= stream.change || !concerns(stream.subject, key)) continue;
    const bool added = shown.first_change > stream.change;
    lines[shown.change] = line(added ? "ADDED" : "MODIFIED", shown.object);
  }
  stream.change = shown_->last_change();
  return std::ranges::all_of(
      lines, [&](const auto& entry) { return stream.exchange->write(entry.second); });
}

bool Watches::tell_events(Stream& stream) {
  std::map<std::uint64_t, std::string> lines;
  for (const FormationLoop* loop : formations_.all()) {
    if (stream.subject.formation && loop->name() != *stream.subject.formation) continue;
    const std::deque<Event>& events = loop->events();
    const auto first = std::ranges::upper_bound(events, stream.event, {}, &Event::number);
    for (auto event = first; event != events.end(); ++event) {
      lines[event->number] = line("ADDED", event_object(loop->name(), *event));
    }
  }
  if (!lines.empty()) stream.event = lines.rbegin()->first;
  return std::ranges::all_of(
      lines, [&](const auto& entry) { return stream.exchange->write(entry.second); });
}

}  // namespace hactl
