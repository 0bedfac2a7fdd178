// bench_switchover [--runs N] [--migration | --pgbench]: how long a client that writes all the time
// cannot, when the primary is moved: by `hactl switchover` among 3 nodes, at rest or while pgbench
// runs with eight clients, or by an edit of the file that moves production from one region to
// another among 7.
#include <signal.h>
#include <stdlib.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "bench/bench_lab.h"
#include "bench/writer.h"
#include "io/process.h"

namespace hactl {
namespace {

constexpr int kRunsDefault = 5;
// Writes before and after each move, so that a gap has two ends.
constexpr std::chrono::milliseconds kSteadyTime{1'500};
constexpr std::chrono::milliseconds kReadBackTime{30'000};
constexpr BenchTarget kAtRest{200, 500};
constexpr BenchTarget kUnderLoad{500, 1'000};

struct MoveOptions {
  bool migration = false;
  bool pgbench = false;
  int runs = kRunsDefault;
};

std::vector<std::string> environment() {
  const char* path = getenv("PATH");
  return {fmt::format("PATH={}", path == nullptr ? "" : path)};
}

/// pgbench in the background; its clients end when their server does, so it is started anew for
/// each move.
class Load {
 public:
  static Result<Done> prepare(const std::string& uri) {
    const Result<ProcessOutput> made = run_process(
        {.argv = {"pgbench", "-i", "-q", "-s", "10", "-d", uri}, .environment = environment()},
        kBenchCommandTime);
    if (!made.ok()) return made.error();
    if (!made->succeeded()) return Error{ErrorCode::internal, "pgbench -i: " + made->output};
    return Done{};
  }

  explicit Load(const std::string& uri)
      : pid_(spawn_process({.argv = {"pgbench", "-n", "-c", "8", "-T", "600", "-d", uri},
                            .environment = environment()})) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    if (!pid_.ok()) return;
    const Result<ProcessWatch> watch = ProcessWatch::open(*pid_);
    if (watch.ok()) {
      static_cast<void>(watch->send_signal(SIGKILL));
      static_cast<void>(watch->wait(kBenchCommandTime));
    }
    reap(*pid_);
  }

  [[nodiscard]] bool runs() const { return pid_.ok() && state_of(*pid_) == ProcessState::running; }

 private:
  Result<pid_t> pid_;
};

Result<Done> move(BenchLab& lab, const MoveOptions& options, int run) {
  if (options.migration) {
    const Production to = run % 2 == 0 ? Production::amsterdam : Production::paris;
    return lab.apply({.nodes = 7, .production = to});
  }
  const Result<std::string> moved = lab.hactl({"switchover", "--wait"});
  if (!moved.ok()) return moved.error();
  return lab.converged();
}

// One move, with the load around it when there is to be one.
Result<Gap> timed_move(BenchLab& lab, const MoveOptions& options, int run) {
  std::optional<Load> load;
  if (options.pgbench) {
    const Result<std::string> uri = lab.uri();
    if (!uri.ok()) return uri.error();
    load.emplace(*uri);
  }
  std::this_thread::sleep_for(kSteadyTime);
  if (load && !load->runs()) return Error{ErrorCode::internal, "pgbench has ended by itself"};
  const SteadyTime from = std::chrono::steady_clock::now();
  const Result<Done> done = move(lab, options, run);
  if (!done.ok()) return done.error();
  return Gap{from, std::chrono::steady_clock::now()};
}

Result<Done> measure(BenchLab& lab, Writer& writer, const MoveOptions& options) {
  std::vector<Gap> moves;
  std::thread writing([&writer] { writer.run(std::nullopt); });
  Result<Done> outcome = Done{};
  for (int run = 0; run < options.runs && outcome.ok(); ++run) {
    const Result<Gap> moved = timed_move(lab, options, run);
    if (moved.ok()) {
      moves.push_back(*moved);
    } else {
      outcome = moved.error();
    }
  }
  std::this_thread::sleep_for(kSteadyTime);
  writer.stop();
  writing.join();
  if (!outcome.ok()) return outcome;
  std::vector<double> gaps;
  std::vector<double> times;
  for (const Gap& each : moves) {
    gaps.push_back(static_cast<double>(writer.longest_gap(each).length().count()) / 1000);
    times.push_back(static_cast<double>(each.length().count()) / 1000);
  }
  if (options.migration) {
    print_spread("migration, writes pause", gaps, "ms");
    print_spread("migration, apply to Converged", times, "ms");
  } else {
    print_against(options.pgbench ? "switchover under pgbench -c 8, writes pause"
                                  : "switchover, writes pause",
                  gaps, options.pgbench ? kUnderLoad : kAtRest);
    print_spread("switchover, to Converged", times, "ms");
  }
  const Result<std::vector<std::int64_t>> lost = writer.lost(kReadBackTime);
  if (!lost.ok()) return lost.error();
  fmt::print("acknowledged {} indeterminate {} lost {}\n", writer.acknowledged().size(),
             writer.indeterminate(), lost->size());
  if (lost->empty()) return Done{};
  return Error{ErrorCode::corrupt, "acknowledged rows are lost"};
}

Result<Done> run(const MoveOptions& options) {
  const BenchShape shape{.nodes = options.migration ? 7 : 3};
  Result<BenchLab> lab = BenchLab::create(shape);
  if (!lab.ok()) return lab.error();
  const Result<Done> applied = lab->apply(shape);
  if (!applied.ok()) return applied;
  const Result<std::string> uri = lab->uri();
  if (!uri.ok()) return uri.error();
  if (options.pgbench) {
    const Result<Done> prepared = Load::prepare(*uri);
    if (!prepared.ok()) return prepared;
  }
  Result<Writer> writer = Writer::create({.conninfo = *uri});
  if (!writer.ok()) return writer.error();
  return measure(*lab, *writer, options);
}

}  // namespace
}  // namespace hactl

int main(int count, char** arguments) {
  try {
    const hactl::Result<hactl::Done> done =
        hactl::run({.migration = hactl::flag_option(count, arguments, "--migration"),
                    .pgbench = hactl::flag_option(count, arguments, "--pgbench"),
                    .runs = hactl::number_option(count, arguments, "--runs", hactl::kRunsDefault)});
    if (done.ok()) return 0;
    fmt::print(stderr, "{}\n", done.error().message);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
  }
  return 1;
}
