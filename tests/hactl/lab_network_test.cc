#include "hactl/lab_network.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "codec/spec_yaml.h"
#include "tests/io/temporary_directory.h"

namespace hactl {
namespace {

constexpr const char* kFile =
    "apiVersion: hactl/v1\n"
    "kind: Formation\n"
    "metadata:\n"
    "  name: default\n"
    "spec:\n"
    "  regions:\n"
    "    - name: paris\n"
    "      nodes:\n"
    "        - {name: a, host: 10.11.1.6}\n"
    "        - {name: b, host: 10.11.1.8}\n"
    "    - name: dublin\n"
    "      nodes:\n"
    "        - {name: c, host: 10.61.1.4}\n";

FormationSpec spec_of(std::string text, const std::string& from = "", const std::string& to = "") {
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  const ParsedFormation parsed = parse_formation_yaml(text, "file");
  EXPECT_TRUE(parsed.ok());
  return parsed.formation.spec;
}

LabNetwork sample() {
  LabNetwork network = new_lab_network("/tmp/lab");
  EXPECT_TRUE(add_to_network(network, spec_of(kFile)).ok());
  return network;
}

void cut(LabNetwork& network, const LabSides& sides) {
  network.cuts.merge(cuts_between(network, sides).value());
}

TEST(LabNetwork, LabsInDifferentDirectoriesShareNoNameAndNoAddress) {
  const LabNetwork one = new_lab_network("/tmp/one");
  const LabNetwork other = new_lab_network("/tmp/other");
  EXPECT_NE(one.prefix(), other.prefix());
  EXPECT_NE(one.operator_interface(), other.operator_interface());
  EXPECT_NE(one.controller, other.controller);
  EXPECT_EQ(one, new_lab_network("/tmp/one"));
  // The kernel takes no longer ones.
  constexpr std::size_t kInterfaceNameMax = 15;
  EXPECT_LE(one.operator_interface().size(), kInterfaceNameMax);
}

TEST(LabNetwork, WhatIsSavedIsLoaded) {
  const TemporaryDirectory directory;
  LabNetwork network = sample();
  cut(network, {.from = "paris", .to = "dublin"});
  network.frozen.insert("node/a");
  ASSERT_TRUE(save_lab_network(directory.file("n.json"), network).ok());
  EXPECT_EQ(load_lab_network(directory.file("n.json")).value(), network);
  EXPECT_FALSE(load_lab_network(directory.file("none")).value().has_value());
}

TEST(LabNetwork, ACutOfRegionsIsOneOfEveryPairOfTheirNodes) {
  LabNetwork network = sample();
  cut(network, {.from = "paris", .to = "dublin"});
  EXPECT_EQ(
      network.cuts,
      (std::set<LabCut>{
          {"node/a", "node/c"}, {"node/b", "node/c"}, {"node/c", "node/a"}, {"node/c", "node/b"}}));
  EXPECT_EQ(cut_texts(network), std::vector<std::string>{"region/paris <-> node/c"});
}

TEST(LabNetwork, OneDirectionIsDroppedBesideItsDestinationOnly) {
  LabNetwork network = sample();
  cut(network, {.from = "node/a", .to = "controller", .one_way = true});
  EXPECT_EQ(cut_texts(network), std::vector<std::string>{"node/a -> controller"});
  EXPECT_NE(backbone_filter(network).find("-A FORWARD -s 10.11.1.6 -d " + network.controller +
                                          " -j DROP"),
            std::string::npos);
  EXPECT_EQ(router_filter(network, RegionName("paris")).find("DROP"), std::string::npos);
}

TEST(LabNetwork, ASideAloneIsCutFromEverybodyElse) {
  LabNetwork network = sample();
  cut(network, {.to = "paris"});
  // Within the region nothing is cut.
  EXPECT_EQ(network.cuts.size(), 2U * 2U * 3U);
  EXPECT_EQ(cut_texts(network),
            (std::vector<std::string>{"region/paris <-> controller", "region/paris <-> operator",
                                      "region/paris <-> node/c"}));
}

TEST(LabNetwork, AFrozenNodeIsSilentInBothDirections) {
  LabNetwork network = sample();
  network.frozen.insert("node/b");
  EXPECT_EQ(router_filter(network, RegionName("paris")),
            "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
            "-A FORWARD -s 10.11.1.8 -j DROP\n-A FORWARD -d 10.11.1.8 -j DROP\nCOMMIT\n");
  EXPECT_EQ(router_filter(network, RegionName("dublin")).find("DROP"), std::string::npos);
}

TEST(LabNetwork, SidesThatAreNoneAreNamed) {
  const LabNetwork network = sample();
  EXPECT_EQ(cuts_between(network, {.from = "lyon", .to = "paris"}).error().message,
            "error: there is no lyon in the lab: a side is a region, a node, controller or "
            "operator");
  EXPECT_EQ(cuts_between(network, {.from = "a", .to = "node/a"}).error().message,
            "error: node/a can't be cut from itself");
  LabNetwork twice = new_lab_network("/tmp/lab");
  ASSERT_TRUE(add_to_network(twice, spec_of(kFile, "name: c,", "name: paris,")).ok());
  EXPECT_EQ(cuts_between(twice, {.from = "paris", .to = "a"}).error().message,
            "error: paris is a region and a node: say region/paris or node/paris");
  EXPECT_TRUE(cuts_between(twice, {.from = "region/paris", .to = "node/paris"}).ok());
}

TEST(LabNetwork, HostsMustBeAddressesOfTheirOwn) {
  LabNetwork network = new_lab_network("/tmp/lab");
  EXPECT_EQ(add_to_network(network, spec_of(kFile, "10.61.1.4", "127.0.0.2")).error().message,
            "error: host 127.0.0.2 of node c can't be an address in a network namespace: it must "
            "be an IPv4 address outside 127.0.0.0/8");
  network = sample();
  EXPECT_EQ(add_to_network(network, spec_of(kFile, "10.61.1.4", "10.61.1.5")).error().message,
            "error: node c was made with another address, region or data directory: end the lab "
            "first, with `hactl lab down`");
}

TEST(LabNetwork, ANodeThatComesLaterGetsANumberThatNobodyHas) {
  LabNetwork network = sample();
  network.hosts.erase(network.hosts.begin());
  ASSERT_TRUE(add_to_network(network, spec_of(kFile)).ok());
  std::set<int> numbers;
  for (const LabHost& host : network.hosts) {
    EXPECT_TRUE(numbers.insert(host.number).second);
  }
}

}  // namespace
}  // namespace hactl
