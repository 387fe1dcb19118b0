// Bytes in the smallest of a few forms.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "store/coding.h"

namespace clew::store::codec {

/// Appends `bytes` in whichever form is smallest: one byte repeated, as they are, entropy.h's,
/// zstd. Little is spent on bytes that look random. Any thread; holds a compression context per
/// thread. How many bytes there are is not written: who reads knows it. Drawn in the .cc.
void encode_bytes(std::string_view bytes, std::string& out);

/// Reads what encode_bytes() wrote of exactly out.size() bytes. False on damage.
bool decode_bytes(Decoder& in, std::span<char> out);

/// As decode_bytes(), without a copy where the bytes stand as they are: the result points into what
/// `in` reads or into `room`, which is overwritten. Empty on damage, and in.ok() is false.
std::string_view view_bytes(Decoder& in, size_t size, std::string& room);

}  // namespace clew::store::codec
