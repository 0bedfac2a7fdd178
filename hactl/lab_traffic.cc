#include <chrono>

#include <fmt/format.h>

#include "bench/writer.h"
#include "hactl/access.h"
#include "hactl/lab.h"
#include "hactl/lab_directory.h"

namespace hactl {
namespace {

// A formation that was just broken may need this long before rows can be read back.
constexpr std::chrono::milliseconds kReadBackTime{60'000};
// Lost rows that are named one by one.
constexpr std::size_t kLostShown = 10;

double milliseconds_of(const Gap& gap) {
  return static_cast<double>(gap.length().count()) / 1000;
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
  Result<Writer> writer = Writer::create(*uri);
  if (!writer.ok()) return writer.error().within("error");
  writer->run(options.duration);
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
