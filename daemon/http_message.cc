// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/http_message.h"

#include "daemon/status_json.h"

namespace sallyport::daemon {

HttpResponse ProblemResponse(const Problem& problem) {
  Json body{{"title", problem.title},
            {"status", problem.status},
            {"code", problem.code},
            {"detail", problem.detail},
            {"hint", problem.hint}};
  if (!problem.errors.empty()) body["errors"] = problem.errors;
  return {.status = problem.status,
          .content_type = "application/problem+json",  // RFC 9457 §6.1
          .headers = {},
          .body = ToText(body),
          .problem_code = problem.code};
}

}  // namespace sallyport::daemon
