// What templates of texts are made of: shared by those who cut texts up and who put them together.
#pragma once

#include <cstddef>

namespace clew::store::codec::shape {

/// Bytes with a meaning in a template; drawn in texts_templates.cc. A text that has one of them, or
/// a zero, is kept whole.
inline constexpr char kNumber = 1;
inline constexpr char kUuid = 2;
inline constexpr char kHex = 3;

inline constexpr size_t kUuidBytes = 16;
inline constexpr size_t kUuidChars = 36;
/// Where a UUID has its dashes.
inline constexpr size_t kDashes[] = {8, 13, 18, 23};

/// A text with more slots is kept whole.
inline constexpr size_t kMaxSlots = 16;
/// May be read and written behind a literal, so that a short one is copied without a call.
inline constexpr size_t kSlack = 16;
/// Longer templates hardly repeat; such a text is kept whole.
inline constexpr size_t kMaxBytes = 512;

}  // namespace clew::store::codec::shape
