# cmake --install: the program, the libraries with their headers, and a package: find_package(pade-tlm) gives pade::numeric,
# pade::dram, pade::accelerator, ...
include(CMakePackageConfigHelpers)
install(TARGETS ${PADE_LIBRARIES} pade_systemc EXPORT pade-tlm-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT pade-tlm-targets NAMESPACE pade:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pade-tlm)
install(DIRECTORY model tlm testbench DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pade FILES_MATCHING PATTERN "*.h")
configure_package_config_file(cmake/pade-tlm-config.cmake.in pade-tlm-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pade-tlm)
write_basic_package_version_file(pade-tlm-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pade-tlm-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/pade-tlm-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pade-tlm)
