#include "why/rules.h"

#include <algorithm>
#include <array>

namespace hactl {
namespace {

constexpr std::array kRules{
    // Is the primary lost? planner/verdict.cc
    RuleText{208, "ForgotAndClosed",
             "the primary is closed and shows less than it once knew: lost"},
    RuleText{210, "PostgresStopped", "the primary's agent says that PostgreSQL stopped: lost"},
    RuleText{212, "PostgresHangs",
             "PostgreSQL answers neither its agent nor a standby: lost, though it may live"},
    RuleText{214, "PostgresHangsLong",
             "PostgreSQL has not answered its agent for long: lost, though it may live"},
    RuleText{216, "DiskStalls", "the primary's disk takes no WAL: lost, though it may live"},
    RuleText{218, "StandbysCutOff",
             "the primary is open, but commits wait because standbys can't reach it: given up"},
    RuleText{220, "PrimaryOpen", "the primary's agent says that it is open: well"},
    RuleText{230, "NotOpenedInTime", "the primary could not be opened to clients in time: lost"},
    RuleText{235, "HungUpAndRefuses",
             "the agent hung up, the port refuses, no standby receives: lost"},
    RuleText{240, "AgentHeard", "the primary's agent was heard a moment ago: not lost"},
    RuleText{250, "StandbysReceive",
             "the agent is silent, but standbys still receive from the primary: not lost"},
    RuleText{255, "SilentAndCutOff",
             "the agent is silent and standbys can't receive: lost, though it may live"},
    RuleText{256, "PostgresAnswers",
             "the agent is silent, but PostgreSQL answers the controller: not lost"},
    RuleText{260, "SilentAndRefuses",
             "the agent is silent, the port refuses, no standby receives: lost"},
    RuleText{262, "SilentAndUnreachable",
             "neither agent nor PostgreSQL can be reached, no standby receives: lost"},
    RuleText{265, "AskingPostgres",
             "the agent is silent: the controller asks PostgreSQL itself first"},
    RuleText{290, "NothingAgainstIt", "nothing is known against the primary: not lost"},
    // What is decided next. planner/decide.cc, moves.cc, ballot.cc, recover.cc
    RuleText{300, "Deleting", "the formation is being deleted: nothing else is decided"},
    RuleText{301, "Bootstrapping", "a node is chosen to make the first data directory"},
    RuleText{302, "DataInTheWay", "a data directory is not empty: nothing is made over it"},
    RuleText{303, "NoCandidateHeard", "waits for a node that may be primary to be heard"},
    RuleText{304, "WaitingForBest", "waits a moment for the node with the highest priority"},
    RuleText{305, "StoreIsOlderThanItsNodes",
             "nodes have seen more than the store knows: nobody is promoted by what it says"},
    RuleText{306, "RecoveringByPrimary", "the open primary is to prove the setting it has"},
    RuleText{307, "RecoveringByAll", "no primary can prove its setting: every node is asked"},
    RuleText{308, "RecoveryWaits", "a store that was put back waits for what nodes tell"},
    RuleText{309, "Recovered", "what the store had forgotten has been proven"},
    RuleText{310, "HistoryLearned", "timelines that the store had forgotten are taken up"},
    RuleText{311, "FailoverStarted", "the primary is lost: a ballot asks who can take over"},
    RuleText{312, "FailoverPaused", "the primary is lost, but the formation is paused"},
    RuleText{313, "FailoverBlocked",
             "the primary is lost, and those who are left can't take over without losing commits"},
    RuleText{314, "FailoverBackOff", "the primary is lost, but failovers come too often: waits"},
    RuleText{315, "WaitingForPrimary", "waits for the primary to open"},
    RuleText{316, "WaitingForLease", "the primary is lost: waits until it has closed by itself"},
    RuleText{318, "FailoverForced", "an operator asked for a failover: a ballot begins"},
    RuleText{319, "FailoverRefused", "a failover that was asked for is not carried out"},
    RuleText{321, "SwitchoverDone", "the primary is where a switchover was to take it"},
    RuleText{322, "SwitchoverRefused", "the target of a switchover may not be primary"},
    RuleText{323, "SwitchoverAskedFor", "the primary moves because an operator asked for it"},
    RuleText{324, "PrimaryLeavesSpec", "the primary moves because the spec no longer names it"},
    RuleText{325, "HigherPriority", "the primary moves to a node with a higher priority"},
    RuleText{326, "RestartByMove", "the primary moves because it must restart"},
    RuleText{327, "PrimaryToMaintain",
             "the primary moves because the spec has its node in maintenance"},
    RuleText{331, "PrimarySettled", "the primary is the one that the spec prefers"},
    RuleText{332, "NodeRestarted", "a node has done the restart that was asked for"},
    RuleText{341, "NodeForgot", "a node shows less than it once knew: it counts as lost"},
    RuleText{342, "UnmetPromise",
             "a node has promised an epoch in which nobody was promoted: a new ballot"},
    RuleText{351, "NodeDropped", "a node that left the spec has been let go"},
    RuleText{361, "QuorumChanging", "what commits wait for changes: old and new count together"},
    RuleText{362, "QuorumChanged", "the new setting is proven: the old one no longer counts"},
    RuleText{363, "ProvingQuorum", "waits for the primary to prove a new setting"},
    RuleText{365, "ForeignSetting",
             "somebody else changed synchronous_standby_names: it is set again and proven"},
    RuleText{371, "PrimaryStopped", "the old primary has stopped: the target takes over"},
    RuleText{372, "PrimaryDidNotStop", "the old primary did not stop in time: a ballot"},
    RuleText{373, "TargetGone", "the target of the move is gone: a ballot"},
    RuleText{374, "WaitingForStop", "waits for the old primary to stop"},
    RuleText{381, "CandidateChosen", "a node holds all that was acknowledged: it takes over"},
    RuleText{382, "FetchingWal", "the chosen node fetches WAL that it lacks first"},
    RuleText{383, "FurthestUnreachable", "waits for the node that has the most WAL"},
    RuleText{384, "WaitingForWal", "waits for the chosen node to have fetched its WAL"},
    RuleText{385, "WordsMissing",
             "nodes that may hold acknowledged commits have not spoken: nobody is promoted"},
    RuleText{386, "ChosenGone", "the chosen node is gone: a new ballot"},
    RuleText{387, "NoCandidateAnswered", "no node that may be primary has spoken yet"},
    RuleText{388, "ChosenDiverged", "the chosen node has WAL that others lack: a new ballot"},
    RuleText{391, "PrimaryOpened", "the new primary is confirmed and opens"},
    RuleText{392, "WaitingForFirstData", "waits for the first data directory"},
    RuleText{393, "PromotionTimedOut", "the candidate did not take over in time: a new ballot"},
    RuleText{394, "WaitingForPromotion", "waits for the candidate to take over"},
    RuleText{395, "WaitingForStandbys", "the new primary opens when standbys hold its WAL"},
    // What each node is to be. planner/goals.cc
    RuleText{400, "LetGo", "the formation is being deleted: the node leaves it"},
    RuleText{403, "StayAndTell", "the store was put back: the node stays and tells what it knows"},
    RuleText{405, "NoLongerInSpec", "the node left the spec and no commit waits for it"},
    RuleText{407, "InMaintenance", "the spec has the node in maintenance: it is kept stopped"},
    RuleText{410, "NoDataYet", "the formation has no data yet: the node waits"},
    RuleText{415, "MakeFirstData", "the node makes the formation's first data directory"},
    RuleText{420, "WaitForFirst", "the node waits for the first primary"},
    RuleText{425, "FetchWal", "the chosen node fetches WAL before it takes over"},
    RuleText{428, "FenceForgetful", "the node forgot: it stays down while others are asked"},
    RuleText{430, "GiveLastWord", "a ballot is under way: take no more WAL, say how far you are"},
    RuleText{432, "FenceWhileOpening", "the node forgot: it waits until the new primary opens"},
    RuleText{433, "RebuildForgetful", "the node forgot: it is built anew from the new primary"},
    RuleText{435, "TakeOver", "the node was chosen to be primary"},
    RuleText{436, "OldPrimaryWaits", "the old primary stays down until the new one opens"},
    RuleText{437, "StandbyWaits", "the node changes nothing until the new primary opens"},
    RuleText{440, "HandOver", "the primary moves: the old one stops in an orderly way"},
    RuleText{442, "FenceForgetfulPrimary", "the primary forgot: nobody is to follow it"},
    RuleText{445, "BePrimary", "the node is the formation's primary"},
    RuleText{446, "ProveSetting", "the node is primary and proves a new synchronous setting"},
    RuleText{450, "RebuildAfterForgetting", "the node forgot: it is built anew from the primary"},
    RuleText{452, "RebuildWalGone", "the primary no longer has the WAL that the node needs"},
    RuleText{455, "WaitForTurn", "the node has no data and waits for its turn to copy"},
    RuleText{456, "WaitForTurnWhileProving", "likewise, while a setting is being proven"},
    RuleText{460, "NothingToCopy", "the node has no data, and a ballot is under way"},
    RuleText{465, "NoPrimaryToCopy", "the node has no data, and no primary can be copied yet"},
    RuleText{490, "FollowPrimary", "the node follows the primary"},
};

}  // namespace

std::span<const RuleText> all_rules() {
  return kRules;
}

const RuleText* rule_text(std::uint32_t id) {
  const auto found = std::ranges::lower_bound(kRules, id, {}, &RuleText::id);
  return found != kRules.end() && found->id == id ? &*found : nullptr;
}

std::string rule_title(std::uint32_t id) {
  const RuleText* rule = rule_text(id);
  return std::to_string(id) + (rule == nullptr ? "" : " " + std::string(rule->name));
}

}  // namespace hactl
