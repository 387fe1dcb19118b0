# Adds the descriptors of Envoy's API (v3, with all it imports) to a library, as
# clew_envoy_api_begin … clew_envoy_api_end: a FileDescriptorSet of 0.6 MB. No code is generated.
function(clew_embed_envoy_api target)
  set(protos ${CMAKE_SOURCE_DIR}/.deps/protos)
  set(out ${CMAKE_BINARY_DIR}/envoy_api)
  if(NOT EXISTS ${protos}/envoy/service/discovery/v3/ads.proto)
    message(FATAL_ERROR "Envoy's API is missing under ${protos}: run tools/setup")
  endif()
  set(sources "")
  foreach(folder config data extensions service type)
    file(GLOB_RECURSE found RELATIVE ${protos} ${protos}/envoy/${folder}/*.proto)
    list(APPEND sources ${found})
  endforeach()
  file(GLOB_RECURSE found RELATIVE ${protos} ${protos}/xds/*.proto)
  list(APPEND sources ${found})
  list(FILTER sources EXCLUDE REGEX "/v2(alpha[0-9]*)?/")
  list(SORT sources)
  set(inputs ${sources})
  list(TRANSFORM inputs PREPEND ${protos}/)

  find_program(PROTOC protoc REQUIRED)
  list(JOIN sources "\n" lines)
  file(CONFIGURE OUTPUT ${out}/sources.txt CONTENT "${lines}\n")
  file(CONFIGURE OUTPUT ${out}/envoy_api_data.s CONTENT
"  .section .note.GNU-stack,\"\",@progbits
  .section .rodata
  .global clew_envoy_api_begin
  .global clew_envoy_api_end
clew_envoy_api_begin:
  .incbin \"${out}/envoy_api.pb\"
clew_envoy_api_end:
")
  add_custom_command(
    OUTPUT ${out}/envoy_api.pb
    COMMAND ${PROTOC} -I${protos} --include_imports --descriptor_set_out=${out}/envoy_api.pb
            @${out}/sources.txt
    DEPENDS ${inputs} ${out}/sources.txt
    COMMENT "Compiling the descriptors of Envoy's API"
    VERBATIM)
  target_sources(${target} PRIVATE ${out}/envoy_api_data.s)
  set_source_files_properties(${out}/envoy_api_data.s PROPERTIES
    OBJECT_DEPENDS ${out}/envoy_api.pb
    # Clang warns of every option that means nothing to an assembler.
    COMPILE_OPTIONS $<$<CXX_COMPILER_ID:Clang>:-Wno-unused-command-line-argument>)
endfunction()
