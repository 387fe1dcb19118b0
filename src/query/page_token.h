// Where a page of search results ends, as text that a client hands back to get the next one.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace clew::query {

/// The token of the page that begins after `last`: base64url (RFC 4648, 5; no padding) of
///
///     bytes  0      the version of this form: 1
///     bytes  1 -  8 start of the trace, nanoseconds, big endian
///     bytes  9 - 24 its ID
///     bytes 25 - 28 the first four bytes of the XXH3 of what stands before
std::string encode_page_token(const store::FoundTrace& last);

/// Fails with kInvalid on anything that encode_page_token() does not make.
Result<store::FoundTrace> decode_page_token(std::string_view token);

}  // namespace clew::query
