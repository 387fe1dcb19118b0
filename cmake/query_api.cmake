# Adds the descriptors of the gRPC services that a store serves, for reflection: those of
# src/api/proto, and OTLP's as fetched.
function(clew_embed_query_api target)
  set(own ${CMAKE_SOURCE_DIR}/src/api/proto)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${own} ${own}/*.proto)
  list(SORT files)
  clew_embed_descriptors(${target} query_api
    PATHS ${own} ${CMAKE_SOURCE_DIR}/.deps/protos
    FILES ${files} opentelemetry/proto/collector/trace/v1/trace_service.proto)
endfunction()
