#include "sim/sim_postgres.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

namespace hactl {

namespace {

constexpr Duration kLookTimeout{2'000};
constexpr Duration kStartWait{10'000};
constexpr Duration kPoll{20};
constexpr std::int64_t kFastStopMs = 3'500;
constexpr std::int64_t kSessionTimeoutMs = 3'000;
constexpr Duration kWriteTimeout{5'000};

Error unavailable(std::string why) {
  return Error{ErrorCode::unavailable, std::move(why)};
}

}  // namespace

SimPostgres::SimPostgres(EventQueue& queue, SimCluster& cluster, SimServer& server,
                         const ProcessScheduler& agent, const Hooks& hooks, std::uint64_t seed)
    : queue_(queue),
      cluster_(cluster),
      server_(server),
      agent_(agent.process()),
      clock_(agent),
      hooks_(hooks),
      prng_(seed) {}

void SimPostgres::after(std::int64_t low_ms, std::int64_t high_ms, std::function<void()> task) {
  queue_.at(agent_, queue_.now() + Duration{prng_.between(low_ms, high_ms)}, std::move(task));
}

void SimPostgres::on_exit(std::function<void()> changed) {
  server_.on_exit([&queue = queue_, agent = agent_, changed = std::move(changed)] {
    queue.post(agent, changed);
  });
}

/// A look takes a moment on an idle machine, and more on a busy one.
std::int64_t SimPostgres::look_time() {
  const std::int64_t kind = prng_.between(1, 100);
  if (kind <= 50) return prng_.between(0, 8);
  return kind <= 95 ? prng_.between(5, 40) : prng_.between(20, 200);
}

void SimPostgres::observe(const PostgresGoal& /*postgres*/,
                          std::function<void(PostgresView)> answer) {
  const bool frozen = server_.frozen();
  const Duration takes = frozen ? kLookTimeout : Duration{look_time()};
  // What is seen may be older than its arrival.
  std::optional<PostgresView> early;
  if (!frozen && prng_.chance(50)) early = server_.look();
  queue_.at(agent_, queue_.now() + takes,
            [this, early = std::move(early), answer = std::move(answer)]() mutable {
              PostgresView view = early ? std::move(*early) : server_.look();
              if (hooks_.seen) hooks_.seen(view);
              answer(std::move(view));
            });
}

void SimPostgres::perform(const Action& action, Done done) {
  if (hooks_.skip && hooks_.skip(action)) {
    after(0, 3, [done = std::move(done)] { done(ActionOutcome{}); });
    return;
  }
  if (prng_.chance(trouble_percent_)) {
    if (prng_.chance(50)) {
      after(0, 200, [done] { done(unavailable("simulated trouble before it")); });
    } else {
      Done fail = [done](const Result<ActionOutcome>& /*outcome*/) {
        done(Error{ErrorCode::internal, "simulated trouble after it"});
      };
      std::visit([&](const auto& order) { run(order, fail); }, action);
    }
    return;
  }
  std::visit([&](const auto& order) { run(order, std::move(done)); }, action);
}

template <typename Other>
void SimPostgres::run(const Other& /*order*/, Done done) {
  after(0, 1, [done = std::move(done)] {
    done(Error{ErrorCode::internal, "not an action of PostgreSQL's door"});
  });
}

void SimPostgres::run(const action::InitDatabase& /*order*/, Done done) {
  after(200, 1'200, [this, done = std::move(done)] {
    if (server_.disk.exists) {
      done(Error{ErrorCode::invalid, "the data directory is not empty"});
      return;
    }
    server_.init_database(SystemId{prng_.next() | 1U});
    done(ActionOutcome{});
  });
}

SimServer* SimPostgres::source(const Upstream& upstream) {
  SimServer* found = cluster_.find(upstream.host, upstream.port);
  if (found == nullptr || found == &server_ || !cluster_.answers(server_, *found)) return nullptr;
  return found->session().admits_nodes ? found : nullptr;
}

Result<ActionOutcome> SimPostgres::copy_from(const Upstream& upstream) {
  const SimServer* from = source(upstream);
  if (from == nullptr) return unavailable("the upstream does not answer");
  if (server_.running()) return Error{ErrorCode::conflict, "PostgreSQL runs"};
  DataDirectory copy = from->disk;
  copy.wal.resize(copy.flushed);
  copy.standby_signal = true;
  copy.clean = false;
  copy.was_primary = !from->in_recovery();
  copy.consistent_at = copy.end();
  copy.slots.clear();
  server_.disk = std::move(copy);
  return ActionOutcome{};
}

void SimPostgres::run(const action::Clone& order, Done done) {
  if (source(order.upstream) == nullptr) {
    after(1, 3'000, [done = std::move(done)] { done(unavailable("no upstream")); });
    return;
  }
  after(300, 3'000,
        [this, upstream = order.upstream, done = std::move(done)] { done(copy_from(upstream)); });
}

Result<ActionOutcome> SimPostgres::rewind_from(const Upstream& upstream) {
  const SimServer* from = source(upstream);
  if (from == nullptr) return Error{ErrorCode::corrupt, "the source went away"};
  if (server_.running() || !server_.disk.exists) {
    return Error{ErrorCode::conflict, "the target runs or is not there"};
  }
  DataDirectory& disk = server_.disk;
  Lsn common = kFirstLsn;
  const auto own = disk.ancestry(disk.timeline());
  const auto other = from->disk.ancestry(from->timeline());
  for (std::size_t i = 0; i < std::min(own.size(), other.size()); ++i) {
    if (own[i].timeline != other[i].timeline) break;
    common = std::min(own[i].end, other[i].end);
  }
  // Its own records up to there stay as they are; the source's WAL files after that come with it.
  disk.wal.resize(std::min(disk.wal.size(), disk.count_up_to(common)));
  const Lsn kept = disk.end();
  for (std::size_t i = from->disk.count_up_to(kept); i < from->disk.flushed; ++i) {
    disk.wal.push_back(from->disk.wal[i]);
  }
  disk.flushed = disk.wal.size();
  disk.history = from->disk.history;
  disk.checkpoint_timeline = from->disk.checkpoint_timeline;
  disk.control_connections = from->disk.control_connections;
  disk.checkpoint_end = kept;
  disk.consistent_at = from->disk.end();
  disk.standby_signal = true;
  disk.was_primary = false;
  disk.clean = false;
  disk.corrupt = false;
  return ActionOutcome{};
}

void SimPostgres::run(const action::AskSource& order, Done done) {
  after(5, 100, [this, order, done = std::move(done)] {
    const SimServer* from = source(order.upstream);
    if (from == nullptr) {
      done(unavailable("the source does not answer"));
    } else if (from->disk.checkpoint_timeline != order.timeline) {
      done(unavailable("the source has no checkpoint on its timeline yet"));
    } else {
      done(ActionOutcome{});
    }
  });
}

void SimPostgres::run(const action::Rewind& order, Done done) {
  if (source(order.upstream) == nullptr) {
    after(1, 3'000, [done = std::move(done)] { done(unavailable("no source")); });
    return;
  }
  after(50, 400, [this, order, done = std::move(done)] {
    const SimServer* from = source(order.upstream);
    // The door asks first, for pg_rewind takes one timeline in the control files for one history.
    if (from == nullptr || from->disk.checkpoint_timeline != order.timeline) {
      done(unavailable("the source has no checkpoint on its timeline yet"));
      return;
    }
    if (from->disk.checkpoint_timeline == server_.disk.checkpoint_timeline) {
      done(ActionOutcome{});
      return;
    }
    if (!server_.running()) server_.disk.corrupt = true;
    after(50, 1'500, [this, order, done] { done(rewind_from(order.upstream)); });
  });
}

void SimPostgres::run(const action::Configure& order, Done done) {
  after(1, 8, [this, order, done = std::move(done)] {
    if (order.until && clock_.now() > *order.until) {
      done(Error{ErrorCode::timed_out, "the leave to do so has run out"});
      return;
    }
    server_.configure(order.files);
    done(ActionOutcome{});
  });
}

void SimPostgres::run(const action::StartStandby& /*order*/, Done done) {
  start(SimServer::StartAs::standby, std::move(done));
}

void SimPostgres::run(const action::ResumeGated& /*order*/, Done done) {
  start(SimServer::StartAs::primary, std::move(done));
}

void SimPostgres::run(const action::AskToOpen& /*order*/, Done done) {
  after(0, 1, [this, done = std::move(done)] {
    server_.start_nonce = prng_.next() | 1U;
    done(ActionOutcome{Lsn{}, server_.start_nonce});
  });
}

void SimPostgres::start(SimServer::StartAs as, Done done) {
  after(5, 60, [this, as, done = std::move(done)] {
    if (server_.running() || server_.leftovers() || !server_.disk.exists) {
      done(Error{ErrorCode::conflict, "PostgreSQL can't be started"});
      return;
    }
    server_.start(as);
    await_start(queue_.now() + kStartWait, done);
  });
}

void SimPostgres::await_start(Instant deadline, Done done) {
  if (!server_.running()) {
    done(unavailable("PostgreSQL ended while it started"));
  } else if (server_.accepting() || queue_.now() >= deadline) {
    done(ActionOutcome{});
  } else {
    queue_.at(agent_, queue_.now() + kPoll,
              [this, deadline, done = std::move(done)] { await_start(deadline, done); });
  }
}

void SimPostgres::run(const action::Stop& order, Done done) {
  Done gone = [this, done = std::move(done)](const Result<ActionOutcome>& /*outcome*/) {
    server_.disk.standby_signal = server_.disk.exists;
    await_leftovers(done);
  };
  if (!server_.running()) {
    after(0, 2, [gone] { gone(ActionOutcome{}); });
    return;
  }
  if (order.mode == action::Stop::Mode::immediate) {
    after(5, 80, [this, gone] {
      server_.crash();
      gone(ActionOutcome{});
    });
    return;
  }
  // The door's own deadline ends a PostgreSQL that does not stop, for instance a frozen one.
  const auto answered = std::make_shared<bool>(false);  // Shared by two tasks; the first one wins.
  server_.stop_fast([&queue = queue_, agent = agent_, gone, answered] {
    queue.post(agent, [gone, answered] {
      if (!std::exchange(*answered, true)) gone(ActionOutcome{});
    });
  });
  after(kFastStopMs, kFastStopMs, [this, gone, answered] {
    if (std::exchange(*answered, true)) return;
    server_.crash();
    gone(ActionOutcome{});
  });
}

void SimPostgres::await_leftovers(Done done) {
  if (!server_.leftovers()) {
    done(ActionOutcome{});
    return;
  }
  queue_.at(agent_, queue_.now() + kPoll,
            [this, done = std::move(done)] { await_leftovers(done); });
}

void SimPostgres::run(const action::Attach& order, Done done) {
  after(0, 4, [this, epoch = order.epoch, done = std::move(done)] {
    server_.credentials.insert(epoch);
    server_.wake_receiver();
    done(ActionOutcome{});
  });
}

void SimPostgres::run(const action::Detach& /*order*/, Done done) {
  after(0, 4, [this, done = std::move(done)] {
    server_.credentials.clear();
    if (server_.frozen() && cluster_.has_receiver(server_)) {
      after(1'000, 1'000, [done] { done(unavailable("the WAL receiver does not end")); });
      return;
    }
    cluster_.end_receiver(server_);
    after(0, 10, [done] { done(ActionOutcome{}); });
  });
}

void SimPostgres::run(const action::NudgeReceiver& /*order*/, Done done) {
  after(0, 4, [this, done = std::move(done)] {
    if (!server_.frozen()) cluster_.end_receiver(server_);
    done(ActionOutcome{});
  });
}

void SimPostgres::with_session(std::int64_t high_ms, std::function<Result<ActionOutcome>()> use,
                               Done done) {
  if (server_.frozen()) {
    after(kSessionTimeoutMs, kSessionTimeoutMs, [done = std::move(done)] {
      done(Error{ErrorCode::timed_out, "PostgreSQL does not answer"});
    });
    return;
  }
  after(1, high_ms, [this, use = std::move(use), done = std::move(done)] {
    if (!server_.accepting() || server_.frozen()) {
      done(unavailable("no session can be had"));
    } else {
      done(use());
    }
  });
}

void SimPostgres::run(const action::Promote& order, Done done) {
  with_session(
      5,
      [this, timeline = order.timeline]() -> Result<ActionOutcome> {
        server_.credentials.clear();
        server_.end_sessions();
        if (!server_.promote(timeline)) return Error{ErrorCode::conflict, "it can't be promoted"};
        return ActionOutcome{};
      },
      std::move(done));
}

void SimPostgres::run(const action::Checkpoint& /*order*/, Done done) {
  with_session(
      300,
      [this]() -> Result<ActionOutcome> {
        server_.checkpoint();
        return ActionOutcome{};
      },
      std::move(done));
}

void SimPostgres::run(const action::ProveCheckpointer& /*order*/, Done done) {
  with_session(
      400,
      [this]() -> Result<ActionOutcome> {
        server_.prove_checkpointer();
        return ActionOutcome{};
      },
      std::move(done));
}

void SimPostgres::write(RecordKind kind, Done done) {
  const auto answered = std::make_shared<bool>(false);  // Shared by two tasks; the first one wins.
  after(1, 10, [this, kind, answered, done] {
    if (!server_.accepting() || server_.frozen() || server_.in_recovery()) {
      *answered = true;
      done(unavailable("it can't be written to"));
      return;
    }
    server_.write_local(kind, [&queue = queue_, agent = agent_, answered, done](Lsn end) {
      queue.post(agent, [answered, done, end] {
        if (!std::exchange(*answered, true)) done(ActionOutcome{end, 0});
      });
    });
  });
  queue_.at(agent_, queue_.now() + kWriteTimeout, [answered, done] {
    if (!std::exchange(*answered, true)) {
      done(Error{ErrorCode::timed_out, "the write did not come back"});
    }
  });
}

void SimPostgres::run(const action::WriteBarrier& /*order*/, Done done) {
  write(RecordKind::lineage, std::move(done));
}

void SimPostgres::run(const action::PrepareDatabase& /*order*/, Done done) {
  write(RecordKind::prepare, std::move(done));
}

void SimPostgres::run(const action::SetSlots& order, Done done) {
  with_session(
      10,
      [this, wanted = order.wanted]() -> Result<ActionOutcome> {
        server_.disk.slots = wanted;
        return ActionOutcome{};
      },
      std::move(done));
}

void SimPostgres::run(const action::Tick& /*order*/, Done done) {
  with_session(
      3,
      [this]() -> Result<ActionOutcome> {
        if (server_.in_recovery()) return unavailable("it can't be written to");
        return ActionOutcome{server_.tick(), 0};
      },
      std::move(done));
}

}  // namespace hactl
