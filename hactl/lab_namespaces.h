// The lab's network namespaces: made, cut and removed with `ip` and `iptables-restore`, as root.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hactl/lab_directory.h"
#include "hactl/lab_network.h"
#include "io/process.h"

namespace hactl {

/// Whether we are root and have the programs. The error is one line that says what to do.
Result<Done> check_namespaces();

/// Makes what of the network is not there yet. Errors: conflict, when this machine uses one of the
/// addresses for something else.
Result<Done> make_namespaces(const LabDirectory& lab, const LabNetwork& network);

/// Puts the network's cuts and frozen ends into force.
Result<Done> filter_namespaces(const LabDirectory& lab, const LabNetwork& network);

/// Whether a lab of that directory has left anything in the network of this machine, whatever its
/// files say.
bool has_namespaces(const LabNetwork& network);

/// Ends what still runs in the lab's namespaces and removes them, with all links.
Result<Done> remove_namespaces(const LabNetwork& network);

/// What the controller sees, and what a node sees: its own network, and its own disk where the data
/// directory lies. Everything, when there is no network.
ProcessView controller_view(const std::optional<LabNetwork>& network);
ProcessView node_view(const LabDirectory& lab, const std::optional<LabNetwork>& network,
                      const NodeName& node);

/// The lab's nodes, with their data directories as this machine sees them. Errors: not_found when
/// there is no lab here.
Result<std::vector<Member>> lab_members(const LabDirectory& lab);

/// The directory that a node's disk has in the lab, and the data directory in it as this machine
/// sees it.
std::string node_disk(const LabDirectory& lab, const NodeName& node);
std::string node_data(const LabDirectory& lab, const LabHost& host);

/// Makes the node's disk and the place where the node sees it. Errors: invalid, when the lab itself
/// would be hidden by that.
Result<Done> make_node_disk(const LabDirectory& lab, const LabHost& host);

}  // namespace hactl
