// IdealWorld: a formation in which every node does at once what it is told. For preview().
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "model/goal.h"
#include "model/observed.h"
#include "model/plan.h"
#include "model/record.h"
#include "model/spec.h"

namespace hactl {

/// What an ideal world starts from.
struct PreviewStart {
  const FormationSpec* running = nullptr;  ///< What the nodes' settings were made from, if any.
  const FormationRecord& record;
  const Observed& observed;
  Instant now;
};

class IdealWorld {
 public:
  IdealWorld(const FormationSpec& wanted, Generation generation, const PreviewStart& start);

  /// What plan() says to the world as it is.
  [[nodiscard]] Plan next() const;

  /// The decision is on record.
  void adopt(const FormationRecord& record);

  /// Every node that is heard does what it is told. Whether anything changed.
  bool obey(const std::map<NodeName, Goal>& goals);

  /// Time passes, and nothing else.
  void wait();

  [[nodiscard]] const FormationRecord& record() const { return record_; }
  [[nodiscard]] const Observed& observed() const { return observed_; }

 private:
  [[nodiscard]] bool was_silent(const NodeName& name) const;
  void obey_one(const Goal& goal, NodeReport& report);
  void take_parameters(const Goal& goal, NodeReport& report);
  void stream_to(const NodeName& primary, const std::map<NodeName, Goal>& goals);

  const FormationSpec& spec_;
  Generation generation_;
  FormationRecord record_;
  Observed observed_;
  Instant now_;
  /// The parameters that each node's settings have; of nodes without data: none.
  std::map<NodeName, std::map<std::string, std::string>> parameters_;
};

}  // namespace hactl
