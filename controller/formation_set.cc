#include "controller/formation_set.h"

#include <algorithm>

#include "model/limits.h"

namespace hactl {

FormationSet::FormationSet(Scheduler& scheduler, Store& store, Knocker& knocker, Listener listener)
    : scheduler_(scheduler), store_(store), knocker_(knocker), listener_(std::move(listener)) {}

FormationSet::~FormationSet() = default;

void FormationSet::start(StoredWorld world, StoreIs store_is) {
  started_version_ = world.version;
  std::map<FormationName, std::vector<Event>> events;
  for (auto& [name, event] : world.events) {
    events[name].push_back(std::move(event));
  }
  for (StoredFormation& stored : world.formations) {
    const FormationName name = stored.formation.name;
    make(name).adopt(std::move(stored), std::move(events[name]), store_is);
  }
}

FormationLoop& FormationSet::make(const FormationName& name) {
  FormationLoop::Callbacks callbacks;
  callbacks.goal_changed = [this, name](const NodeName& node) {
    if (listener_.goal_changed) listener_.goal_changed(name, node);
  };
  callbacks.looked_at = [this, name] {
    if (listener_.looked_at) listener_.looked_at(name);
  };
  callbacks.forgotten = [this, name] {
    if (listener_.forgotten) listener_.forgotten(name);
    forget_later(name);
  };
  callbacks.store_failed = [this, name](const Error& error) {
    if (listener_.store_failed) listener_.store_failed(name, error);
  };
  auto loop =
      std::make_unique<FormationLoop>(scheduler_, store_, knocker_, name, std::move(callbacks));
  return *loops_.insert_or_assign(name, std::move(loop)).first->second;
}

void FormationSet::forget_later(const FormationName& name) {
  // A loop can't be destroyed from its own callbacks.
  scheduler_.post([this, name, alive = std::weak_ptr<const bool>(alive_)] {
    if (alive.expired()) return;
    const auto found = loops_.find(name);
    if (found == loops_.end() || found->second->exists() || found->second->changing()) return;
    version_gone_ = std::max(version_gone_, found->second->last_version());
    writes_gone_ += found->second->writes();
    loops_.erase(found);
  });
}

FormationLoop* FormationSet::find(const FormationName& name) {
  const auto found = loops_.find(name);
  return found == loops_.end() || !found->second->exists() ? nullptr : found->second.get();
}

std::vector<FormationLoop*> FormationSet::all() {
  std::vector<FormationLoop*> result;
  for (const auto& [name, loop] : loops_) {
    if (loop->exists()) result.push_back(loop.get());
  }
  return result;
}

void FormationSet::apply(ApplyRequest request, FormationLoop::ChangeCallback callback) {
  const FormationName name = request.formation.name;
  const auto found = loops_.find(name);
  if (found == loops_.end() && loops_.size() >= kFormationsMax) {
    callback(Error{ErrorCode::unavailable, "too many formations"});
    return;
  }
  FormationLoop& loop = found == loops_.end() ? make(name) : *found->second;
  loop.apply(std::move(request),
             [this, name, callback = std::move(callback)](Result<Changed> changed) {
               FormationLoop* now = find(name);
               if (changed.ok() && now != nullptr) hand_over_reports(*now);
               if (now == nullptr) forget_later(name);
               callback(std::move(changed));
             });
}

void FormationSet::hand_over_reports(FormationLoop& loop) {
  const auto begin = agents_.lower_bound(AgentName(loop.name(), NodeName()));
  for (auto agent = begin; agent != agents_.end() && agent->first.first == loop.name(); ++agent) {
    loop.report_received(agent->second.report, agent->second.received_at);
  }
}

Result<Done> FormationSet::report_received(NodeReport report) {
  const Instant now = scheduler_.now();
  const AgentName name(report.formation, report.node);
  const bool known = agents_.contains(name);
  if (!known && agents_.size() >= kAgentsMax) {
    std::erase_if(agents_, [&](const auto& agent) {
      return now - agent.second.received_at >= kAgentForgottenAfter;
    });
    if (agents_.size() >= kAgentsMax) {
      return Error{ErrorCode::unavailable, "too many agents report here"};
    }
  }
  agents_.insert_or_assign(name, HeardAgent{report, now});
  if (FormationLoop* loop = find(name.first)) loop->report_received(std::move(report));
  return Done{};
}

void FormationSet::hung_up(const AgentName& agent) {
  if (FormationLoop* loop = find(agent.first)) loop->hung_up(agent.second);
}

std::uint64_t FormationSet::version() const {
  std::uint64_t version = std::max(started_version_, version_gone_);
  for (const auto& [name, loop] : loops_) {
    version = std::max(version, loop->last_version());
  }
  return version;
}

std::uint64_t FormationSet::sum(std::uint64_t (FormationLoop::*count)() const) const {
  std::uint64_t total = 0;
  for (const auto& [name, loop] : loops_) {
    total += ((*loop).*count)();
  }
  return total;
}

}  // namespace hactl
