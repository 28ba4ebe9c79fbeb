# cmake --install, in three components that are also the Debian packages (docs/packaging.md):
#   program      pade-sim, its manual page, completions, documents, small trace sets
#   development  libraries, headers, and a CMake package: find_package(pade) gives pade::numeric, pade::accelerator, ...
#   python       the Python package pade (scripts/python)
# Nothing of it holds a path of this machine: the prefix can be moved.
include(CMakePackageConfigHelpers)

set(PADE_DATA_DIR ${CMAKE_INSTALL_DATADIR}/pade-tlm)
set(PADE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/pade)

# The program says itself what it takes: manual page and completions cannot be older than it is.
set(PADE_MADE ${PROJECT_BINARY_DIR}/manual)
add_custom_command(OUTPUT ${PADE_MADE}/pade-sim.1 ${PADE_MADE}/pade-sim.bash ${PADE_MADE}/_pade-sim ${PADE_MADE}/pade-sim.fish
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PADE_MADE}
    COMMAND pade-sim manual > ${PADE_MADE}/pade-sim.1
    COMMAND pade-sim completion bash > ${PADE_MADE}/pade-sim.bash
    COMMAND pade-sim completion zsh > ${PADE_MADE}/_pade-sim
    COMMAND pade-sim completion fish > ${PADE_MADE}/pade-sim.fish
    DEPENDS pade-sim COMMENT "Manual page and completions" VERBATIM)
add_custom_target(pade_manual ALL DEPENDS ${PADE_MADE}/pade-sim.1)

install(TARGETS pade-sim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(FILES ${PADE_MADE}/pade-sim.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES ${PADE_MADE}/pade-sim.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    COMPONENT program RENAME pade-sim)
install(FILES ${PADE_MADE}/_pade-sim DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT program)
install(FILES ${PADE_MADE}/pade-sim.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
install(FILES README.md CITATION.cff LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT program
    FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.json" PATTERN "*.png" PATTERN "examples" EXCLUDE)
install(DIRECTORY docs/examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development PATTERN "build*" EXCLUDE)
install(FILES traces/README.md DESTINATION ${PADE_DATA_DIR}/traces COMPONENT program)
install(DIRECTORY traces/use-lite DESTINATION ${PADE_DATA_DIR}/traces COMPONENT program)

# What tests alone include stays behind.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} model/*.h tlm/*.h testbench/*.h)
list(FILTER headers EXCLUDE REGEX
    "^testbench/(app|fuzz|unit)/|(^|/)(test_[a-z_]*|[a-z_]*test_[a-z_]*|[a-z_]*_bench|pe_lane_feeder|protocol_cases|rule_cases|set_builder)\\.h$")
foreach(header IN LISTS headers)
    get_filename_component(folder ${header} DIRECTORY)
    install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pade/${folder} COMPONENT development)
endforeach()

install(TARGETS ${PADE_LIBRARIES} EXPORT pade-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(EXPORT pade-targets NAMESPACE pade:: DESTINATION ${PADE_PACKAGE_DIR} COMPONENT development)
configure_package_config_file(cmake/pade-config.cmake.in pade-config.cmake INSTALL_DESTINATION ${PADE_PACKAGE_DIR}
    PATH_VARS PADE_DATA_DIR)
write_basic_package_version_file(pade-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pade-config.cmake ${PROJECT_BINARY_DIR}/pade-config-version.cmake cmake/PadeSystemC.cmake
    DESTINATION ${PADE_PACKAGE_DIR} COMPONENT development)
