#include "agent/observer.h"

#include <utility>

#include "agent/data_directory.h"
#include "agent/sql_view.h"
#include "io/log.h"

namespace hactl {
namespace {

constexpr Duration kLookTime = 2s;

}  // namespace

Observer::Seen Observer::look(const PostgresGoal& postgres) {
  Seen seen;
  const std::string& directory = postgres.data_directory;
  seen.view.data = data_kind(directory);
  seen.view.credential = has_credential(paths_);
  if (seen.view.data != DataKind::cluster) {
    session_.reset();
    return seen;
  }
  const std::optional<RunningPostmaster> postmaster = find_postmaster(directory);
  seen.postmaster = postmaster ? postmaster->pid : 0;
  seen.view.running = postmaster.has_value();
  if (!postmaster) seen.view.leftovers = !server_processes(directory).empty();
  // Read first: of a server that was told to stop pg_control can't change any more once it says
  // "shut down".
  seen.view.stopping = postmaster && postmaster->stopping;
  const Result<ControlFacts> control = programs_.control(directory);
  if (control.ok()) {
    seen.view.control = control->data;
    segment_bytes_ = control->segment_bytes;
  } else {
    log_warning("{}", control.error().message);
  }
  const TimelineFamily& family = timelines_.read(directory);
  seen.view.history = family.starts;
  seen.view.parents = family.parents;
  seen.view.standby_signal = has_standby_signal(directory);
  seen.view.config_id_on_disk = config_id_on_disk(directory);
  if (postmaster && postmaster->ready) {
    if (const std::optional<SqlLook> look = read_sql(postgres, *postmaster)) {
      seen.view.sql = look->view;
      seen.receiver = look->receiver;
      const auto written = written_setting(directory, "synchronous_standby_names");
      seen.view.sql->foreign_sync = look->view.config_id == seen.view.config_id_on_disk &&
                                    written && *written != look->view.sync_names;
    }
  } else {
    session_.reset();
  }
  return seen;
}

std::optional<SqlLook> Observer::read_sql(const PostgresGoal& postgres,
                                          const RunningPostmaster& postmaster) {
  if (session_postmaster_ != postmaster.pid) session_.reset();
  if (!session_ || !session_->open()) {
    session_.reset();
    Result<PgSession> opened = open_local_session(postmaster, kLookTime);
    if (!opened.ok()) {
      log_debug("look at PostgreSQL: {}", opened.error().message);
      return std::nullopt;
    }
    memory_ = SqlMemory{};
    session_ = std::move(opened).value();
    session_postmaster_ = postmaster.pid;
  }
  const SqlViewSource source{
      .postgres = postgres, .timelines = timelines_, .segment_bytes = segment_bytes_};
  Result<SqlLook> look = read_sql_view(*session_, source, kLookTime, memory_);
  if (look.ok()) return std::move(look).value();
  log_debug("look at PostgreSQL: {}", look.error().message);
  return std::nullopt;
}

}  // namespace hactl
