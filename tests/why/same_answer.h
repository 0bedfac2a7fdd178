// A decision, kept as the store keeps it, and asked for again.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/decided_json.h"
#include "codec/json.h"

#include "why/replay.h"

namespace hactl::testing {

/// Fails the test unless what is kept gives the same answer again.
inline void expect_same_answer(const Decided& decided) {
  const Result<nlohmann::json> kept = parse_json(dump_json(to_json(decided)));
  ASSERT_TRUE(kept.ok()) << kept.error().message;
  const Result<PlanInputs> inputs = plan_inputs_from_json((*kept)["inputs"]);
  ASSERT_TRUE(inputs.ok()) << inputs.error().message;
  const Result<Done> sound = check_sound(*inputs);
  ASSERT_TRUE(sound.ok()) << sound.error().message;
  EXPECT_EQ(answer_json(*inputs, decide_again(*inputs)), (*kept)["answer"]);
}

}  // namespace hactl::testing
