# clew_embed_descriptors(<target> <name> PATHS <folders> FILES <protos>): compiles the protos, with
# all they import, into a FileDescriptorSet and adds it to a library as clew_<name>_begin …
# clew_<name>_end. No code is generated. FILES are named as protos import each other.
function(clew_embed_descriptors target name)
  cmake_parse_arguments(ARG "" "" "PATHS;FILES" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/${name})
  set(inputs "")
  foreach(file ${ARG_FILES})
    find_file(input ${file} PATHS ${ARG_PATHS} NO_CACHE NO_DEFAULT_PATH REQUIRED)
    list(APPEND inputs ${input})
    unset(input)
  endforeach()
  list(TRANSFORM ARG_PATHS PREPEND -I)
  list(JOIN ARG_FILES "\n" lines)
  file(CONFIGURE OUTPUT ${out}/sources.txt CONTENT "${lines}\n")
  file(CONFIGURE OUTPUT ${out}/${name}_data.s CONTENT
"  .section .note.GNU-stack,\"\",@progbits
  .section .rodata
  .global clew_${name}_begin
  .global clew_${name}_end
clew_${name}_begin:
  .incbin \"${out}/${name}.pb\"
clew_${name}_end:
")
  find_program(PROTOC protoc REQUIRED)
  add_custom_command(
    OUTPUT ${out}/${name}.pb
    COMMAND ${PROTOC} ${ARG_PATHS} --include_imports --descriptor_set_out=${out}/${name}.pb
            @${out}/sources.txt
    DEPENDS ${inputs} ${out}/sources.txt
    COMMENT "Compiling the descriptors of ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE ${out}/${name}_data.s)
  set_source_files_properties(${out}/${name}_data.s PROPERTIES
    OBJECT_DEPENDS ${out}/${name}.pb
    # Clang warns of every option that means nothing to an assembler.
    COMPILE_OPTIONS $<$<CXX_COMPILER_ID:Clang>:-Wno-unused-command-line-argument>)
endfunction()
