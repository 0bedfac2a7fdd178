#include "lint/lint.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "codec/spec_yaml.h"

namespace hactl {
namespace {

constexpr std::string_view kHead = R"(apiVersion: hactl/v1
kind: Formation
metadata: {name: default}
spec:
)";
constexpr std::string_view kParis = R"(  regions:
    - name: paris
      candidate-priority: 60
      nodes:
        - {name: paris-a, host: 10.1.0.1}
        - {name: paris-b, host: 10.1.0.2}
        - {name: paris-c, host: 10.1.0.3}
)";
constexpr std::string_view kRome = R"(    - name: rome
      candidate-priority: 40
      nodes:
        - {name: rome-a, host: 10.2.0.1}
        - {name: rome-b, host: 10.2.0.2}
        - {name: rome-c, host: 10.2.0.3}
)";

Formation formation(const std::string& spec) {
  const ParsedFormation parsed = parse_formation_yaml(std::string(kHead) + spec, "f");
  EXPECT_TRUE(parsed.ok()) << to_string(parsed.problems);
  return parsed.formation;
}

std::string paris(const std::string& before = "") {
  return before + std::string(kParis);
}

std::string paris_and_rome(const std::string& before = "") {
  return paris(before) + std::string(kRome);
}

/// The codes that are found and where: "HA003 spec.regions[1].candidate-priority".
std::vector<std::string> found(const std::string& spec) {
  std::vector<std::string> result;
  for (const LintFinding& finding : lint(formation(spec)))
    result.push_back(finding.code + " " + finding.field);
  return result;
}

using Codes = std::vector<std::string>;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(Lint, HasNothingToSayOfThreeNodesInOneRegion) {
  EXPECT_EQ(found(paris()), Codes{});
}

TEST(Lint, FindsAQuorumWithoutASpare) {
  const Codes expected{"HA001 spec.number-sync-standbys"};
  EXPECT_EQ(found(paris("  number-sync-standbys: 2\n")), expected);
  EXPECT_EQ(found(paris("  number-sync-standbys: 2\n  when-short: degrade\n")),
            Codes{"HA008 spec.when-short"});
}

TEST(Lint, FindsRegionsThatAcknowledgeAlone) {
  const Codes expected{"HA002 spec.regions[0]", "HA002 spec.regions[1]"};
  EXPECT_EQ(found(paris_and_rome("  number-sync-standbys: 1\n")), expected);
  EXPECT_EQ(found(paris_and_rome("  number-sync-standbys: 2\n")), expected);
  EXPECT_EQ(found(paris_and_rome("  number-sync-standbys: 3\n")), Codes{});
}

TEST(Lint, KnowsWhatDurabilityDoesAndWhatItCosts) {
  const std::string dublin = R"(    - name: dublin
      candidate-priority: 20
      nodes: [{name: dublin-a, host: 10.3.0.1}]
)";
  const std::string two = "  durability: {regions: 2}\n";
  const std::string three = "  durability: {regions: 3}\n";
  EXPECT_EQ(found(paris_and_rome(two)), Codes{"HA017 spec.durability.regions"});
  EXPECT_EQ(found(paris_and_rome(two) + dublin), Codes{});
  EXPECT_EQ(found(paris_and_rome("  durability: {nodes: 3}\n")),
            (Codes{"HA002 spec.regions[0]", "HA002 spec.regions[1]"}));
  EXPECT_EQ(found(paris_and_rome(three) + dublin),
            (Codes{"HA001 spec.durability", "HA017 spec.durability.regions"}));
  const LintFinding finding = lint(formation(paris_and_rome(three) + dublin))[0];
  EXPECT_EQ(finding.message,
            "commits wait for ANY 2 (dublin-a, rome-a): when one of them is lost, writes stop");
  EXPECT_EQ(finding.advice, "add a node with replication-quorum: true in a region more");
  const std::string dublin_of_two =
      replaced(dublin, "host: 10.3.0.1}", "host: 10.3.0.1}, {name: dublin-b, host: 10.3.0.2}");
  EXPECT_TRUE(lint(formation(paris_and_rome(three) + dublin_of_two))[0].advice.ends_with(
      ", or set spec.durability.nodes to 4"));
}

TEST(Lint, FindsRegionsThatCannotTakeOver) {
  const std::string spec = replaced(paris_and_rome("  number-sync-standbys: 3\n"),
                                    "candidate-priority: 40", "candidate-priority: 0");
  const std::vector<LintFinding> findings = lint(formation(spec));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "HA003");
  EXPECT_EQ(findings[0].message,
            "region rome can't take over: none of its nodes has a candidate-priority above 0, so "
            "when paris is lost, nobody becomes primary");
}

TEST(Lint, FindsCommitsThatWaitForNobody) {
  EXPECT_EQ(found(paris("  number-sync-standbys: 0\n")), Codes{"HA004 spec.number-sync-standbys"});
}

TEST(Lint, FindsRegionsOfOnePriority) {
  const std::string spec = replaced(paris_and_rome("  number-sync-standbys: 3\n"),
                                    "candidate-priority: 40", "candidate-priority: 60");
  EXPECT_EQ(found(spec), Codes{"HA005 spec.regions"});
}

TEST(Lint, FindsNodesThatShareAHost) {
  const std::string spec = replaced(paris(), "host: 10.1.0.3",
                                    "host: 10.1.0.2, port: 5433, "
                                    "data-directory: /srv/c");
  EXPECT_EQ(found(spec), Codes{"HA007 spec.regions[0].nodes[2].host"});
}

TEST(Lint, FindsMovesBetweenRegionsThatNobodyAsksFor) {
  EXPECT_EQ(found(paris_and_rome("  number-sync-standbys: 3\n  failback: automatic\n")),
            Codes{"HA009 spec.failback"});
  EXPECT_EQ(found(paris("  failback: automatic\n")), Codes{});
}

TEST(Lint, FindsAQuorumOfWhichOnlyOneMayBePrimary) {
  std::string spec = replaced(paris(), "host: 10.1.0.2", "host: 10.1.0.2, candidate-priority: 0");
  spec = replaced(spec, "host: 10.1.0.3", "host: 10.1.0.3, candidate-priority: 0");
  EXPECT_EQ(found(spec), Codes{"HA010 spec.regions"});
}

TEST(Lint, FindsParametersThatEndBadly) {
  const std::string parameters =
      "  postgres:\n    parameters: {max_slot_wal_keep_size: -1, max_standby_streaming_delay: -1, "
      "synchronous_commit: remote_apply, password_encryption: md5}\n";
  const std::string at = "spec.postgres.parameters.";
  const Codes expected{
      "HA006 " + at + "max_slot_wal_keep_size", "HA011 " + at + "password_encryption",
      "HA015 " + at + "max_standby_streaming_delay", "HA016 " + at + "synchronous_commit"};
  EXPECT_EQ(found(paris(parameters)), expected);
}

TEST(Lint, FindsDoorsThatAreTooOpen) {
  const std::string hba =
      "  postgres:\n    data-directory: /tmp/data\n    hba:\n"
      "      - {type: host, database: appdb, user: ha-admin, address: 0.0.0.0/0, method: md5}\n";
  const std::string at = "spec.postgres.hba[0].";
  const Codes expected{"HA011 " + at + "method", "HA012 " + at + "address", "HA013 " + at + "type",
                       "HA014 spec.postgres.data-directory"};
  EXPECT_EQ(found(paris(hba)), expected);
}

TEST(Lint, EveryRuleHasACodeOfItsOwnAndAPage) {
  std::set<std::string_view> codes;
  for (const LintRule& rule : lint_rules()) {
    EXPECT_TRUE(codes.insert(rule.code).second) << rule.code;
    EXPECT_EQ(find_lint_rule(rule.code), &rule);
    EXPECT_NE(rule.page.find("What to do:"), std::string_view::npos) << rule.code;
    EXPECT_TRUE(rule.page.ends_with(".\n") || rule.page.ends_with(")\n")) << rule.code;
  }
  EXPECT_EQ(find_lint_rule("HA999"), nullptr);
}

}  // namespace
}  // namespace hactl
