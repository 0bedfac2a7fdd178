#include "tests/agent/postgres_node.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "agent/postmaster.h"
#include "agent/sql_view.h"
#include "base/check.h"
#include "io/file.h"
#include "model/names.h"

namespace hactl {

std::uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  HACTL_CHECK(bind(descriptor, generic, length) == 0);
  HACTL_CHECK(getsockname(descriptor, generic, &length) == 0);
  close(descriptor);
  return ntohs(address.sin_port);
}

PostgresNode::PostgresNode(const std::string& directory, const PemPair& authority,
                           const std::string& node_name)
    : name(node_name) {
  const std::string home = directory + "/" + node_name;
  paths = {.state_directory = home + "/state",
           .socket_directory = home + "/socket",
           .bin_directory = kTestBinDirectory,
           .certificate_file = home + "/node.crt",
           .key_file = home + "/node.key",
           .ca_file = home + "/ca.crt"};
  HACTL_CHECK(make_directories(paths.state_directory, 0700).ok());
  HACTL_CHECK(make_directories(paths.socket_directory, 0700).ok());
  const PemPair pair =
      issue_certificate(authority, {.common_name = certificate_name(name), .hosts = {"127.0.0.1"}})
          .value();
  HACTL_CHECK(write_pem_pair({paths.certificate_file, paths.key_file}, pair).ok());
  HACTL_CHECK(write_file_atomically(paths.ca_file, authority.certificate, 0644).ok());
  goal.listen_host = "127.0.0.1";
  goal.port = free_port();
  goal.data_directory = home + "/data";
  goal.database = "appdb";
  goal.username = "ha-admin";
  goal.password = "it's \\ secret";
  goal.parameters = {{"shared_buffers", "16MB"}};
  restart_agent();
}

PostgresNode::~PostgresNode() {
  static_cast<void>(perform(action::Stop{.mode = action::Stop::Mode::immediate}));
}

void PostgresNode::introduce(PostgresNode& one, PostgresNode& other) {
  one.goal.peers.push_back({.name = other.name, .host = "127.0.0.1", .port = other.goal.port});
  other.goal.peers.push_back({.name = one.name, .host = "127.0.0.1", .port = one.goal.port});
}

void PostgresNode::restart_agent() {
  door_.reset();
  door_ = std::make_unique<LocalPostgres>(scheduler_, paths, name);
  door_->on_exit([this] { ++exits; });
  observe();
}

Result<ActionOutcome> PostgresNode::perform(const Action& action) {
  std::optional<Result<ActionOutcome>> answer;
  door_->perform(action, [&](const Result<ActionOutcome>& outcome) {
    answer = outcome;
    scheduler_.stop();
  });
  scheduler_.run();
  return *answer;
}

PostgresView PostgresNode::observe() {
  PostgresView answer;
  door_->observe(goal, [&](const PostgresView& view) {
    answer = view;
    scheduler_.stop();
  });
  scheduler_.run();
  return answer;
}

bool PostgresNode::reaches(const std::function<bool(const PostgresView&)>& fits) {
  const auto until = std::chrono::steady_clock::now() + kTestDeadline;
  while (std::chrono::steady_clock::now() < until) {
    if (fits(observe())) return true;
  }
  return false;
}

bool PostgresNode::configure(const std::function<void(SettingsRole&)>& change) {
  SettingsRole role;
  role.node = name;
  role.sync_names = sync_names_for_standby();
  role.paths = paths;
  change(role);
  const SettingsFiles files = render_settings(goal, role);
  if (!perform(action::Configure{files, goal.data_directory}).ok()) return false;
  return reaches([&](const PostgresView& view) {
    return view.config_id_on_disk == files.id &&
           (!view.running || (view.sql && view.sql->config_id == files.id));
  });
}

bool PostgresNode::become_primary(TimelineId timeline) {
  const auto open = [](SettingsRole& role) {
    role.gate = Gate::open;
    role.sync_names = "";
  };
  const auto promoted = [&](const PostgresView& view) {
    return view.sql && !view.sql->in_recovery && view.sql->timeline == timeline;
  };
  const auto prepared = [](const PostgresView& view) {
    return view.sql && view.sql->database_ready && view.sql->lineage_ready;
  };
  return perform(action::InitDatabase{goal}).ok() && configure([](SettingsRole&) {}) &&
         perform(action::StartStandby{goal}).ok() && perform(action::Promote{timeline}).ok() &&
         reaches(promoted) && perform(action::PrepareDatabase{goal}).ok() && reaches(prepared) &&
         configure(open);
}

bool PostgresNode::become_standby_of(PostgresNode& primary, Epoch epoch) {
  return perform(action::Clone{primary.as_upstream(epoch), goal}).ok() && follow(primary, epoch);
}

bool PostgresNode::attach(PostgresNode& primary, Epoch epoch) {
  const auto attached = [&](SettingsRole& role) {
    role.upstream = primary.as_upstream(epoch);
    role.epoch = epoch;
  };
  return primary.perform(action::SetSlots{{slot_name(name)}, false}).ok() &&
         perform(action::Attach{epoch}).ok() && configure(attached) &&
         perform(action::StartStandby{goal}).ok();
}

bool PostgresNode::follow(PostgresNode& primary, Epoch epoch) {
  if (!attach(primary, epoch)) return false;
  // Only the upstream's own view proves that WAL has come.
  const auto seen_by_primary = [&](const PostgresView& view) {
    if (!view.sql) return false;
    for (const SenderView& sender : view.sql->senders) {
      const bool this_one = sender.node == name && sender.epoch == epoch;
      if (this_one && sender.streaming && sender.flushed >= view.sql->flushed) return true;
    }
    return false;
  };
  return primary.reaches(seen_by_primary) && reaches([](const PostgresView& view) {
           return view.sql && view.sql->receiver && view.sql->receiver->streaming;
         });
}

Result<std::string> PostgresNode::sql(const std::string& statements) const {
  const auto running = find_postmaster(goal.data_directory);
  if (!running) return Error{ErrorCode::unavailable, "it does not run"};
  Result<PgSession> session = open_local_session(*running, kTestDeadline);
  if (!session.ok()) return session.error();
  const Result<std::vector<PgRows>> rows = session->run(
      "SET default_transaction_read_only = off; SET synchronous_commit = local", kTestDeadline);
  if (!rows.ok()) return rows.error();
  const Result<std::vector<PgRows>> answer = session->run(statements, kTestDeadline);
  if (!answer.ok()) return answer.error();
  if (answer->empty() || answer->back().empty()) return std::string();
  return answer->back()[0][0].value_or("");
}

Result<PgSession> PostgresNode::connect_as_client() const {
  return PgSession::open(std::map<std::string, std::string>{{"host", "127.0.0.1"},
                                                            {"port", std::to_string(goal.port)},
                                                            {"user", goal.username},
                                                            {"dbname", goal.database},
                                                            {"password", goal.password},
                                                            {"sslmode", "verify-full"},
                                                            {"sslrootcert", paths.ca_file}},
                         kTestDeadline);
}

Upstream PostgresNode::as_upstream(Epoch epoch) const {
  return {.node = name, .host = "127.0.0.1", .port = goal.port, .epoch = epoch};
}

}  // namespace hactl
