// bench_switchover [--runs N] [--migration]: how long a client that writes all the time cannot,
// when the primary is moved: by `hactl switchover` among 3 nodes, or by an edit of the file that
// moves production from one region to another among 7.
#include <cstdio>
#include <exception>
#include <thread>

#include <fmt/format.h>

#include "bench/bench_lab.h"
#include "bench/writer.h"

namespace hactl {
namespace {

constexpr int kRunsDefault = 5;
// Writes before and after each move, so that a gap has two ends.
constexpr std::chrono::milliseconds kSteadyTime{1'500};
constexpr std::chrono::milliseconds kReadBackTime{30'000};

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

Result<Done> move(BenchLab& lab, bool migration, int run) {
  if (migration) {
    const Production to = run % 2 == 0 ? Production::amsterdam : Production::paris;
    return lab.apply({.nodes = 7, .production = to});
  }
  const Result<std::string> moved = lab.hactl({"switchover", "--wait"});
  if (!moved.ok()) return moved.error();
  const Result<std::string> waited = lab.hactl(
      {"wait", "formation", "default", "--for", "condition=Converged", "--timeout", "2m"});
  if (!waited.ok()) return waited.error();
  return Done{};
}

Result<Done> measure(BenchLab& lab, Writer& writer, bool migration, int runs) {
  std::vector<Gap> moves;
  std::thread writing([&writer] { writer.run(std::nullopt); });
  Result<Done> outcome = Done{};
  for (int run = 0; run < runs && outcome.ok(); ++run) {
    std::this_thread::sleep_for(kSteadyTime);
    const SteadyTime from = std::chrono::steady_clock::now();
    outcome = move(lab, migration, run);
    moves.push_back({from, std::chrono::steady_clock::now()});
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
  print_spread(migration ? "migration, writes pause" : "switchover, writes pause", gaps, "ms");
  print_spread(migration ? "migration, apply to Converged" : "switchover, to Converged", times,
               "ms");
  const Result<std::vector<std::int64_t>> lost = writer.lost(kReadBackTime);
  if (!lost.ok()) return lost.error();
  fmt::print("acknowledged {} indeterminate {} lost {}\n", writer.acknowledged().size(),
             writer.indeterminate(), lost->size());
  if (lost->empty()) return Done{};
  return Error{ErrorCode::corrupt, "acknowledged rows are lost"};
}

Result<Done> run(bool migration, int runs) {
  const BenchShape shape{.nodes = migration ? 7 : 3};
  Result<BenchLab> lab = BenchLab::create(shape);
  if (!lab.ok()) return lab.error();
  const Result<Done> applied = lab->apply(shape);
  if (!applied.ok()) return applied;
  const Result<std::string> uri = lab->hactl({"get", "uri", "--with-password"});
  if (!uri.ok()) return uri.error();
  Result<Writer> writer = Writer::create({.conninfo = first_line(*uri)});
  if (!writer.ok()) return writer.error();
  return measure(*lab, *writer, migration, runs);
}

}  // namespace
}  // namespace hactl

int main(int count, char** arguments) {
  try {
    const hactl::Result<hactl::Done> done =
        hactl::run(hactl::flag_option(count, arguments, "--migration"),
                   hactl::number_option(count, arguments, "--runs", hactl::kRunsDefault));
    if (done.ok()) return 0;
    fmt::print(stderr, "{}\n", done.error().message);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
  }
  return 1;
}
