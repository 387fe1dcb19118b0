// Any text is a condition or an error; what is read as a condition is written so that it is read as
// the same again, and can be tested.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/condition.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::store;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto condition = Condition::parse(input);
  if (!condition) return 0;
  auto again = Condition::parse(condition->text());
  check(again.has_value() && *again == *condition);
  auto test = ValueTest::compile(*condition);
  if (!test) return 0;
  for (auto value : {clew::otlp::Value::of_string(input), clew::otlp::Value::of_string("-12.5"),
                     clew::otlp::Value::of_int(7), clew::otlp::Value::of_double(0.5),
                     clew::otlp::Value::of_bool(true), clew::otlp::Value::of_bytes(input)}) {
    bool accepted = test->accepts(value);
    if (auto text = test->exact_text(); text && accepted) check(value.text() == *text);
  }
  return 0;
}
