// preview(): what the next convergence would do, step by step, found by planning and obeying in an
// ideal world in which every node does at once what it is told.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/plan.h"
#include "model/record.h"
#include "model/spec.h"
#include "planner/ideal_world.h"

namespace hactl {

enum class StepKind {
  change,   ///< Settings, goals: nobody is interrupted.
  restart,  ///< A server restarts where it is.
  move,     ///< Another node becomes primary.
};

/// The step kind's name on the wire.
std::string_view to_string(StepKind kind);

/// One step of a preview; the next begins when what it waits for has happened.
struct PreviewStep {
  StepKind kind = StepKind::change;
  std::string title;                  ///< "the primary moves from paris-a to amsterdam-a: …".
  std::vector<std::string> details;   ///< A line each: who does what.
  std::vector<NodeName> reloads;      ///< Nodes whose PostgreSQL reads its settings again.
  std::vector<NodeName> restarts;     ///< Nodes whose PostgreSQL restarts or is made anew.
  std::vector<NodeName> disconnects;  ///< Nodes whose clients lose their sessions.
  bool writes_pause = false;          ///< Clients can't write for a moment.
  bool no_way_back = false;           ///< Undoing it takes another move.
  std::string waits_for;              ///< The barrier before the next step; empty: none.
  std::string exposes;  ///< What could be lost from here on, should a node be; empty: nothing.
  /// Reasons of the events that are recorded when it is carried out, in order.
  std::vector<std::string> events;
  friend bool operator==(const PreviewStep&, const PreviewStep&) = default;
};

/// How long writes pause when the primary moves.
struct PausePrediction {
  Duration usual;
  Duration worst;
  std::size_t measured = 0;  ///< Moves of this formation that it rests on; 0: on the defaults.
  friend bool operator==(const PausePrediction&, const PausePrediction&) = default;
};

/// Median and longest of what this formation's moves took, or the defaults (kPauseUsual,
/// kPauseWorst).
PausePrediction predicted_pause(const FormationRecord& record);

struct Preview {
  std::vector<PreviewStep> steps;  ///< Empty: nothing to do.
  bool converges = false;          ///< The end is a formation that is as its spec says.
  std::string blocked;             ///< Why not, when it does not.
  PausePrediction pause;           ///< Of each step in which writes pause.
};

/// \param spec, generation  The state to go to.
Preview preview(const FormationSpec& spec, Generation generation, const PreviewStart& start);

}  // namespace hactl
