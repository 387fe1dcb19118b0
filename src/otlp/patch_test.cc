#include "otlp/patch.h"

#include <gtest/gtest.h>

#include "otlp/attribute_writer.h"
#include "otlp/reader.h"

namespace clew::otlp {
namespace {

std::string field(fields::Tag tag, std::string_view content) {
  std::string out;
  append_field(out, tag, content);
  return out;
}

/// Appends `more` to the message under field 2 of the message under field 1.
std::string append_inside(std::string_view original, std::string_view more) {
  Patch patch(original);
  for_each_field(original, [&](protozero::pbf_reader& outer) {
    const char* outer_length = outer.data().data();
    std::string_view outer_content = view_of(outer);
    Patch::Nested outside = patch.open(outer_length, outer_content);
    for_each_field(outer_content, [&](protozero::pbf_reader& inner) {
      const char* length = inner.data().data();
      std::string_view content = view_of(inner);
      Patch::Nested nested = patch.open(length, content);
      patch.insert(nested.end) += more;
      patch.close(nested);
    });
    patch.close(outside);
  });
  return patch.finish();
}

TEST(Patch, CopiesNothingWhileNothingChanges) {
  std::string original = field(1, field(2, "as it is"));
  Patch patch(original);
  EXPECT_FALSE(patch.edited());
  EXPECT_EQ(patch.finish(), original);
}

TEST(Patch, CorrectsTheLengthsAroundAnEdit) {
  // Around the sizes at which a length takes a byte more, inside and outside.
  for (size_t size : {0, 1, 100, 120, 123, 124, 125, 126, 127, 128, 129, 16'380, 16'384}) {
    std::string content(size, 'x');
    EXPECT_EQ(append_inside(field(1, field(2, content)), "yz"), field(1, field(2, content + "yz")))
        << size;
  }
}

TEST(Patch, KeepsWhatStandsBeforeBetweenAndBehindEdits) {
  std::string original = "abcdefgh";
  std::string_view view = original;
  Patch patch(original);
  patch.replace(view.substr(1, 2)) += "(replaced)";
  patch.insert(view.data() + 5) += "(inserted)";
  patch.replace(view.substr(6, 1));
  EXPECT_EQ(patch.finish(), "a(replaced)de(inserted)fh");
}

TEST(Patch, EditsSeveralMessagesOneAfterTheOther) {
  std::string original = field(1, field(2, "a") + field(2, std::string(126, 'b')) + field(2, "c"));
  EXPECT_EQ(append_inside(original, "+"),
            field(1, field(2, "a+") + field(2, std::string(126, 'b') + "+") + field(2, "c+")));
}

TEST(Patch, ShortensALengthThatWasWrittenLong) {
  // 0x81 0x80 0x00 is 1, in three bytes.
  EXPECT_EQ(append_inside(field(1, std::string("\x12\x81\x80\x00x", 5)), "y"),
            field(1, field(2, "xy")));
}

}  // namespace
}  // namespace clew::otlp
