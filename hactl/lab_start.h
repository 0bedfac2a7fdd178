// Starting the lab's processes: the controller, and an agent a node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hactl/lab_directory.h"
#include "hactl/lab_processes.h"
#include "model/spec.h"

namespace hactl {

/// The controller's address in a lab on loopback addresses.
inline constexpr const char* kLabControllerAddress = "127.0.0.1";
/// What the controller is called among the processes.
inline constexpr const char* kLabControllerName = "controller";

/// A program run to its end may take this long.
inline constexpr Duration kLabProgramTime{20'000};

/// `wanted`, or when unset kLabPortDefault or else any free port. Errors: conflict when `wanted` is
/// taken.
Result<std::uint16_t> choose_lab_port(std::optional<std::uint16_t> wanted);

/// Makes the controller's directory and DIR/config, once.
Result<Done> make_lab_controller(const LabDirectory& lab, const std::string& address,
                                 std::uint16_t port);

/// The controller's URL, from DIR/config.
Result<std::string> lab_controller_url(const LabDirectory& lab);

/// Starts the controller.
Result<LabProcess> start_lab_controller(const LabDirectory& lab);

/// Makes the node's directories, certificate and agent.json where they are missing.
Result<Done> make_lab_node(const LabDirectory& lab, const Formation& formation,
                           const Member& member);

/// Starts the node's agent.
Result<LabProcess> start_lab_agent(const LabDirectory& lab, const NodeName& node);

/// The entry of that name; nullptr when there is none.
const LabProcess* find_lab_process(const std::vector<LabProcess>& processes,
                                   const std::string& name);

/// Replaces the entry of that name, or adds it, and writes processes.json.
Result<Done> note_lab_process(const LabDirectory& lab, std::vector<LabProcess>& processes,
                              const LabProcess& started);

}  // namespace hactl
