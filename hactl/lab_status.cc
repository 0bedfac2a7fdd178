#include <algorithm>

#include "hactl/lab.h"
#include "hactl/lab_namespaces.h"
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
  const Result<std::vector<Member>> members = lab_members(lab);
  if (!members.ok()) return members.error();
  const Result<std::optional<LabNetwork>> network = load_lab_network(lab.network());
  if (!network.ok()) return network.error();
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
  for (const Member& member : *members) {
    add_started(member.name.value, "agent");
    add(member.name.value, "postgres", postmaster_of(member.data_directory));
  }
  table.print(session.terminal());
  if (!*network || (*network)->cuts.empty()) return kExitDone;
  Table cuts({"CUT"});
  for (const std::string& text : cut_texts(**network)) {
    cuts.add({text});
  }
  session.terminal().out() << "\n";
  cuts.print(session.terminal());
  return kExitDone;
}

}  // namespace hactl
