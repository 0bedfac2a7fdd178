#include <algorithm>

#include "hactl/lab.h"
#include "hactl/lab_start.h"
#include "hactl/table.h"

namespace hactl {
namespace {

std::string state_text(const ProcessMark& mark) {
  if (!alive(mark)) return "dead";
  return look_at(mark.pid).state == 'T' ? "frozen" : "running";
}

}  // namespace

Result<int> run_lab_status(Session& session, const std::string& directory) {
  const LabDirectory lab = LabDirectory::at(directory);
  const Result<Formation> formation = lab_formation(lab);
  if (!formation.ok()) return formation.error();
  const Result<std::vector<LabProcess>> processes = load_lab_processes(lab.processes());
  if (!processes.ok()) return processes.error().within("error");
  Table table({"NAME", "ROLE", "PID", "STATE"});
  const auto add = [&](const std::string& name, const std::string& role, const ProcessMark& mark) {
    const bool known = mark.pid != 0;
    table.add(
        {name, role, known ? std::to_string(mark.pid) : "-", known ? state_text(mark) : "dead"});
  };
  const auto add_started = [&](const std::string& name, const std::string& role) {
    const LabProcess* found = find_lab_process(*processes, name);
    add(name, role, found == nullptr ? ProcessMark{} : found->mark);
  };
  add_started(kLabControllerName, "controller");
  for (const Member& member : formation->spec.members()) {
    add_started(member.name.value, "agent");
    add(member.name.value, "postgres", postmaster_of(member.data_directory));
  }
  table.print(session.terminal());
  return kExitDone;
}

}  // namespace hactl
