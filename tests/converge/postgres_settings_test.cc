#include "converge/postgres_settings.h"

#include <libpq-fe.h>

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace hactl {
namespace {

PostgresGoal sample_goal() {
  PostgresGoal goal;
  goal.listen_host = "10.0.0.1";
  goal.data_directory = "/data/a";
  goal.database = "appdb";
  goal.username = "ha-admin";
  goal.peers = {{.name = NodeName("rome-c"), .host = "10.0.0.3"},
                {.name = NodeName("paris-b"), .host = "10.0.0.2"}};
  return goal;
}

SettingsRole sample_role() {
  SettingsRole role{.node = NodeName("paris-a"), .epoch = Epoch(3)};
  role.sync_names = sync_names_for_standby();
  role.paths = {.state_directory = "/state",
                .socket_directory = "/run/hactl",
                .bin_directory = "/bin",
                .certificate_file = "/pki/node.crt",
                .key_file = "/pki/node.key",
                .ca_file = "/pki/ca.crt"};
  return role;
}

Upstream sample_upstream() {
  return {.node = NodeName("paris-b"), .host = "10.0.0.2", .port = 5433, .epoch = Epoch(3)};
}

SyncConfig sample_sync() {
  SyncConfig sync;
  sync.epoch = Epoch(3);
  sync.generation = ConfigGeneration(5);
  sync.primary = NodeName("paris-a");
  sync.required = 1;
  sync.members = {NodeName("paris-b"), NodeName("rome-c")};
  return sync;
}

SenderView sender(const std::string& node, std::uint64_t epoch, int priority) {
  return {.node = NodeName(node),
          .epoch = Epoch(epoch),
          .streaming = true,
          .flushed = Lsn(1),
          .replayed = Lsn(1),
          .sync_priority = priority};
}

/// The settings of a hactl.conf, the last of a name, read as PostgreSQL does.
std::map<std::string, std::string> read_settings(const std::string& text) {
  std::map<std::string, std::string> settings;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const std::size_t mark = line.find(" = '");
    if (mark == std::string::npos || line.starts_with('#')) continue;
    std::string value;
    for (std::size_t i = mark + 4; i + 1 < line.size(); ++i) {
      // '' and \\ each stand for their second half.
      if (line[i] == '\'' || line[i] == '\\') ++i;
      value += line[i];
    }
    settings[line.substr(0, mark)] = value;
  }
  return settings;
}

std::map<std::string, std::string> read_conninfo(const std::string& text) {
  std::map<std::string, std::string> values;
  PQconninfoOption* options = PQconninfoParse(text.c_str(), nullptr);
  EXPECT_NE(options, nullptr) << text;
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->val != nullptr) values[option->keyword] = option->val;
  }
  PQconninfoFree(options);
  return values;
}

TEST(PostgresSettings, RecoverySyncsTheFileSystemAtOnceWhereItCanAndTheSpecDoesNotChoose) {
  const std::string line = "recovery_init_sync_method = ";
  PostgresGoal goal = sample_goal();
  EXPECT_NE(render_settings(goal, sample_role()).server.find(line + "'syncfs'"), std::string::npos);
  goal.version = 13;
  EXPECT_EQ(render_settings(goal, sample_role()).server.find(line), std::string::npos);
  goal.version = 15;
  goal.parameters["recovery_init_sync_method"] = "fsync";
  const std::string chosen = render_settings(goal, sample_role()).server;
  EXPECT_NE(chosen.find(line + "'fsync'"), std::string::npos);
  EXPECT_EQ(chosen.find("syncfs"), std::string::npos);
}

TEST(PostgresSettings, ADetachedNodeBehindTheGateIsWrittenLikeThis) {
  const SettingsFiles files = render_settings(sample_goal(), sample_role());
  EXPECT_EQ(files.server, R"(# Written by hactl; changes are overwritten.
max_slot_wal_keep_size = '4GB'
recovery_init_sync_method = 'syncfs'
wal_keep_size = '512MB'
max_replication_slots = '40'
max_connections = '100'
max_locks_per_transaction = '64'
max_prepared_transactions = '0'
max_wal_senders = '40'
max_worker_processes = '8'
full_page_writes = 'on'
fsync = 'on'
hot_standby = 'on'
log_replication_commands = 'on'
password_encryption = 'scram-sha-256'
recovery_target_timeline = 'latest'
restart_after_crash = 'off'
ssl = 'on'
ssl_min_protocol_version = 'TLSv1.2'
synchronous_commit = 'on'
wal_level = 'replica'
wal_log_hints = 'on'
wal_receiver_status_interval = '1s'
wal_receiver_timeout = '2s'
wal_retrieve_retry_interval = '250ms'
wal_sender_timeout = '5s'
cluster_name = 'paris-a'
default_transaction_read_only = 'on'
hba_file = '/data/a/pg_hba.conf'
ident_file = '/data/a/pg_ident.conf'
listen_addresses = '10.0.0.1'
port = '5432'
primary_conninfo = ''
primary_slot_name = ''
ssl_ca_file = '/pki/ca.crt'
ssl_cert_file = '/pki/node.crt'
ssl_key_file = '/pki/node.key'
synchronous_standby_names = 'ANY 1 ("hactl_none")'
unix_socket_directories = '/run/hactl'
hactl.config_id = ')" + files.id +
                              "'\n");
  EXPECT_EQ(files.hba, R"(local all postgres peer map=hactl_agent
hostssl replication hactl_replication all cert map=hactl_nodes
hostssl postgres hactl_replication all cert map=hactl_nodes
host all all all reject
local all all reject
)");
  EXPECT_EQ(files.ident, R"(hactl_agent "postgres" postgres
hactl_nodes "node:paris-b" hactl_replication
hactl_nodes "node:rome-c" hactl_replication
)");
}

TEST(PostgresSettings, TheOpenGateAdmitsTheSpecsClientsButNobodyToReplicate) {
  SettingsRole role = sample_role();
  role.gate = Gate::open;
  PostgresGoal goal = sample_goal();
  goal.hba = {{.database = "all", .user = "all", .address = "10.0.0.0/8"},
              {.type = "local",
               .database = "appdb",
               .user = "my user",
               .address = "",
               .method = "peer map=x"}};
  const SettingsFiles files = render_settings(goal, role);
  EXPECT_EQ(files.hba, R"(local all postgres peer map=hactl_agent
hostssl replication hactl_replication all cert map=hactl_nodes
hostssl postgres hactl_replication all cert map=hactl_nodes
host all,replication hactl_replication all reject
local all,replication hactl_replication reject
hostssl all all 10.0.0.0/8 scram-sha-256
local appdb "my user" peer map=x
hostssl "appdb" "ha-admin" all scram-sha-256
host all all all reject
local all all reject
)");
  EXPECT_EQ(read_settings(files.server).at("default_transaction_read_only"), "off");
}

TEST(PostgresSettings, TheConnectionStringSurvivesBothLayersOfQuoting) {
  SettingsRole role = sample_role();
  role.upstream = sample_upstream();
  role.upstream->host = R"(odd 'host\name)";
  role.paths.state_directory = R"(/st'ate\dir)";
  const auto settings = read_settings(render_settings(sample_goal(), role).server);
  const auto values = read_conninfo(settings.at("primary_conninfo"));
  EXPECT_EQ(values.at("host"), R"(odd 'host\name)");
  EXPECT_EQ(values.at("port"), "5433");
  EXPECT_EQ(values.at("user"), "hactl_replication");
  EXPECT_EQ(values.at("application_name"), "hactl_paris-a_e3");
  EXPECT_EQ(values.at("sslmode"), "verify-full");
  EXPECT_EQ(values.at("sslkey"), R"(/st'ate\dir/replication.e3.key)");
  EXPECT_EQ(values.at("tcp_user_timeout"), "5000");
  EXPECT_EQ(settings.at("primary_slot_name"), "hactl_paris_a");
}

TEST(PostgresSettings, TheSpecsParametersAreKeptAndHactlsOwnAreNotTheirs) {
  PostgresGoal goal = sample_goal();
  goal.parameters = {{"max_connections", "300"},
                     {"wal_keep_size", "1GB"},
                     {"fsync", "off"},
                     {"log_line_prefix", "it's \\ %m"}};
  const auto settings = read_settings(render_settings(goal, sample_role()).server);
  EXPECT_EQ(settings.at("max_connections"), "300");
  EXPECT_EQ(settings.at("wal_keep_size"), "1GB");
  EXPECT_EQ(settings.at("fsync"), "on");
  EXPECT_EQ(settings.at("log_line_prefix"), "it's \\ %m");
}

TEST(PostgresSettings, AStandbyIsNotSetLowerThanItsPrimary) {
  PostgresGoal goal = sample_goal();
  goal.parameters = {{"max_connections", "50"}, {"max_worker_processes", "20"}};
  SettingsRole role = sample_role();
  role.at_least = {
      {"max_connections", 200}, {"max_worker_processes", 8}, {"max_prepared_transactions", 7}};
  const auto settings = read_settings(render_settings(goal, role).server);
  EXPECT_EQ(settings.at("max_connections"), "200");
  EXPECT_EQ(settings.at("max_worker_processes"), "20");
  EXPECT_EQ(settings.at("max_prepared_transactions"), "7");
}

TEST(PostgresSettings, SendersStayTheSameWhileAFormationGrowsToSixteenNodes) {
  PostgresGoal goal = sample_goal();
  for (const std::size_t peers : {2U, 15U, 16U, 63U}) {
    goal.peers.resize(peers);
    const auto settings = read_settings(render_settings(goal, sample_role()).server);
    EXPECT_EQ(settings.at("max_wal_senders"), peers < 16 ? "40" : "140");
    EXPECT_EQ(settings.at("max_replication_slots"), peers < 16 ? "40" : "140");
  }
}

TEST(PostgresSettings, TheIdNamesTheContents) {
  const SettingsFiles one = render_settings(sample_goal(), sample_role());
  SettingsRole role = sample_role();
  EXPECT_EQ(render_settings(sample_goal(), role).id, one.id);
  EXPECT_EQ(one.id.size(), 16U);
  role.gate = Gate::open;
  EXPECT_NE(render_settings(sample_goal(), role).id, one.id);
}

TEST(SyncNames, AreWrittenForEachPurpose) {
  SyncConfig sync = sample_sync();
  EXPECT_EQ(any_names(sync), R"(ANY 1 ("hactl_paris-b_e3", "hactl_rome-c_e3"))");
  EXPECT_EQ(marker_names(sync), R"(FIRST 1 ("hactl_g5", "hactl_paris-b_e3", "hactl_rome-c_e3"))");
  sync.required = 0;
  EXPECT_EQ(any_names(sync), "");
  EXPECT_EQ(marker_names(sync), "");
}

TEST(SyncNames, TheMarkerIsProvenByThePlaceOfEachMember) {
  const SyncConfig sync = sample_sync();
  EXPECT_TRUE(shows_marker(sync, {sender("paris-b", 3, 2), sender("rome-c", 3, 3)}));
  EXPECT_FALSE(shows_marker(sync, {sender("paris-b", 3, 2), sender("rome-c", 3, 1)}));
  EXPECT_FALSE(shows_marker(sync, {sender("oslo-d", 3, 1)}));
  EXPECT_TRUE(shows_marker(sync, {sender("oslo-d", 3, 0), sender("paris-b", 2, 0)}));
  EXPECT_TRUE(shows_any(sync, {sender("paris-b", 3, 1), sender("oslo-d", 3, 0)}));
  EXPECT_FALSE(shows_any(sync, {sender("paris-b", 3, 2)}));
}

TEST(SyncNames, ASenderThatHasAcknowledgedNothingProvesNothing) {
  SenderView starting = sender("paris-b", 3, 0);
  starting.streaming = false;
  EXPECT_FALSE(shows_any(sample_sync(), {starting}));
  starting.flushed = Lsn(0);
  EXPECT_TRUE(shows_any(sample_sync(), {starting}));
}

}  // namespace
}  // namespace hactl
