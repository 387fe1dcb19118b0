// The bytes of the queue on disk: segments of base/frame_format.h with the magic "CLEWQUE\n". Their
// frames are of two kinds, told apart by the first byte of the label.
//
//   a request                                     what is done
//   label                                         label
//   +----+----+------------------------------+    +----+----+------------------------------+
//   |  0 |  1 | 0                            |    |  0 |  1 | 1                            |
//   |  1 |  1 | signal (otlp/signal.h)       |    +----+----+------------------------------+
//   |  2 |  2 | zero                         |    payload: ranges of positions, ascending
//   |  4 |  4 | items in it                  |    +----+----+------------------------------+
//   |  8 |  . | tenant                       |    |  0 |  8 | first position               |
//   +----+----+------------------------------+    |  8 |  8 | past the last position       |
//   payload: the export request                   |  . |  . | … the next range             |
//                                                 +----+----+------------------------------+
//
// The first frame of a segment says everything that was done by then, the later ones what has
// become done since: so what is done is known from the last segment alone, and an earlier one can
// go without taking knowledge with it. A frame of this kind has the position of the next request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/position_set.h"
#include "agent/record.h"
#include "base/frame_format.h"

namespace clew::agent::queue_format {

inline constexpr frames::FileKind kFile{.magic = "CLEWQUE\n", .version = 1};

/// The label of a request's frame.
std::string label_of(const Record& record);

/// The label of a frame that says what is done.
inline constexpr std::string_view kDoneLabel{"\1", 1};
std::string encode_done(const PositionSet& done);

/// Reads the frame of a request; its bytes are a view into those of the frame. nullopt for a frame
/// of another kind, a tenant that is none, a signal we do not know.
std::optional<Record> decode_record(const frames::Frame& frame);

/// Adds what the frame says is done. False if it says something else.
bool decode_done(const frames::Frame& frame, PositionSet& done);

}  // namespace clew::agent::queue_format
