// hactl-mutants: takes the guards of the protocol (base/rule_switch.h) away, one at a time, and
// checks that the checker or the simulator notices each.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rule_switch.h"
#include "tests/mutants/hunt.h"
#include "tests/mutants/known.h"

namespace hactl::mutants {
namespace {

constexpr const char* kUsage =
    "usage: hactl-mutants [--everywhere] [RULE]...\n"
    "  Drops each guard of the protocol, or each RULE, and looks where that is known to do harm; "
    "if\n"
    "  nothing is seen there, or with --everywhere, wherever there is something to see. At last\n"
    "  looks at the same places with every guard there. Exit status: 0 each mutant was caught\n"
    "  where it was known to be and nothing else, 1 otherwise, 2 wrong usage.\n";

constexpr const char* kElsewhere = " (not where it was known to be)";
constexpr unsigned kSecondsMax = 300;
constexpr std::size_t kProcesses = 2;
constexpr std::size_t kControlStates = 200'000;

/// A mutant, or the honest program in one place, looked at by a process of its own: a failed check
/// ends it, and what it has learned goes with it.
struct Job {
  std::string name;
  std::vector<Rule> dropped;
  bool mutant = true;  ///< It is to be caught.
  std::vector<Hunt> hunts;
  bool known = true;  ///< The first of them is where harm is known to show.
  int output = -1;
  std::chrono::steady_clock::time_point begin{};
};

void look(const Job& job) {
  for (const Rule rule : job.dropped)
    dropped_rules() |= std::uint64_t{1} << static_cast<unsigned>(rule);
  for (std::size_t i = 0; i < job.hunts.size(); ++i) {
    const Catch caught = go(job.hunts[i]);
    if (caught.broken.empty()) continue;
    const bool elsewhere = job.known && i > 0;
    std::printf("%s; %s%s", caught.broken.c_str(), caught.place.c_str(),
                elsewhere ? kElsewhere : "");
    return;
  }
}

std::string read_all(int from) {
  std::string text;
  char piece[4096];
  while (true) {
    const ssize_t got = ::read(from, piece, sizeof piece);
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  ::close(from);
  return text;
}

/// Runs the jobs, some at a time, and prints a line on each.
class Runner {
 public:
  explicit Runner(std::vector<Job> jobs) : jobs_(std::move(jobs)) {}

  bool run() {
    for (std::size_t next = 0; next < jobs_.size() || !running_.empty();) {
      while (next < jobs_.size() && running_.size() < kProcesses)
        start(jobs_[next++]);
      int status = 0;
      const pid_t ended = ::waitpid(-1, &status, 0);
      const auto found = running_.find(ended);
      if (found == running_.end()) continue;
      judge(*found->second, status);
      running_.erase(found);
    }
    return well_;
  }

 private:
  void start(Job& job) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) std::abort();
    job.begin = std::chrono::steady_clock::now();
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child < 0) std::abort();
    if (child == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::alarm(kSecondsMax);
      look(job);
      std::fflush(stdout);
      ::_exit(0);
    }
    ::close(ends[1]);
    job.output = ends[0];
    running_.emplace(child, &job);
  }

  void judge(const Job& job, int status) {
    std::string words = read_all(job.output);
    std::erase(words, '\n');
    if (WIFSIGNALED(status)) {
      words = WTERMSIG(status) == SIGALRM ? std::string() : words + "; it ends itself";
    }
    const bool caught = !words.empty();
    // What was known to show its harm has gone blind to it: mend that, or say where it shows now.
    const bool moved = words.ends_with(kElsewhere);
    const bool right = caught == job.mutant && !moved;
    well_ = well_ && right;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - job.begin;
    std::printf("%-5s %-33s %5.1f s  %s\n", right ? "" : "WRONG", job.name.c_str(), took.count(),
                caught       ? words.c_str()
                : job.mutant ? "LIVES"
                             : "all well");
    std::fflush(stdout);
  }

  std::vector<Job> jobs_;
  std::map<pid_t, Job*> running_;
  bool well_ = true;
};

/// Nothing may be seen where a mutant is caught with every guard there, or with only those missing
/// that keep its harm away by themselves.
std::vector<Job> honest_jobs(const std::vector<Known>& rows) {
  std::vector<Job> jobs;
  for (const Known& row : rows) {
    Job job{"(none) " + row.hunt.name, {}, false, {row.hunt}};
    job.hunts.front().states_max = kControlStates;
    const bool there = std::ranges::find(jobs, job.name, &Job::name) != jobs.end();
    if (!there) jobs.push_back(job);
    if (row.behind.empty()) continue;
    job.name = "(outer) " + row.name;
    job.dropped = row.behind;
    jobs.push_back(std::move(job));
  }
  return jobs;
}

int run_all(const std::vector<std::string>& words) {
  const bool wide = std::ranges::find(words, "--everywhere") != words.end();
  std::vector<Known> rows;
  for (const Known& row : known()) {
    const bool named = std::ranges::find(words, row.name) != words.end();
    if (named || words.size() == (wide ? 1U : 0U)) rows.push_back(row);
  }
  if (rows.empty()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::vector<Job> jobs;
  for (const Known& row : rows) {
    Job job{row.name, row.behind, true, everywhere(), !wide};
    job.dropped.push_back(row.rule);
    if (!wide) job.hunts.insert(job.hunts.begin(), row.hunt);
    jobs.push_back(std::move(job));
  }
  std::vector<Job> honest = honest_jobs(rows);
  jobs.insert(jobs.end(), honest.begin(), honest.end());
  const bool well = Runner(std::move(jobs)).run();
  std::printf("%zu mutants: %s\n", rows.size(), well ? "none lives" : "NOT all as it should be");
  return well ? 0 : 1;
}

}  // namespace
}  // namespace hactl::mutants

int main(int argc, char** argv) {
  try {
    return hactl::mutants::run_all(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hactl-mutants: %s\n", error.what());
    return 2;
  }
}
