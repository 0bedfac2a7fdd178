#include "controller/formation_change.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "planner/plan.h"

namespace hactl {
namespace {

Error not_found(const FormationName& name) {
  return Error{ErrorCode::not_found, fmt::format("formations \"{}\" not found", name.value)};
}

Error conflict(const FormationName& name, std::string_view why) {
  return Error{
      ErrorCode::conflict,
      fmt::format("Operation cannot be fulfilled on formations \"{}\": {}", name.value, why)};
}

Error invalid(std::string message) {
  return Error{ErrorCode::invalid, std::move(message)};
}

Event formation_event(const StoredFormation& formation, std::string reason, std::string message,
                      UtcTime now) {
  Event event;
  event.reason = std::move(reason);
  event.object = "formation/" + formation.formation.name.value;
  event.message = std::move(message);
  event.epoch = formation.record.epoch;
  event.time = now;
  return event;
}

/// What the formation is by what was just applied.
SpecRevision revision_of(const StoredFormation& stored, UtcTime now) {
  return SpecRevision{stored.generation, now, stored.formation};
}

Changed created(const ApplyRequest& request, UtcTime now) {
  Changed changed;
  changed.outcome = ChangeOutcome::created;
  StoredFormation& stored = changed.formation;
  stored.formation = request.formation;
  stored.generation = Generation(1);
  stored.record = first_record(request.formation.name,
                               Incarnation(static_cast<std::uint64_t>(now.milliseconds)));
  stored.uid = request.first_uid;
  stored.created = now;
  stored.password = request.password.value_or(request.first_password);
  changed.events.push_back(formation_event(
      stored, "Created",
      fmt::format("created with {} nodes", request.formation.spec.members().size()), now));
  changed.revision = revision_of(stored, now);
  return changed;
}

std::optional<Error> refusal(const StoredFormation& current, const ApplyRequest& request) {
  const FormationName& name = current.formation.name;
  if (request.create_only) {
    return Error{ErrorCode::conflict, fmt::format("formations \"{}\" already exists", name.value)};
  }
  if (request.expected_version && *request.expected_version != current.version) {
    return conflict(name,
                    "the object has been modified; please apply your changes to the latest version "
                    "and try again");
  }
  if (current.record.deleting) return conflict(name, "it is being deleted");
  const int before = current.formation.spec.postgres.version;
  const int after = request.formation.spec.postgres.version;
  if (before != after) {
    return invalid(fmt::format(
        "spec.postgres.version: {} is not the version {} that the data was made with; a major "
        "upgrade needs a new formation",
        after, before));
  }
  return std::nullopt;
}

/// Why no node of the formation can carry out `request`.
std::optional<std::string> refusal(const StoredFormation& current, const MoveRequest& request) {
  const std::vector<Member> members = current.spec_in_force().members();
  const auto member_at = [&](const NodeName& node) {
    return std::ranges::find(members, node, &Member::name);
  };
  const auto primary = member_at(*current.record.primary);
  if (request.to) {
    const auto target = member_at(*request.to);
    if (target == members.end()) return fmt::format("nodes \"{}\" not found", request.to->value);
    if (target == primary)
      return fmt::format("node \"{}\" is the primary already", request.to->value);
    if (target->candidate_priority == 0) {
      return fmt::format("node \"{}\" has candidate-priority 0, so it is never promoted",
                         request.to->value);
    }
    if (request.to_region && target->region != *request.to_region) {
      return fmt::format("node \"{}\" is not in region \"{}\"", request.to->value,
                         request.to_region->value);
    }
    return std::nullopt;
  }
  const auto in_region = [&](const Member& member) {
    return !request.to_region || member.region == *request.to_region;
  };
  if (std::ranges::none_of(members, in_region)) {
    return fmt::format("regions \"{}\" not found", request.to_region->value);
  }
  if (request.to_region && primary != members.end() && in_region(*primary)) {
    return fmt::format("the primary, node \"{}\", is in region \"{}\" already", primary->name.value,
                       request.to_region->value);
  }
  const auto eligible = [&](const Member& member) {
    return in_region(member) && member.candidate_priority > 0 &&
           member.name != *current.record.primary;
  };
  if (std::ranges::any_of(members, eligible)) return std::nullopt;
  return request.to_region ? fmt::format("every node of region \"{}\" has candidate-priority 0",
                                         request.to_region->value)
                           : std::string("no other node has a candidate-priority above 0");
}

std::string target_text(const MoveRequest& request) {
  if (request.to) return "to node " + request.to->value;
  if (request.to_region) return "to region " + request.to_region->value;
  return "to the best candidate";
}

}  // namespace

Result<Changed> apply_change(const StoredFormation* current, const ApplyRequest& request,
                             UtcTime now) {
  const FormationName& name = request.formation.name;
  if (current == nullptr) {
    if (request.expected_version) {
      return Error{
          ErrorCode::conflict,
          fmt::format("Operation cannot be fulfilled on formations \"{}\": it does not exist "
                      "(any more)",
                      name.value)};
    }
    return created(request, now);
  }
  if (std::optional<Error> refused = refusal(*current, request)) return *refused;
  Changed changed;
  changed.formation = *current;
  StoredFormation& stored = changed.formation;
  const bool new_spec = stored.formation.spec != request.formation.spec;
  const bool new_password = request.password && *request.password != stored.password;
  if (stored.formation == request.formation && !new_password) return changed;
  changed.outcome = ChangeOutcome::configured;
  const bool new_notes = stored.formation.annotations != request.formation.annotations;
  stored.formation = request.formation;
  if (request.password) stored.password = *request.password;
  if (new_spec) {
    stored.generation = stored.generation.next();
    changed.events.push_back(
        formation_event(stored, "SpecChanged",
                        fmt::format("generation {} was applied{}", stored.generation.value,
                                    stored.held ? "; it waits, for the rollout is paused" : ""),
                        now));
  }
  if (new_spec || new_notes) changed.revision = revision_of(stored, now);
  if (new_password) {
    changed.events.push_back(
        formation_event(stored, "PasswordChanged", "the application role has a new password", now));
  }
  return changed;
}

Result<Changed> move_change(const FormationName& name, const StoredFormation* current,
                            const MoveRequest& request, UtcTime now) {
  if (current == nullptr) return not_found(name);
  if (current->record.deleting) return conflict(name, "it is being deleted");
  if (!current->record.primary) return conflict(name, "it has no primary yet");
  if (std::optional<std::string> why = refusal(*current, request)) return invalid(*std::move(why));
  Changed changed;
  changed.formation = *current;
  if (current->record.request == request) return changed;
  changed.outcome = ChangeOutcome::configured;
  changed.formation.record.request = request;
  changed.formation.record.revision = current->record.revision.next();
  changed.events.push_back(
      formation_event(changed.formation, "SwitchoverRequested",
                      "a switchover " + target_text(request) + " was asked for", now));
  if (request.to) changed.events.back().involved = {*request.to};
  return changed;
}

Result<Changed> failover_change(const FormationName& name, const StoredFormation* current,
                                const FailoverRequest& request, UtcTime now) {
  if (current == nullptr) return not_found(name);
  if (current->record.deleting) return conflict(name, "it is being deleted");
  if (!current->record.primary) return conflict(name, "it has no primary yet");
  for (const NodeName& node : request.assume_lost) {
    if (!current->record.nodes.contains(node)) {
      return invalid(fmt::format("nodes \"{}\" not found", node.value));
    }
  }
  Changed changed;
  changed.formation = *current;
  changed.outcome = ChangeOutcome::configured;
  changed.formation.record.failover = request;
  changed.formation.record.revision = current->record.revision.next();
  changed.events.push_back(formation_event(changed.formation, "FailoverRequested",
                                           request.by + " asked for a failover", now));
  changed.events.back().involved = request.assume_lost;
  return changed;
}

Result<Changed> pause_change(const FormationName& name, const StoredFormation* current,
                             UtcTime now) {
  if (current == nullptr) return not_found(name);
  if (current->record.deleting) return conflict(name, "it is being deleted");
  Changed changed;
  changed.formation = *current;
  if (current->held) return changed;
  changed.outcome = ChangeOutcome::configured;
  changed.formation.held = HeldSpec{current->formation.spec, current->generation};
  changed.events.push_back(formation_event(
      *current, "RolloutPaused",
      fmt::format("generation {} stays in force, whatever is applied", current->generation.value),
      now));
  return changed;
}

Result<Changed> resume_change(const FormationName& name, const StoredFormation* current,
                              UtcTime now) {
  if (current == nullptr) return not_found(name);
  Changed changed;
  changed.formation = *current;
  if (!current->held) return changed;
  changed.outcome = ChangeOutcome::configured;
  changed.formation.held.reset();
  // The next pause has a time of its own.
  std::erase_if(changed.formation.conditions,
                [](const Condition& condition) { return condition.type == kPausedCondition; });
  changed.events.push_back(
      formation_event(*current, "RolloutResumed",
                      fmt::format("generation {} is carried out", current->generation.value), now));
  return changed;
}

Result<Changed> restart_change(const FormationName& name, const StoredFormation* current,
                               UtcTime now) {
  if (current == nullptr) return not_found(name);
  if (current->record.deleting) return conflict(name, "it is being deleted");
  if (!current->record.primary) return conflict(name, "it has no primary yet");
  if (current->held) {
    return conflict(name, "its rollout is paused (run `hactl rollout resume` first)");
  }
  Changed changed;
  changed.outcome = ChangeOutcome::configured;
  changed.formation = *current;
  StoredFormation& stored = changed.formation;
  // Which restarts are done is told by the generation for which they were.
  stored.generation = stored.generation.next();
  stored.record.revision = stored.record.revision.next();
  for (const Member& member : stored.formation.spec.members())
    stored.record.restarts.insert(member.name);
  changed.events.push_back(
      formation_event(stored, "RestartRequested",
                      fmt::format("{} nodes are to restart, one at a time, the primary last",
                                  stored.record.restarts.size()),
                      now));
  changed.events.back().involved = stored.record.restarts;
  changed.revision = revision_of(stored, now);
  return changed;
}

Result<Changed> delete_change(const FormationName& name, const StoredFormation* current,
                              DataOfDeleted data, UtcTime now) {
  if (current == nullptr) return not_found(name);
  Changed changed;
  changed.formation = *current;
  const bool goes = data == DataOfDeleted::goes || current->record.deleting_data;
  if (current->record.deleting && current->record.deleting_data == goes) return changed;
  changed.outcome = ChangeOutcome::configured;
  changed.formation.record.deleting = true;
  changed.formation.record.deleting_data = goes;
  changed.formation.record.revision = current->record.revision.next();
  changed.formation.deleting_since = now;
  changed.events.push_back(formation_event(changed.formation, "DeletionRequested",
                                           goes ? "every node is being let go, and its data removed"
                                                : "every node is being let go; its data stays",
                                           now));
  return changed;
}

}  // namespace hactl
