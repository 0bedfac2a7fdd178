#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include <fmt/format.h>

#include "bench/writer.h"
#include "hactl/access.h"
#include "hactl/lab.h"
#include "hactl/lab_namespaces.h"

namespace hactl {
namespace {

// A formation that was just broken may need this long before rows can be read back.
constexpr std::chrono::milliseconds kReadBackTime{60'000};
// Lost rows that are named one by one.
constexpr std::size_t kLostShown = 10;

double milliseconds_of(const Gap& gap) {
  return static_cast<double>(gap.length().count()) / 1000;
}

Result<std::string> host_of(const LabDirectory& lab, const std::string& node) {
  const Result<std::vector<Member>> members = lab_members(lab);
  if (!members.ok()) return members.error();
  const auto found = std::ranges::find(*members, NodeName(node), &Member::name);
  if (found == members->end()) return local_error("there is no node " + node + " in the lab");
  return found->host;
}

std::atomic<Writer*> interrupted_writer = nullptr;

void interrupt_writer(int /*signal*/) {
  if (Writer* writer = interrupted_writer.load()) writer->stop();
}

// What was written until SIGINT or SIGTERM counts as a run.
void run_until_interrupted(Writer& writer, Duration limit) {
  interrupted_writer = &writer;
  struct sigaction once {};
  once.sa_handler = interrupt_writer;
  once.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &once, nullptr);
  sigaction(SIGTERM, &once, nullptr);
  writer.run(limit);
  interrupted_writer = nullptr;
}

}  // namespace

Result<int> run_lab_traffic(Session& session, const LabTrafficOptions& options) {
  const LabDirectory lab = LabDirectory::at(options.directory);
  GlobalOptions global = session.options();
  global.config_file = lab.config();
  global.context.clear();
  Session here(session.terminal(), global);
  const Result<std::string> uri =
      formation_uri(here, options.formation, UriRequest{}, Password::included);
  if (!uri.ok()) return uri.error();
  WriterOptions writing{.conninfo = *uri, .ledger = options.ledger};
  if (!options.table.empty()) writing.table = options.table;
  if (!options.node.empty()) {
    const Result<std::string> host = host_of(lab, options.node);
    if (!host.ok()) return host.error();
    writing.only = *host;
  }
  Result<Writer> writer = Writer::create(writing);
  if (!writer.ok()) return writer.error().within("error");
  run_until_interrupted(*writer, options.duration);
  std::ostream& out = session.terminal().out();
  out << fmt::format("writes:        {}\nacknowledged:  {}\nindeterminate: {}\n", writer->sent(),
                     writer->acknowledged().size(), writer->indeterminate())
      << fmt::format("longest gap:   {:.1f} ms\n", milliseconds_of(writer->longest_gap()))
      << std::flush;
  if (writer->acknowledged().empty()) {
    return Error{ErrorCode::unavailable,
                 "error: nothing was acknowledged: " + writer->last_error()};
  }
  const Result<std::vector<std::int64_t>> lost = writer->lost(kReadBackTime);
  if (!lost.ok()) return lost.error().within("error");
  out << fmt::format("lost:          {}\n", lost->size()) << std::flush;
  for (std::size_t i = 0; i < lost->size() && i < kLostShown; ++i) {
    session.terminal().notes() << "lost: row " << (*lost)[i] << "\n";
  }
  return lost->empty() ? kExitDone : kExitFailed;
}

}  // namespace hactl
