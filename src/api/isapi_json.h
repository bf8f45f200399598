#pragma once
#include <boost/json/object.hpp>
#include <string>

#include "base/result.h"
#include "model/driver.h"

namespace camfleet::api {

// {"method":"GET","path":"/ISAPI/...","body":"...","content_type":"application/xml"}: method GET, PUT, POST
// or DELETE; the path without blanks, line ends, "..", fragment; a body of at most 64 KiB, not with GET. What
// it is (XML or JSON) is seen from the body; content_type must not say otherwise. api.bad_request,
// api.too_large.
Result<model::IsapiRequest> isapi_from_json(const boost::json::object& body);

// "GET /ISAPI/System/time", without the query: for the audit line.
std::string to_text(const model::IsapiRequest& request);

// {"status":200,"content_type":"...","body":"..."}; what is no text is Base64, and "encoding" says so.
std::string answer_text(const model::IsapiAnswer& answer);

}  // namespace camfleet::api
