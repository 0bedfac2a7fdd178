#include "hactl/lab_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "hactl/session.h"
#include "io/file.h"

namespace hactl {
namespace {

constexpr std::size_t kNetworkBytesMax = std::size_t{1} << 20U;
constexpr std::string_view kController = "controller";
constexpr std::string_view kNodePrefix = "node/";
constexpr std::string_view kRegionPrefix = "region/";

// FNV-1a: only has to differ between labs of one machine.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}

std::string node_end(const NodeName& node) {
  return std::string(kNodePrefix) + node.value;
}

bool can_be_address(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && !host.starts_with("127.") &&
         !host.starts_with("0.");
}

std::vector<std::string> all_ends(const LabNetwork& network) {
  std::vector<std::string> result{std::string(kController), kLabOperator};
  for (const LabHost& host : network.hosts) {
    result.push_back(node_end(host.name));
  }
  return result;
}

std::vector<std::string> nodes_of(const LabNetwork& network, const std::string& region) {
  std::vector<std::string> result;
  for (const LabHost& host : network.hosts) {
    if (host.region.value == region) result.push_back(node_end(host.name));
  }
  return result;
}

// The ends that a side's name stands for.
Result<std::vector<std::string>> ends_of(const LabNetwork& network, const std::string& side) {
  if (side == kController || side == kLabOperator) return std::vector<std::string>{side};
  const bool node_only = side.starts_with(kNodePrefix);
  const bool region_only = side.starts_with(kRegionPrefix);
  const std::string name = node_only || region_only ? side.substr(side.find('/') + 1) : side;
  const std::vector<std::string> nodes =
      node_only ? std::vector<std::string>{} : nodes_of(network, name);
  const bool is_node = !region_only && network.find(NodeName(name)) != nullptr;
  if (is_node && !nodes.empty()) {
    return local_error(fmt::format("{0} is a region and a node: say region/{0} or node/{0}", name));
  }
  if (is_node) return std::vector<std::string>{node_end(NodeName(name))};
  if (!nodes.empty()) return nodes;
  return local_error(
      fmt::format("there is no {} in the lab: a side is a region, a node, controller or {}", side,
                  kLabOperator));
}

// Both ends of a label that cut_texts() may show.
struct Label {
  std::string text{};
  std::vector<std::string> ends{};
};

std::vector<Label> labels_of(const LabNetwork& network) {
  std::vector<Label> result;
  for (const RegionName& region : network.regions) {
    const std::vector<std::string> nodes = nodes_of(network, region.value);
    if (nodes.size() > 1) result.push_back({std::string(kRegionPrefix) + region.value, nodes});
  }
  for (const std::string& end : all_ends(network)) {
    result.push_back({end, {end}});
  }
  return result;
}

std::set<LabCut> pairs(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  std::set<LabCut> result;
  for (const std::string& one : from) {
    for (const std::string& other : to) {
      if (one != other) result.insert({one, other});
    }
  }
  return result;
}

std::string address_of(const LabNetwork& network, const std::string& end) {
  if (end == kController) return network.controller;
  if (end == kLabOperator) return network.operator_;
  const LabHost* host = network.find(NodeName(end.substr(kNodePrefix.size())));
  return host == nullptr ? "" : host->address;
}

// `near` are the ends that lie beside this router and nowhere else.
std::string filter_text(const LabNetwork& network, const std::vector<std::string>& near) {
  const auto is_near = [&](const std::string& end) {
    return std::ranges::find(near, end) != near.end();
  };
  std::string text = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n";
  for (const std::string& end : network.frozen) {
    if (!is_near(end)) continue;
    const std::string address = address_of(network, end);
    text += fmt::format("-A FORWARD -s {0} -j DROP\n-A FORWARD -d {0} -j DROP\n", address);
  }
  for (const LabCut& cut : network.cuts) {
    if (!is_near(cut.to)) continue;
    text += fmt::format("-A FORWARD -s {} -d {} -j DROP\n", address_of(network, cut.from),
                        address_of(network, cut.to));
  }
  return text + "COMMIT\n";
}

LabNetwork network_from(const nlohmann::json& json) {
  LabNetwork network;
  json.at("id").get_to(network.id);
  json.at("operator").get_to(network.operator_);
  json.at("gateway").get_to(network.gateway);
  json.at("controller").get_to(network.controller);
  for (const nlohmann::json& region : json.at("regions")) {
    network.regions.emplace_back(region.get<std::string>());
  }
  for (const nlohmann::json& host : json.at("nodes")) {
    network.hosts.push_back({.name = NodeName(host.at("name").get<std::string>()),
                             .region = RegionName(host.at("region").get<std::string>()),
                             .address = host.at("address").get<std::string>(),
                             .data_directory = host.at("data-directory").get<std::string>(),
                             .number = host.at("number").get<int>()});
  }
  for (const nlohmann::json& cut : json.at("cuts")) {
    network.cuts.insert({cut.at("from").get<std::string>(), cut.at("to").get<std::string>()});
  }
  json.at("frozen").get_to(network.frozen);
  return network;
}

}  // namespace

const LabHost* LabNetwork::find(const NodeName& node) const {
  const auto found = std::ranges::find(hosts, node, &LabHost::name);
  return found == hosts.end() ? nullptr : &*found;
}

LabNetwork new_lab_network(const std::string& directory) {
  const std::uint64_t hash = hash_of(directory);
  // 198.18.0.0/15 is set aside for tests of networks; four addresses of it a lab.
  constexpr std::uint64_t kBlocks = 1U << 15U;
  constexpr std::uint32_t kFirst = (198U << 24U) | (18U << 16U);
  const std::uint32_t block = kFirst + static_cast<std::uint32_t>(hash % kBlocks) * 4;
  const auto address = [block](std::uint32_t number) {
    const std::uint32_t all = block + number;
    return fmt::format("{}.{}.{}.{}", all >> 24U, (all >> 16U) & 0xFFU, (all >> 8U) & 0xFFU,
                       all & 0xFFU);
  };
  LabNetwork network;
  network.id = fmt::format("{:08x}", static_cast<std::uint32_t>(hash >> 32U));
  network.operator_ = address(1);
  network.gateway = address(2);
  network.controller = address(3);
  return network;
}

Result<std::optional<LabNetwork>> load_lab_network(const std::string& file) {
  const Result<std::string> text = read_file(file, kNetworkBytesMax);
  if (!text.ok() && text.error().code == ErrorCode::not_found) return std::optional<LabNetwork>();
  if (!text.ok()) return text.error().within("error");
  const Result<nlohmann::json> json = parse_json(*text, kNetworkBytesMax);
  if (!json.ok()) return json.error().within("error: " + file);
  try {
    return std::optional<LabNetwork>(network_from(*json));
  } catch (const nlohmann::json::exception& problem) {
    return Error{ErrorCode::corrupt, fmt::format("error: {}: {}", file, problem.what())};
  }
}

Result<Done> save_lab_network(const std::string& file, const LabNetwork& network) {
  nlohmann::json regions = nlohmann::json::array();
  for (const RegionName& region : network.regions) {
    regions.push_back(region.value);
  }
  nlohmann::json hosts = nlohmann::json::array();
  for (const LabHost& host : network.hosts) {
    hosts.push_back({{"name", host.name.value},
                     {"region", host.region.value},
                     {"address", host.address},
                     {"data-directory", host.data_directory},
                     {"number", host.number}});
  }
  nlohmann::json cuts = nlohmann::json::array();
  for (const LabCut& cut : network.cuts) {
    cuts.push_back({{"from", cut.from}, {"to", cut.to}});
  }
  const nlohmann::json json{{"id", network.id},
                            {"operator", network.operator_},
                            {"gateway", network.gateway},
                            {"controller", network.controller},
                            {"regions", regions},
                            {"nodes", hosts},
                            {"cuts", cuts},
                            {"frozen", network.frozen}};
  const Result<Done> saved = write_file_atomically(file, pretty_json(json), 0644);
  if (!saved.ok()) return saved.error().within("error");
  return Done{};
}

Result<Done> add_to_network(LabNetwork& network, const FormationSpec& spec) {
  for (const RegionSpec& region : spec.regions) {
    if (std::ranges::find(network.regions, region.name) == network.regions.end()) {
      network.regions.push_back(region.name);
    }
  }
  int number = 0;
  for (const LabHost& host : network.hosts) {
    number = std::max(number, host.number + 1);
  }
  for (const Member& member : spec.members()) {
    if (!can_be_address(member.host)) {
      return local_error(fmt::format(
          "host {} of node {} can't be an address in a network namespace: it must be an IPv4 "
          "address outside 127.0.0.0/8",
          member.host, member.name.value));
    }
    const auto same_address = std::ranges::find(network.hosts, member.host, &LabHost::address);
    if (same_address != network.hosts.end() && same_address->name != member.name) {
      return local_error(fmt::format("nodes {} and {} have one address, {}",
                                     same_address->name.value, member.name.value, member.host));
    }
    LabHost host{member.name, member.region, member.host, member.data_directory, number};
    const LabHost* known = network.find(member.name);
    if (known == nullptr) {
      network.hosts.push_back(host);
      ++number;
      continue;
    }
    host.number = known->number;
    if (*known == host) continue;
    return local_error(fmt::format(
        "node {} was made with another address, region or data directory: end the lab first, "
        "with `hactl lab down`",
        member.name.value));
  }
  return Done{};
}

Result<std::set<LabCut>> cuts_between(const LabNetwork& network, const LabSides& sides) {
  const Result<std::vector<std::string>> to = ends_of(network, sides.to);
  if (!to.ok()) return to.error();
  std::vector<std::string> from;
  if (sides.from.empty()) {
    from = all_ends(network);
    std::erase_if(from,
                  [&](const std::string& end) { return std::ranges::find(*to, end) != to->end(); });
  } else {
    const Result<std::vector<std::string>> named = ends_of(network, sides.from);
    if (!named.ok()) return named.error();
    from = *named;
  }
  std::set<LabCut> result = pairs(from, *to);
  if (!sides.one_way) result.merge(pairs(*to, from));
  if (result.empty()) {
    return local_error(fmt::format("{} can't be cut from itself", sides.to));
  }
  return result;
}

std::vector<std::string> cut_texts(const LabNetwork& network) {
  std::set<LabCut> left = network.cuts;
  std::vector<std::string> result;
  const std::vector<Label> labels = labels_of(network);
  const auto take = [&left](const std::set<LabCut>& wanted) {
    if (wanted.empty() || !std::ranges::includes(left, wanted)) return false;
    std::erase_if(left, [&](const LabCut& cut) { return wanted.contains(cut); });
    return true;
  };
  for (const bool both : {true, false}) {
    for (const Label& from : labels) {
      for (const Label& to : labels) {
        std::set<LabCut> wanted = pairs(from.ends, to.ends);
        if (both) wanted.merge(pairs(to.ends, from.ends));
        if (take(wanted)) {
          result.push_back(fmt::format("{} {} {}", from.text, both ? "<->" : "->", to.text));
        }
      }
    }
  }
  return result;
}

std::string router_filter(const LabNetwork& network, const RegionName& region) {
  return filter_text(network, nodes_of(network, region.value));
}

std::string backbone_filter(const LabNetwork& network) {
  return filter_text(network, {std::string(kController), kLabOperator});
}

}  // namespace hactl
