#include "sim/sim_store.h"

#include <utility>

namespace hactl {

namespace {
constexpr std::size_t kCopiesMax = 24;
}  // namespace

SimStore::SimStore(EventQueue& queue, StoreDisk& disk, ProcessId controller, const Hooks& hooks,
                   std::uint64_t seed, Written written)
    : queue_(queue),
      disk_(disk),
      controller_(controller),
      hooks_(hooks),
      prng_(seed),
      written_(std::move(written)) {}

Duration SimStore::delay() {
  if (prng_.chance(disk_.trouble_percent)) return Duration{prng_.between(100, 4'000)};
  return Duration{prng_.between(0, 4)};
}

void SimStore::load(std::function<void(Result<StoredWorld>)> loaded) {
  queue_.at(controller_, queue_.now() + delay(), [this, loaded = std::move(loaded)] {
    if (prng_.chance(disk_.trouble_percent)) {
      loaded(Error{ErrorCode::unavailable, "simulated store trouble"});
      return;
    }
    StoredWorld world;
    for (const auto& [name, formation] : disk_.formations)
      world.formations.push_back(formation);
    world.version = disk_.version;
    loaded(world);
  });
}

Result<std::uint64_t> SimStore::apply(const Write& write) {
  const FormationName& name = write.formation.formation.name;
  const auto found = disk_.formations.find(name);
  const std::uint64_t version = found == disk_.formations.end() ? 0 : found->second.version;
  if (version != write.expected_version) return Error{ErrorCode::conflict, "the version moved"};
  if (write.remove) {
    disk_.formations.erase(name);
    return ++disk_.version;
  }
  disk_.older.push_back({disk_.formations, disk_.version});
  if (disk_.older.size() > kCopiesMax) disk_.older.pop_front();
  StoredFormation stored = write.formation;
  const bool planted = hooks_.record && hooks_.record(stored.record);
  stored.version = ++disk_.version;
  disk_.formations.insert_or_assign(name, stored);
  written_(stored);
  if (planted) return Error{ErrorCode::conflict, "read again what was planted"};
  return stored.version;
}

void SimStore::write(const Write& write, std::function<void(Result<std::uint64_t>)> written) {
  // Accepted at one instant, heard of at another: a controller may die in between.
  queue_.at(
      kWorldProcess, queue_.now() + delay(),
      [&queue = queue_, this, controller = controller_, write, written = std::move(written)] {
        if (!queue.alive(controller)) return;
        const bool refused = prng_.chance(disk_.trouble_percent);
        Result<std::uint64_t> answer = Error{ErrorCode::unavailable, "simulated store trouble"};
        if (!refused) answer = apply(write);
        if (!refused && prng_.chance(disk_.trouble_percent)) {
          answer = Error{ErrorCode::timed_out, "simulated: the answer was lost"};
        }
        queue.at(controller, queue.now() + Duration{prng_.between(0, 2)},
                 [written, answer] { written(answer); });
      });
}

}  // namespace hactl
