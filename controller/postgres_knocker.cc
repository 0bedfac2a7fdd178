#include "controller/postgres_knocker.h"

#include <utility>

#include "io/startup_knock.h"
#include "model/limits.h"

namespace hactl {
namespace {

KnockAnswer knock_answer(StartupAnswer answer) {
  switch (answer) {
    case StartupAnswer::answered: return KnockAnswer::answered;
    case StartupAnswer::refused: return KnockAnswer::refused;
    case StartupAnswer::silent: break;
  }
  return KnockAnswer::silent;
}

}  // namespace

void PostgresKnocker::knock(const KnockOrder& order, std::function<void(KnockAnswer)> answered) {
  knock_at_postgres(
      scheduler_, order.host, order.port, kKnockTime,
      [answered = std::move(answered)](StartupAnswer answer) { answered(knock_answer(answer)); });
}

}  // namespace hactl
