#include "hactl/access.h"
#include "hactl/verbs.h"

namespace hactl {

Result<std::string> formation_password(Session& session, const std::string& formation) {
  const Result<Api*> api = session.api();
  if (!api.ok()) return api.error();
  const Result<nlohmann::json> answer = (*api)->get(formation_path(formation, "/credentials"));
  if (!answer.ok()) return answer.error();
  std::string password = text_at(*answer, "password");
  if (password.empty()) {
    return Error{ErrorCode::not_found, "error: the formation has no password yet"};
  }
  return password;
}

Result<std::string> formation_uri(Session& session, const std::string& formation,
                                  UriRequest request, Password password) {
  const Result<FormationItem> item = session.formation(formation);
  if (!item.ok()) return item.error();
  const Result<Context> context = session.context();
  if (!context.ok()) return context.error();
  request.ca_file = context->ca;
  if (password == Password::included) {
    Result<std::string> found = formation_password(session, item->formation.name.value);
    if (!found.ok()) return found.error();
    request.password = std::move(*found);
  }
  Result<std::string> uri = connection_uri(item->formation.spec, request);
  if (!uri.ok()) return uri.error().within("error");
  return uri;
}

Result<int> run_uri(Session& session, const UriOptions& options) {
  UriRequest request;
  request.format = options.format == "jdbc" ? UriFormat::jdbc : UriFormat::libpq;
  request.target = options.read_only ? UriTarget::read_only : UriTarget::read_write;
  request.from = options.from;
  const Result<std::string> uri =
      formation_uri(session, options.formation, request,
                    options.with_password ? Password::included : Password::left_out);
  if (!uri.ok()) return uri.error();
  session.terminal().out() << *uri << "\n" << std::flush;
  return kExitDone;
}

}  // namespace hactl
