# Builds ui/ with npm and adds it to the api room, or says that there is none (CLEW_UI=OFF).
function(clew_embed_ui target)
  set(out ${CMAKE_BINARY_DIR}/ui)
  if(NOT CLEW_UI)
    file(CONFIGURE OUTPUT ${out}/no_ui.cc CONTENT
         "#include \"api/ui.h\"\nstd::span<const clew::api::Asset> clew::api::ui_assets() { return {}; }\n")
    target_sources(${target} PRIVATE ${out}/no_ui.cc)
    return()
  endif()
  find_program(NODE node REQUIRED)
  find_program(NPM npm REQUIRED)
  set(dir ${CMAKE_SOURCE_DIR}/ui)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/src/* ${dir}/public/*)
  add_custom_command(
    OUTPUT ${out}/ui_assets.cc ${out}/ui_data.s
    COMMAND ${NPM} run --silent build -- --outDir ${out}/dist --emptyOutDir --logLevel warn
    COMMAND ${NODE} ${CMAKE_SOURCE_DIR}/tools/embed-ui.mjs ${out}/dist ${out}
    DEPENDS ${sources} ${dir}/index.html ${dir}/agent.html ${dir}/package-lock.json ${dir}/vite.config.ts
            ${CMAKE_SOURCE_DIR}/tools/embed-ui.mjs
    WORKING_DIRECTORY ${dir}
    COMMENT "Building the web UI"
    VERBATIM)
  target_sources(${target} PRIVATE ${out}/ui_assets.cc ${out}/ui_data.s)
  set_source_files_properties(${out}/ui_data.s PROPERTIES OBJECT_DEPENDS ${out}/ui_assets.cc)
endfunction()
