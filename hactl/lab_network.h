// The lab's network when it is made of network namespaces: who is in it, what is cut, and the
// packet filter that follows from that. Plain values; hactl/lab_namespaces.h makes it so.
//
//   node ── region's router ── backbone ── controller
//                                  └────── operator (this machine: hactl and the clients)
//
// Everybody has a namespace but the operator. Each link is a pair of interfaces with one address a
// side and no subnet, so every packet passes the router beside whom it is for: there it is dropped
// when the two are cut apart, without a word to either.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "model/spec.h"

namespace hactl {

/// What `lab cut` and `lab heal` call the machine that hactl and the clients run on.
inline constexpr const char* kLabOperator = "operator";

/// One direction between two ends: "node/NAME", "controller" or "operator".
struct LabCut {
  std::string from{};
  std::string to{};
  friend auto operator<=>(const LabCut&, const LabCut&) = default;
};

/// A node as it is in the network.
struct LabHost {
  NodeName name{};
  RegionName region{};
  std::string address{};
  std::string data_directory{};  ///< As the node itself sees it.
  int number = 0;                ///< Its interface at the router; never given twice in one lab.
  friend bool operator==(const LabHost&, const LabHost&) = default;
};

/// network.json. Addresses stay the same for the life of the lab's directory.
struct LabNetwork {
  std::string id{};         ///< In the names of all that it makes: eight hexadecimal digits.
  std::string operator_{};  ///< Addresses.
  std::string gateway{};    ///< The backbone's side of the operator's link.
  std::string controller{};
  std::vector<RegionName> regions{};  ///< The place in the list is the number of its interface.
  std::vector<LabHost> hosts{};
  std::set<LabCut> cuts{};
  std::set<std::string> frozen{};  ///< Ends whose machine stands still.
  friend bool operator==(const LabNetwork&, const LabNetwork&) = default;

  [[nodiscard]] std::string backbone_namespace() const { return prefix() + "backbone"; }
  [[nodiscard]] std::string controller_namespace() const { return prefix() + "controller"; }
  [[nodiscard]] std::string router_namespace(const RegionName& region) const {
    return prefix() + "region-" + region.value;
  }
  [[nodiscard]] std::string host_namespace(const NodeName& node) const {
    return prefix() + "node-" + node.value;
  }
  /// Begins the name of every namespace of this lab, and of no other's.
  [[nodiscard]] std::string prefix() const { return "hactl-" + id + "-"; }
  /// The operator's interface on this machine.
  [[nodiscard]] std::string operator_interface() const { return "hl" + id; }

  [[nodiscard]] const LabHost* find(const NodeName& node) const;
};

/// A network for the lab in that directory, with nobody in it yet: names and addresses come from
/// the path.
LabNetwork new_lab_network(const std::string& directory);

/// network.json; nullopt when there is none, because the lab is on loopback addresses.
Result<std::optional<LabNetwork>> load_lab_network(const std::string& file);
Result<Done> save_lab_network(const std::string& file, const LabNetwork& network);

/// Adds the regions and nodes of the formation that are missing. Errors: invalid, when a host is no
/// address that a namespace can have, or a node is there with another one.
Result<Done> add_to_network(LabNetwork& network, const FormationSpec& spec);

/// What a cut or heal is about: nothing in `from` means everybody else.
struct LabSides {
  std::string from{};
  std::string to{};
  bool one_way = false;
};

/// Every cut between the two sides. A side is "controller", "operator", a region or a node by name,
/// or "region/NAME" or "node/NAME" where both have that name. Errors: not_found, invalid.
Result<std::set<LabCut>> cuts_between(const LabNetwork& network, const LabSides& sides);

/// The cuts in words, regions in place of their nodes where all of them are meant:
/// "region/paris <-> controller", "node/paris-a -> node/paris-b".
std::vector<std::string> cut_texts(const LabNetwork& network);

/// What `iptables-restore` shall read in the namespace of a region's router.
std::string router_filter(const LabNetwork& network, const RegionName& region);

/// Likewise in the backbone.
std::string backbone_filter(const LabNetwork& network);

}  // namespace hactl
