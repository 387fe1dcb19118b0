# A room is a folder of src/ and one library. By name: x.cc belongs to it, x_test.cc to its one test
# program <room>_test, x_fuzz.cc is a libFuzzer program of its own. So no file is left unbuilt.

# What most files include, read once per library where the sanitizers make compiling slow: it takes a
# quarter off that build. Not in the release build, which shall notice a missing #include.
set(CLEW_PRECOMPILED <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <expected> <functional> <map>
    <memory> <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map> <utility>
    <vector> <fmt/format.h> <spdlog/spdlog.h>)

# Processes that the unit tests of a room are spread over.
set(CLEW_TEST_PARTS 2)

function(clew_precompile target)
  if(CLEW_SANITIZE)
    target_precompile_headers(${target} PRIVATE ${CLEW_PRECOMPILED} ${ARGN})
    target_compile_options(${target} PRIVATE -Xclang -fno-pch-timestamp -fpch-instantiate-templates)
  endif()
endfunction()

# clew_room(<name> ROOMS <rooms it may include> LIBS <libraries> TEST_LIBS <libraries of its tests>)
function(clew_room name)
  cmake_parse_arguments(ARG "" "" "ROOMS;LIBS;TEST_LIBS" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cc$|/main\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(TRANSFORM ARG_ROOMS PREPEND clew_ OUTPUT_VARIABLE rooms)

  if(sources)
    add_library(clew_${name} STATIC ${sources})
    target_link_libraries(clew_${name} PUBLIC ${rooms} ${ARG_LIBS} Threads::Threads)
    target_include_directories(clew_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    if(CLEW_FUZZ)
      target_compile_options(clew_${name} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    clew_precompile(clew_${name})
  else()
    add_library(clew_${name} INTERFACE)
    target_link_libraries(clew_${name} INTERFACE ${rooms} ${ARG_LIBS} Threads::Threads)
    target_include_directories(clew_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE clew_${name} ${ARG_TEST_LIBS} GTest::gmock
                          GTest::gtest_main)
    clew_precompile(${name}_test <gtest/gtest.h> <gmock/gmock.h>)
    # In parts, so that the longest does not run alone at the end.
    foreach(part RANGE 1 ${CLEW_TEST_PARTS})
      math(EXPR index "${part} - 1")
      add_test(NAME ${name}_test_${part} COMMAND ${name}_test
               WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      set_tests_properties(${name}_test_${part} PROPERTIES ENVIRONMENT
                           "GTEST_TOTAL_SHARDS=${CLEW_TEST_PARTS};GTEST_SHARD_INDEX=${index}")
    endforeach()
  endif()

  if(CLEW_FUZZ)
    foreach(source ${fuzzers})
      get_filename_component(fuzzer ${source} NAME_WE)
      add_executable(${fuzzer} ${source})
      target_compile_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      target_link_libraries(${fuzzer} PRIVATE clew_${name})
      set_property(GLOBAL APPEND PROPERTY CLEW_FUZZERS ${fuzzer})
    endforeach()
  endif()
endfunction()

# clew_binary(<name> ROOMS … LIBS …): the room src/main and the program in its main.cc. The release
# preset leaves it at build/<name>.
function(clew_binary name)
  cmake_parse_arguments(ARG "" "" "ROOMS;LIBS" ${ARGN})
  clew_room(main ROOMS ${ARG_ROOMS} LIBS ${ARG_LIBS})
  add_executable(${name} ${CMAKE_SOURCE_DIR}/src/main/main.cc)
  target_link_libraries(${name} PRIVATE clew_main)
  target_compile_definitions(clew_main PUBLIC CLEW_VERSION="${PROJECT_VERSION}")
  if(CLEW_OUTPUT_DIR)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CLEW_OUTPUT_DIR})
  endif()
endfunction()
