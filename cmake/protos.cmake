# clew_test_protos: the official protobuf classes of OTLP, Jaeger and Zipkin, for tests only. The
# product reads and writes the wire format itself; these are what it is compared with.
set(protos ${CMAKE_SOURCE_DIR}/.deps/protos)
set(generated ${CMAKE_BINARY_DIR}/protos)
set(names common/v1/common resource/v1/resource trace/v1/trace logs/v1/logs metrics/v1/metrics
          collector/trace/v1/trace_service collector/logs/v1/logs_service
          collector/metrics/v1/metrics_service)
list(TRANSFORM names PREPEND opentelemetry/proto/)
list(APPEND names jaeger/api_v2/model jaeger/api_v2/collector zipkin)

set(inputs ${names})
list(TRANSFORM inputs PREPEND ${protos}/)
list(TRANSFORM inputs APPEND .proto)
set(outputs ${names})
list(TRANSFORM outputs PREPEND ${generated}/)
set(sources ${outputs})
list(TRANSFORM sources APPEND .pb.cc)
set(headers ${outputs})
list(TRANSFORM headers APPEND .pb.h)

foreach(input ${inputs})
  if(NOT EXISTS ${input})
    message(FATAL_ERROR "${input} is missing: run tools/setup")
  endif()
endforeach()

find_program(PROTOC protoc REQUIRED)
file(MAKE_DIRECTORY ${generated})
add_custom_command(
  OUTPUT ${sources} ${headers}
  COMMAND ${PROTOC} -I${protos} --cpp_out=${generated} ${inputs}
  DEPENDS ${inputs}
  VERBATIM)

add_library(clew_test_protos STATIC EXCLUDE_FROM_ALL ${sources})
target_include_directories(clew_test_protos SYSTEM PUBLIC ${generated})
target_link_libraries(clew_test_protos PUBLIC PkgConfig::protobuf)
# Not our code: no warnings of ours, and no time spent on making it fast.
target_compile_options(clew_test_protos PRIVATE -w -O0)
