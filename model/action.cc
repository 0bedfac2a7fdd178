#include "model/action.h"

namespace hactl {
namespace {

struct NameOf {
  std::string_view operator()(const action::SaveState&) const { return "save_state"; }
  std::string_view operator()(const action::InitDatabase&) const { return "init_database"; }
  std::string_view operator()(const action::Clone&) const { return "clone"; }
  std::string_view operator()(const action::AskSource&) const { return "ask_source"; }
  std::string_view operator()(const action::Rewind&) const { return "rewind"; }
  std::string_view operator()(const action::Configure&) const { return "configure"; }
  std::string_view operator()(const action::StartStandby&) const { return "start_standby"; }
  std::string_view operator()(const action::ResumeGated&) const { return "resume_gated"; }
  std::string_view operator()(const action::Stop&) const { return "stop"; }
  std::string_view operator()(const action::Attach&) const { return "attach"; }
  std::string_view operator()(const action::Detach&) const { return "detach"; }
  std::string_view operator()(const action::NudgeReceiver&) const { return "nudge_receiver"; }
  std::string_view operator()(const action::Promote&) const { return "promote"; }
  std::string_view operator()(const action::Checkpoint&) const { return "checkpoint"; }
  std::string_view operator()(const action::ProveCheckpointer&) const {
    return "prove_checkpointer";
  }
  std::string_view operator()(const action::NoteMarker&) const { return "note_marker"; }
  std::string_view operator()(const action::WriteBarrier&) const { return "write_barrier"; }
  std::string_view operator()(const action::NoteConfirmed&) const { return "note_confirmed"; }
  std::string_view operator()(const action::PrepareDatabase&) const { return "prepare_database"; }
  std::string_view operator()(const action::SetSlots&) const { return "set_slots"; }
  std::string_view operator()(const action::Tick&) const { return "tick"; }
  std::string_view operator()(const action::DeleteData&) const { return "delete_data"; }
  std::string_view operator()(const action::AskToOpen&) const { return "ask_to_open"; }
};

}  // namespace

std::string_view name_of(const Action& action) {
  return std::visit(NameOf{}, action);
}

}  // namespace hactl
