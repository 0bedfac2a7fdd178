#include "agent/observer.h"

#include <sys/stat.h>
#include <time.h>

#include <utility>

#include "agent/data_directory.h"
#include "agent/sql_view.h"
#include "io/log.h"

namespace hactl {
namespace {

constexpr Duration kLookTime = 2s;
/// While the server runs, pg_control changes all the time and says little that its session does
/// not.
constexpr Duration kControlEveryWhileRunning = 5s;
/// File times are this coarse at most: a file that has just changed may change again unseen.
constexpr std::int64_t kFreshNs = 100'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Observer::Seen Observer::look(const PostgresGoal& postgres) {
  Seen seen;
  const std::string& directory = postgres.data_directory;
  seen.view.data = data_kind(directory);
  seen.view.credential = has_credential(paths_);
  if (seen.view.data != DataKind::cluster) {
    session_.reset();
    control_.reset();
    return seen;
  }
  const std::optional<RunningPostmaster> postmaster = find_postmaster(directory);
  seen.postmaster = postmaster ? postmaster->pid : 0;
  seen.view.running = postmaster.has_value();
  if (!postmaster) seen.view.leftovers = !server_processes(directory).empty();
  read_control(directory, postmaster.has_value());
  if (control_) seen.view.control = control_->data;
  seen.view.history = timeline_history(directory);
  seen.view.standby_signal = has_standby_signal(directory);
  seen.view.config_id_on_disk = config_id_on_disk(directory);
  if (postmaster && postmaster->ready) {
    seen.view.sql = read_sql(postgres, *postmaster);
  } else {
    session_.reset();
  }
  return seen;
}

void Observer::read_control(const std::string& directory, bool running) {
  const std::string path = directory + "/global/pg_control";
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    control_.reset();
    return;
  }
  const ControlKey key{
      .path = path, .inode = status.st_ino, .changed_ns = nanoseconds(status.st_mtim)};
  const auto now = std::chrono::steady_clock::now();
  if (control_ && key == control_key_) return;
  const bool same_file = key.path == control_key_.path && key.inode == control_key_.inode;
  const bool soon = now < control_read_at_ + kControlEveryWhileRunning;
  if (control_ && running && same_file && soon) return;
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  Result<ControlFacts> facts = programs_.control(directory);
  control_.reset();
  control_key_ = {};
  if (!facts.ok()) {
    log_warning("{}", facts.error().message);
    return;
  }
  control_ = std::move(facts).value();
  control_read_at_ = now;
  control_key_ = key;
  if (nanoseconds(wall) - key.changed_ns < kFreshNs) control_key_.changed_ns = 0;
}

std::optional<SqlView> Observer::read_sql(const PostgresGoal& postgres,
                                          const RunningPostmaster& postmaster) {
  if (session_postmaster_ != postmaster.pid) session_.reset();
  if (!session_ || !session_->open()) {
    session_.reset();
    Result<PgSession> opened = open_local_session(postmaster, kLookTime);
    if (!opened.ok()) {
      log_debug("look at PostgreSQL: {}", opened.error().message);
      return std::nullopt;
    }
    session_ = std::move(opened).value();
    session_postmaster_ = postmaster.pid;
  }
  const SqlViewSource source{.postgres = postgres,
                             .segment_bytes = control_ ? control_->segment_bytes : 0};
  Result<SqlView> view = read_sql_view(*session_, source, kLookTime);
  if (view.ok()) return std::move(view).value();
  log_debug("look at PostgreSQL: {}", view.error().message);
  return std::nullopt;
}

}  // namespace hactl
