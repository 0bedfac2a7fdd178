// bench_failover [--runs N] [--fault node|silent|postmaster]: how long a client that writes every 5
// ms cannot, when the primary of three nodes is lost: its agent and PostgreSQL killed; its machine
// silent from one moment to the next, cut off and standing still (root: that needs namespaces); or
// its postmaster killed while the agent lives. Every acknowledged row is looked for at the end.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <thread>

#include <fmt/format.h>

#include "bench/bench_lab.h"
#include "bench/writer.h"
#include "hactl/lab_processes.h"

namespace hactl {
namespace {

constexpr int kRunsDefault = 10;
// Writes before each fault: a formation that was not whole for five seconds since its last failover
// is taken for one that flaps, and waits.
constexpr std::chrono::milliseconds kSteadyTime{6'000};
// Acknowledged afterwards: not one that was on its way.
constexpr std::size_t kRowsAfter = 20;
constexpr std::chrono::milliseconds kRecoverTime{60'000};
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::milliseconds kReadBackTime{30'000};

struct Fault {
  std::string name{};
  std::string shown{};
  BenchTarget target{};
  BenchNetwork network = BenchNetwork::loopback;
};

std::vector<Fault> faults() {
  return {{"node", "agent and PostgreSQL killed", {500, 1'000}},
          {"silent", "host silently gone", {3'000, 5'000}, BenchNetwork::namespaces},
          {"postmaster", "postmaster killed, agent alive", {400, 1'000}}};
}

Result<Done> inject(BenchLab& lab, const Fault& fault, const std::string& primary) {
  if (fault.name == "postmaster") {
    const ProcessMark postmaster = postmaster_of(lab.directory() + "/nodes/" + primary + "/data");
    if (postmaster.start == 0) {
      return Error{ErrorCode::not_found, "there is no postmaster of " + primary};
    }
    return signal_process(postmaster, SIGKILL);
  }
  const std::string deed = fault.name == "silent" ? "freeze" : "kill";
  const Result<std::string> done =
      lab.hactl({"lab", deed, "node", primary, "--dir", lab.directory()});
  if (!done.ok()) return done.error();
  return Done{};
}

// Brings the node back and waits until all is as before.
Result<Done> mend(BenchLab& lab, const Fault& fault, const std::string& node) {
  if (fault.name == "postmaster") return lab.converged();
  for (const std::string deed : {"kill", "start"}) {
    const Result<std::string> done =
        lab.hactl({"lab", deed, "node", node, "--dir", lab.directory()});
    if (!done.ok()) return done.error();
  }
  return lab.converged();
}

// From the fault until rows are acknowledged again.
Result<Gap> break_once(BenchLab& lab, Writer& writer, const Fault& fault) {
  const Result<std::string> primary = lab.primary();
  if (!primary.ok()) return primary.error();
  const SteadyTime from = std::chrono::steady_clock::now();
  const Result<Done> injected = inject(lab, fault, *primary);
  if (!injected.ok()) return injected.error();
  const std::size_t before = writer.acknowledged_count();
  while (writer.acknowledged_count() < before + kRowsAfter) {
    if (std::chrono::steady_clock::now() > from + kRecoverTime) {
      return Error{ErrorCode::timed_out, "nothing is acknowledged any more"};
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  const Gap gap{from, std::chrono::steady_clock::now()};
  const Result<Done> mended = mend(lab, fault, *primary);
  if (!mended.ok()) return mended.error();
  return gap;
}

Result<Done> measure(BenchLab& lab, Writer& writer, const Fault& fault, int runs) {
  std::vector<Gap> times;
  std::thread writing([&writer] { writer.run(std::nullopt); });
  Result<Done> outcome = Done{};
  for (int i = 0; i < runs && outcome.ok(); ++i) {
    std::this_thread::sleep_for(kSteadyTime);
    const Result<Gap> broken = break_once(lab, writer, fault);
    if (broken.ok()) {
      times.push_back(*broken);
    } else {
      outcome = broken.error();
    }
  }
  writer.stop();
  writing.join();
  if (!outcome.ok()) return outcome;
  std::vector<double> gaps;
  for (const Gap& each : times) {
    gaps.push_back(static_cast<double>(writer.longest_gap(each).length().count()) / 1000);
  }
  print_against(fault.shown + ", writes pause", gaps, fault.target);
  const Result<std::vector<std::int64_t>> lost = writer.lost(kReadBackTime);
  if (!lost.ok()) return lost.error();
  fmt::print("  acknowledged {} indeterminate {} lost {}\n", writer.acknowledged().size(),
             writer.indeterminate(), lost->size());
  if (lost->empty()) return Done{};
  return Error{ErrorCode::corrupt, "acknowledged rows are lost"};
}

Result<Done> run(const Fault& fault, int runs) {
  if (fault.network == BenchNetwork::namespaces && geteuid() != 0) {
    fmt::print("{}: left out, it needs root\n", fault.shown);
    return Done{};
  }
  const BenchShape shape{.network = fault.network};
  Result<BenchLab> lab = BenchLab::create(shape);
  if (!lab.ok()) return lab.error();
  const Result<Done> applied = lab->apply(shape);
  if (!applied.ok()) return applied;
  const Result<std::string> uri = lab->uri();
  if (!uri.ok()) return uri.error();
  Result<Writer> writer = Writer::create({.conninfo = *uri});
  if (!writer.ok()) return writer.error();
  return measure(*lab, *writer, fault, runs);
}

int run_all(int count, char** arguments) {
  const std::string only = word_option(count, arguments, "--fault", "");
  const int runs = number_option(count, arguments, "--runs", kRunsDefault);
  int code = 0;
  for (const Fault& fault : faults()) {
    if (!only.empty() && only != fault.name) continue;
    const Result<Done> done = run(fault, runs);
    if (done.ok()) continue;
    fmt::print(stderr, "{}: {}\n", fault.shown, done.error().message);
    code = 1;
  }
  return code;
}

}  // namespace
}  // namespace hactl

int main(int count, char** arguments) {
  try {
    return hactl::run_all(count, arguments);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "{}\n", problem.what());
    return 1;
  }
}
