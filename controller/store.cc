#include "controller/store.h"

namespace hactl {

void Store::decided(const FormationName& /*formation*/, std::uint64_t /*version*/,
                    std::function<void(Result<std::string>)> found) {
  found(Error{ErrorCode::not_found, "this store keeps no decisions"});
}

void Store::revisions(const FormationName& /*formation*/,
                      std::function<void(Result<std::vector<SpecRevision>>)> found) {
  found(std::vector<SpecRevision>{});
}

}  // namespace hactl
