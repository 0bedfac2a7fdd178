#include "model/validate.h"

#include <gtest/gtest.h>

#include "model/hba_rules.h"
#include "model/limits.h"
#include "model/network.h"
#include "model/parameter_rules.h"

namespace hactl {
namespace {

Formation three_nodes() {
  Formation formation;
  formation.name = FormationName("default");
  RegionSpec region{RegionName("paris"), "", "10.11.0.0/16", "", std::nullopt, std::nullopt, {}};
  int host = 0;
  for (const auto* const name : {"paris-a", "paris-b", "paris-c"}) {
    NodeSpec node;
    node.name = NodeName(name);
    node.host = "10.11.1." + std::to_string(++host);
    region.nodes.push_back(node);
  }
  formation.spec.regions.push_back(region);
  return formation;
}

std::string problems(const Formation& formation) {
  std::string text;
  for (const FieldProblem& problem : validate(formation)) {
    text += (text.empty() ? "" : "\n") + problem.field + ": " + problem.message;
  }
  return text;
}

TEST(Validate, ASoundFormationHasNoProblem) {
  EXPECT_EQ(problems(three_nodes()), "");
}

TEST(Validate, EveryStandbyThatCommitsWaitForMustExist) {
  Formation formation = three_nodes();
  formation.spec.number_sync_standbys = 2;
  EXPECT_EQ(problems(formation), "");
  formation.spec.regions[0].nodes[2].replication_quorum = false;
  EXPECT_EQ(problems(formation),
            "spec.number-sync-standbys: 2 needs 3 nodes with replication-quorum: true, but there "
            "are 2");
  formation.spec.regions[0].replication_quorum = false;
  formation.spec.number_sync_standbys = 0;
  EXPECT_EQ(problems(formation), "");
}

TEST(Validate, CountsAreBounded) {
  Formation formation = three_nodes();
  RegionSpec& region = formation.spec.regions[0];
  for (std::size_t i = region.nodes.size(); i <= kNodesMax; ++i) {
    NodeSpec node;
    node.name = NodeName("n" + std::to_string(i));
    node.host = "10.11.2." + std::to_string(i);
    region.nodes.push_back(node);
  }
  EXPECT_EQ(problems(formation), "spec.regions: 65 nodes; at most 64 are accepted");
  EXPECT_EQ(problems(Formation{}),
            "metadata.name: is required\nspec.regions: at least one region is required");
}

TEST(Validate, NamesAreWhatPostgresAndItsFilesTakeAsTheyAre) {
  for (const auto* const name : {"a", "a1", "paris-a", "x-1-2"})
    EXPECT_TRUE(is_name(name)) << name;
  for (const auto* const name : {"", "A", "1a", "-a", "a-", "a_b", "a.b", "a b", "é", "a\n"}) {
    EXPECT_FALSE(is_name(name)) << name;
  }
  EXPECT_TRUE(is_name(std::string(40, 'a')));
  EXPECT_FALSE(is_name(std::string(41, 'a')));
}

TEST(Network, AddressesAndNetworksAreTakenLiterally) {
  EXPECT_TRUE(parse_ip("10.0.0.1"));
  EXPECT_TRUE(parse_ip("fd00::1"));
  for (const auto* const text : {"", "10.0.0", "10.0.0.1.", "10.0.0.256", "010.0.0.1",
                                 "fe80::1%eth0", "[::1]", "10.0.0.1:5432", "10.0.0.1,10.0.0.2"}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
  for (const auto* const text :
       {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "/8", "10.0.0.0/+8", "10.0.0.0/8 ", "fd00::/129"}) {
    EXPECT_FALSE(parse_network(text)) << text;
  }
  EXPECT_EQ(to_string(masked(*parse_network("10.11.13.7/20"))), "10.11.0.0/20");
  EXPECT_EQ(to_string(masked(*parse_network("fd00:1::7/16"))), "fd00::/16");
  EXPECT_TRUE(contains(*parse_network("10.11.0.0/20"), *parse_ip("10.11.15.255")));
  EXPECT_FALSE(contains(*parse_network("10.11.0.0/20"), *parse_ip("10.11.16.0")));
  EXPECT_FALSE(contains(*parse_network("0.0.0.0/0"), *parse_ip("::1")));
  EXPECT_FALSE(contains(*parse_network("10.11.0.0/20"), *parse_network("10.11.0.0/19")));
}

TEST(Network, HostNamesHaveNothingThatPostgresReadsOtherwise) {
  for (const auto* const name : {"db", "db-1.example.com", "10.example", "a.b1"}) {
    EXPECT_TRUE(is_host_name(name)) << name;
  }
  for (const auto* const name : {"", ".", "a.", "-a", "a..b", "a_b", "/tmp", "@x", "a,b", "a=b",
                                 "a%b", "10.0.0.300", "a b", "127.1"}) {
    EXPECT_FALSE(is_host_name(name)) << name;
  }
}

TEST(ParameterRules, RefuseWhatWouldUndoHactl) {
  for (const auto* const name : {"listen_addresses",
                                 "port",
                                 "synchronous_standby_names",
                                 "primary_conninfo",
                                 "primary_slot_name",
                                 "restart_after_crash",
                                 "fsync",
                                 "full_page_writes",
                                 "hot_standby",
                                 "ssl",
                                 "ssl_cert_file",
                                 "hba_file",
                                 "ident_file",
                                 "data_directory",
                                 "archive_command",
                                 "restore_command",
                                 "archive_cleanup_command",
                                 "ssl_passphrase_command",
                                 "archive_library",
                                 "session_preload_libraries",
                                 "local_preload_libraries",
                                 "dynamic_library_path",
                                 "recovery_target_lsn",
                                 "promote_trigger_file",
                                 "default_transaction_read_only",
                                 "unix_socket_directories",
                                 "cluster_name",
                                 "wal_log_hints",
                                 "include_dir",
                                 "hactl.x"}) {
    EXPECT_NE(parameter_objection(name, "x"), "") << name;
  }
  for (const auto* const name : {"max_connections", "max_slot_wal_keep_size", "work_mem",
                                 "pg_stat_statements.max", "log_min_duration_statement"}) {
    EXPECT_EQ(parameter_objection(name, "100"), "") << name;
  }
}

TEST(ParameterRules, AllowOnlyTheValuesThatKeepWhatHactlPromises) {
  EXPECT_EQ(parameter_objection("wal_level", "logical"), "");
  EXPECT_EQ(parameter_objection("wal_level", "minimal"),
            "\"minimal\" is not one of replica, logical");
  EXPECT_EQ(parameter_objection("synchronous_commit", "remote_apply"), "");
  EXPECT_NE(parameter_objection("synchronous_commit", "local"), "");
  EXPECT_EQ(parameter_objection("shared_preload_libraries", "auto_explain, pg_prewarm"), "");
  EXPECT_NE(parameter_objection("shared_preload_libraries", "$libdir/evil"), "");
  EXPECT_EQ(parameter_objection("superuser_reserved_connections", "3"), "");
  EXPECT_NE(parameter_objection("superuser_reserved_connections", "2"), "");
  EXPECT_NE(parameter_objection("work_mem", "1MB\nfsync=off"), "");
  EXPECT_NE(parameter_objection("work_mem", std::string("1\0", 2)), "");
  EXPECT_NE(parameter_objection("Work_Mem", "1MB"), "");
}

TEST(HbaRules, RefuseWhatCouldMeanSomethingElse) {
  const HbaRule good{"hostssl", "appdb", "ha-admin", "10.11.1.7/32", "scram-sha-256"};
  EXPECT_TRUE(hba_objections(good).empty());
  for (const auto* const word : {"", "a b", "a,b", "\"a\"", "#a", "@file", "/re", "a\n", "a\\"}) {
    HbaRule rule = good;
    rule.user = word;
    EXPECT_EQ(hba_objections(rule).size(), 1U) << word;
    rule = good;
    rule.database = word;
    EXPECT_EQ(hba_objections(rule).size(), 1U) << word;
    rule = good;
    rule.address = word;
    EXPECT_EQ(hba_objections(rule).size(), 1U) << word;
  }
}

}  // namespace
}  // namespace hactl
