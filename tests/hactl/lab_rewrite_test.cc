#include "hactl/lab_rewrite.h"

#include <gtest/gtest.h>

#include "codec/spec_yaml.h"

namespace hactl {
namespace {

constexpr std::string_view kWritten = R"(# our formation, 10.11.1.6 is Paris
apiVersion: hactl/v1
kind: Formation
metadata:
  name: default
spec:
  postgres:
    hba:
      - {type: hostssl, database: appdb, user: ha-admin, address: 10.11.1.7/32}
  regions:
    - name: paris
      network: 10.11.0.0/16   # a comment that stays
      subnet: 10.11.1.0/24
      nodes:
        - {name: paris-a, host: 10.11.1.6}  # the first
        - {name: paris-b, host: "10.11.1.8", port: 6000}
    - name: dublin
      nodes:
        - name: dublin-a
          host: 10.61.1.4
)";

constexpr std::string_view kExpected =
    R"(# Made by `hactl lab up`: hosts are loopback addresses, and every node has its own data
# directory. Edit and apply this file.
# our formation, 10.11.1.6 is Paris
apiVersion: hactl/v1
kind: Formation
metadata:
  name: default
spec:
  postgres:
    hba:
      - {type: hostssl, database: appdb, user: ha-admin, address: 127.0.0.0/8}
  regions:
    - name: paris
      network: 127.11.0.0/16   # a comment that stays
      subnet: 127.11.1.0/24
      nodes:
        - {name: paris-a, host: 127.11.1.6, data-directory: /l/nodes/paris-a/data}  # the first
        - {name: paris-b, host: "127.11.1.8", port: 6000, data-directory: /l/nodes/paris-b/data}
    - name: dublin
      nodes:
        - name: dublin-a
          data-directory: /l/nodes/dublin-a/data
          host: 127.61.1.4
)";

Formation parsed(std::string_view text) {
  const ParsedFormation result = parse_formation_yaml(text, "f");
  EXPECT_TRUE(result.ok()) << to_string(result.problems);
  return result.formation;
}

LabFile rewritten(std::string_view text) {
  return rewrite_for_loopback(text, parsed(text), "/l").value();
}

TEST(LabRewrite, ChangesAddressesAndDirectoriesAndKeepsTheRest) {
  const LabFile file = rewritten(kWritten);
  EXPECT_EQ(file.text, kExpected);
  EXPECT_EQ(parsed(file.text), file.formation);
}

TEST(LabRewrite, TwiceIsAsOnce) {
  EXPECT_EQ(rewritten(rewritten(kWritten).text).text, kExpected);
}

TEST(LabRewrite, AFileOnLoopbackWithDirectoriesOfItsOwnIsUsedAsItIs) {
  const std::string text =
      "apiVersion: hactl/v1\nkind: Formation\nmetadata: {name: default}\nspec:\n  regions:\n"
      "    - name: here\n      nodes:\n"
      "        - {name: a, host: 127.0.0.1, port: 6001, data-directory: /x/a}\n"
      "        - {name: b, host: 127.0.0.1, port: 6002, data-directory: /x/b}\n";
  EXPECT_EQ(rewritten(text).text, text);
}

TEST(LabRewrite, LayoutThatIsNotUnderstoodIsWrittenAnew) {
  const std::string text =
      "apiVersion: hactl/v1\nkind: Formation\nmetadata: {name: default}\nspec:\n  regions:\n"
      "    - {name: here, nodes: [{name: a, host: 10.0.0.1}, {name: b, host: 10.0.0.2}]}\n";
  const LabFile file = rewritten(text);
  EXPECT_EQ(parsed(file.text), file.formation);
  EXPECT_EQ(file.formation.spec.members()[1].data_directory, "/l/nodes/b/data");
}

TEST(LabRewrite, AHostElsewhereIsRefused) {
  std::string text(kWritten);
  text.replace(text.find("host: 10.61.1.4"), 15, "host: 192.0.2.1");
  EXPECT_EQ(rewrite_for_loopback(text, parsed(text), "/l").error().message,
            "error: the loopback network has no address for host 192.0.2.1 of node dublin-a: hosts "
            "must be in 10.0.0.0/8 or 127.0.0.0/8");
}

TEST(LoopbackText, ChangesWholeAddressesOnly) {
  EXPECT_EQ(loopback_text("a: 10.1.2.3\n"), "a: 127.1.2.3\n");
  EXPECT_EQ(loopback_text("a: 110.1.2.3"), "a: 110.1.2.3");
  EXPECT_EQ(loopback_text("a: 10.1.2.3.4"), "a: 10.1.2.3.4");
  EXPECT_EQ(loopback_text("a: x10.1.2.3"), "a: x10.1.2.3");
  EXPECT_EQ(loopback_text("version: 10.1"), "version: 10.1");
}

}  // namespace
}  // namespace hactl
