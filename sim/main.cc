// hactl-sim: runs simulated formations and checks that nothing is lost.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/kept_runs.h"
#include "sim/run.h"
#include "sim/shrink.h"
#include "sim/totals.h"

namespace hactl {
namespace {

constexpr const char* kUsage =
    "usage: hactl-sim [--scenario NAME|all] [--seed N [--nodes N] [--faults I,J,…|none]\n"
    "                 [--course N] [--trace] | --seeds A..B | --from A --minutes M]\n"
    "                 [--keep-going] [--jobs N] [--open FILE]\n"
    "  Runs simulated formations through faults. A violation is printed with the command that\n"
    "  replays it, and with a smaller run that ends in the same way. --minutes runs seeds from A "
    "on\n"
    "  for so long. The runs in FILE, a line each of scenario, seed and words, are known to end\n"
    "  badly: that they still do is told and not counted. Exit status: 0 all well, 1 a property "
    "was violated, 2 wrong usage.\n";

/// Runs that it may take to make a failing one smaller.
constexpr int kShrinkTries = 300;

using Seconds = std::chrono::duration<double>;
using Stopwatch = std::chrono::steady_clock;

struct Arguments {
  std::string scenario = "all";
  std::uint64_t first = 1;
  std::uint64_t last = 100;
  std::optional<double> minutes;
  std::optional<int> nodes;
  std::optional<std::vector<int>> faults;
  std::uint64_t course = 0;
  std::uint64_t jobs = 1;
  bool trace = false;
  bool keep_going = false;
  std::set<std::pair<std::string, std::uint64_t>> open{};  ///< Known to end badly.
};

std::optional<std::uint64_t> number(std::string_view text) {
  char* end = nullptr;
  const std::string copy(text);
  const unsigned long long value = std::strtoull(copy.c_str(), &end, 10);
  if (copy.empty() || *end != '\0') return std::nullopt;
  return value;
}

bool take_range(const std::string& text, Arguments& arguments) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return false;
  const auto first = number(text.substr(0, dots));
  const auto last = number(text.substr(dots + 2));
  if (!first || !last || *first > *last) return false;
  arguments.first = *first;
  arguments.last = *last;
  return true;
}

bool take_open(const std::string& path, Arguments& arguments) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto runs = parse_runs(text);
  if (!file.is_open() || !runs) return false;
  for (const RunOptions& run : *runs)
    arguments.open.emplace(run.scenario.name, run.seed);
  return true;
}

bool take_number(const std::string& word, std::uint64_t value, Arguments& arguments) {
  if (word == "--seed") {
    arguments.first = arguments.last = value;
  } else if (word == "--from") {
    arguments.first = value;
  } else if (word == "--minutes") {
    arguments.minutes = static_cast<double>(value);
  } else if (word == "--nodes") {
    arguments.nodes = static_cast<int>(value);
  } else if (word == "--course") {
    arguments.course = value;
  } else if (word == "--jobs" && value > 0) {
    arguments.jobs = value;
  } else {
    return false;
  }
  return true;
}

std::optional<Arguments> parse(const std::vector<std::string>& words) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--trace") {
      arguments.trace = true;
      continue;
    }
    if (word == "--keep-going") {
      arguments.keep_going = true;
      continue;
    }
    if (++i == words.size()) return std::nullopt;
    const auto value = number(words[i]);
    bool known = value && take_number(word, *value, arguments);
    if (word == "--scenario") {
      arguments.scenario = words[i];
      known = true;
    }
    if (word == "--seeds") known = take_range(words[i], arguments);
    if (word == "--faults") known = (arguments.faults = parse_faults(words[i])).has_value();
    if (word == "--open") known = take_open(words[i], arguments);
    if (!known) return std::nullopt;
  }
  return arguments;
}

void tell_violation(const RunOptions& options, const RunResult& result) {
  std::printf("VIOLATION %s\n  %s\n", result.violation.c_str(), replay_command(options).c_str());
  std::fflush(stdout);
  const Shrunk smaller = shrink(options, result, kShrinkTries);
  std::printf("  smaller, of %zu faults: %s\n  %s\n", smaller.options.faults->size(),
              smaller.violation.c_str(), replay_command(smaller.options).c_str());
  std::fflush(stdout);
}

void run_one(const Arguments& arguments, const Scenario& scenario, std::uint64_t seed,
             Totals& totals) {
  RunOptions options;
  options.scenario = scenario;
  options.seed = seed;
  options.print = arguments.trace;
  options.nodes = arguments.nodes;
  options.faults = arguments.faults;
  options.course = arguments.course;
  RunResult result = run_seed(options);
  if (arguments.open.contains({scenario.name, seed})) {
    std::printf("%s %s %llu: %s\n", result.violation.empty() ? "NO LONGER OPEN" : "STILL OPEN",
                scenario.name.c_str(), static_cast<unsigned long long>(seed),
                result.violation.c_str());
    std::fflush(stdout);
    result.violation.clear();
  }
  totals.add(result);
  if (arguments.trace) {
    std::printf("trace hash %016llx\n", static_cast<unsigned long long>(result.trace_hash));
    if (!result.violation.empty()) std::printf("VIOLATION %s\n", result.violation.c_str());
  } else if (!result.violation.empty()) {
    tell_violation(options, result);
  }
}

/// The seeds of one of `jobs` workers. `begun` hears of each run before it.
Totals run_share(const Arguments& arguments, const std::vector<Scenario>& scenarios,
                 std::uint64_t worker, const std::function<void(const std::string&)>& begun) {
  Totals totals;
  const auto begin = Stopwatch::now();
  constexpr double kSecondsAMinute = 60;
  for (std::uint64_t seed = arguments.first + worker;; seed += arguments.jobs) {
    const bool over = arguments.minutes ? Seconds(Stopwatch::now() - begin).count() >
                                              *arguments.minutes * kSecondsAMinute
                                        : seed > arguments.last;
    if (over) return totals;
    for (const Scenario& scenario : scenarios) {
      begun(scenario.name + " --seed " + std::to_string(seed));
      run_one(arguments, scenario, seed, totals);
      if (totals.violations > 0 && !arguments.keep_going) return totals;
    }
  }
}

/// A process that runs a share of the seeds, and says a line before each run and at the end.
struct Worker {
  pid_t process = 0;
  int says = -1;
  std::string line;  ///< The last one, as far as it has come.
  std::string before;
};

bool start_worker(const Arguments& arguments, const std::vector<Scenario>& scenarios,
                  std::uint64_t share, Worker& worker) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  worker.process = fork();
  if (worker.process < 0) return false;
  if (worker.process > 0) {
    close(ends[1]);
    worker.says = ends[0];
    return true;
  }
  close(ends[0]);
  const auto say = [&](const std::string& words) {
    const std::string line = words + "\n";
    if (write(ends[1], line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(1);
  };
  say(run_share(arguments, scenarios, share, say).to_text());
  std::fflush(stdout);
  _exit(0);
}

/// Hears what it says now; false: that was all.
bool hear(Worker& worker) {
  char buffer[4096];
  const ssize_t got = read(worker.says, buffer, sizeof buffer);
  if (got <= 0) return false;
  for (ssize_t i = 0; i < got; ++i) {
    if (buffer[i] == '\n') {
      worker.before = std::exchange(worker.line, {});
    } else {
      worker.line += buffer[i];
    }
  }
  return true;
}

void hear_all(std::vector<Worker>& workers) {
  while (true) {
    std::vector<pollfd> open;
    for (const Worker& worker : workers) {
      if (worker.says >= 0) open.push_back({worker.says, POLLIN, 0});
    }
    if (open.empty() || poll(open.data(), open.size(), -1) < 0) return;
    for (Worker& worker : workers) {
      const auto ready = std::ranges::find(open, worker.says, &pollfd::fd);
      if (worker.says < 0 || ready->revents == 0 || hear(worker)) continue;
      close(worker.says);
      worker.says = -1;
    }
  }
}

/// Runs the shares in processes of their own, so that one that aborts is heard of as well.
Totals run_shares(const Arguments& arguments, const std::vector<Scenario>& scenarios) {
  std::vector<Worker> workers(arguments.jobs);
  for (std::uint64_t share = 0; share < arguments.jobs; ++share) {
    if (start_worker(arguments, scenarios, share, workers[share])) continue;
    std::perror("hactl-sim");
    std::exit(1);
  }
  hear_all(workers);
  Totals totals;
  for (const Worker& worker : workers) {
    int status = 0;
    if (waitpid(worker.process, &status, 0) == worker.process && status == 0) {
      totals.add(Totals::from_text(worker.before));
      continue;
    }
    ++totals.violations;
    std::printf("VIOLATION the simulated program aborted\n  hactl-sim --scenario %s --trace\n",
                worker.before.c_str());
  }
  return totals;
}

int run(const Arguments& arguments) {
  std::vector<Scenario> scenarios;
  if (const auto one = find_scenario(arguments.scenario)) scenarios.push_back(*one);
  if (arguments.scenario == "all") {
    for (const std::string& name : scenario_names())
      scenarios.push_back(*find_scenario(name));
  }
  if (scenarios.empty()) {
    std::fprintf(stderr, "there is no scenario %s\n", arguments.scenario.c_str());
    return 2;
  }
  const auto begin = Stopwatch::now();
  const Totals totals = arguments.trace
                            ? run_share(arguments, scenarios, 0, [](const std::string&) {})
                            : run_shares(arguments, scenarios);
  std::printf("%s", totals.summary(Seconds(Stopwatch::now() - begin).count()).c_str());
  return totals.violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace hactl

int main(int argc, char** argv) {
  try {
    const auto arguments = hactl::parse(std::vector<std::string>(argv + 1, argv + argc));
    if (!arguments) {
      std::fputs(hactl::kUsage, stderr);
      return 2;
    }
    return hactl::run(*arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hactl-sim: %s\n", error.what());
    return 1;
  }
}
