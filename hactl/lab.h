// The lab: a whole formation on this one machine, from the binaries that lie beside this program.
// Every process has its own certificate and its own address: in 127.0.0.0/8, which Linux answers
// without set-up, or in a network namespace of its own, which can be cut off. What is started is
// written to processes.json and is ended by pid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "hactl/session.h"

namespace hactl {

/// Where the controller listens unless that is taken.
inline constexpr std::uint16_t kLabPortDefault = 8443;
/// How long all agents together may take to register.
inline constexpr Duration kLabRegisterTime{30'000};

struct LabUpOptions {
  std::string directory = "./lab";
  std::string file{};
  std::optional<std::uint16_t> port{};  ///< Unset: kLabPortDefault, or a free one when it is taken.
  int controllers = 1;
  std::string network{};  ///< "loopback", "namespaces"; empty: what the lab is, or loopback.
};
/// Starts what does not run yet and waits until every agent has registered. May be repeated, also
/// with a file that has more nodes.
Result<int> run_lab_up(Session& session, const LabUpOptions& options);

/// Ends everything that was started, and every PostgreSQL of the lab; data stays.
Result<int> run_lab_down(Session& session, const std::string& directory);
Result<int> run_lab_status(Session& session, const std::string& directory);

enum class LabDeed {
  kill,    ///< As when the power fails: agent and PostgreSQL at once.
  stop,    ///< In an orderly way.
  start,   ///< The agent, which starts its PostgreSQL.
  freeze,  ///< Stopped in the middle of whatever they do, connections open; in a network of
           ///< namespaces the machine is silent too, as a paused one is.
  thaw,
};
enum class LabTarget { node, region, controller };

struct LabActOptions {
  std::string directory = "./lab";
  LabDeed deed = LabDeed::kill;
  LabTarget target = LabTarget::node;
  std::string name{};
};
Result<int> run_lab_act(Session& session, const LabActOptions& options);

struct LabCutOptions {
  std::string directory = "./lab";
  std::string from{};
  std::string to{};
  std::string first{};   ///< Both directions between the first and the second side.
  std::string second{};  ///< Empty: everybody else.
};
/// Nothing comes through any more between the two sides, and nobody is told.
Result<int> run_lab_cut(Session& session, const LabCutOptions& options);
/// Undoes cuts; all of them when no side is named.
Result<int> run_lab_heal(Session& session, const LabCutOptions& options);

struct LabTrafficOptions {
  std::string directory = "./lab";
  std::string formation{};
  std::string node{};    ///< Written to, whatever it is; empty: whichever is primary.
  std::string table{};   ///< Empty: the usual one.
  std::string ledger{};  ///< File that says of each row what came of it; empty: none.
  Duration duration{10'000};
};
/// Writes rows for a while, or until SIGINT, and then looks whether each acknowledged one is there.
/// Exit 1 when not.
Result<int> run_lab_traffic(Session& session, const LabTrafficOptions& options);

}  // namespace hactl
