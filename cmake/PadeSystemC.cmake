# Finds SystemC: a CMake package, else pkg-config (Debian), else SYSTEMC_HOME; then links a probe, because a SystemC
# built for another C++ standard compiles cleanly and only fails at link time, on an unreadable sc_api_version symbol.
# Result: the imported target pade::systemc, or PADE_SYSTEMC_ERROR. Installed with the libraries: who uses them looks for
# SystemC anew, on a machine where it may lie elsewhere.

set(PADE_SYSTEMC_FOUND "")
set(PADE_SYSTEMC_ERROR "")
add_library(pade::systemc INTERFACE IMPORTED)

find_package(SystemCLanguage CONFIG QUIET)
if(SystemCLanguage_FOUND)
    target_link_libraries(pade::systemc INTERFACE SystemC::systemc)
    set(PADE_SYSTEMC_FOUND "CMake package ${SystemCLanguage_DIR}")
endif()

if(NOT PADE_SYSTEMC_FOUND)
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
        pkg_check_modules(PADE_PC_SYSTEMC QUIET systemc tlm)
    endif()
    if(PADE_PC_SYSTEMC_FOUND)
        target_link_libraries(pade::systemc INTERFACE ${PADE_PC_SYSTEMC_LINK_LIBRARIES})
        target_include_directories(pade::systemc INTERFACE ${PADE_PC_SYSTEMC_INCLUDE_DIRS})
        set(PADE_SYSTEMC_FOUND "pkg-config, version ${PADE_PC_SYSTEMC_systemc_VERSION}")
    endif()
endif()

if(NOT PADE_SYSTEMC_FOUND AND DEFINED ENV{SYSTEMC_HOME})
    find_path(PADE_SYSTEMC_INCLUDE systemc HINTS "$ENV{SYSTEMC_HOME}/include" NO_DEFAULT_PATH)
    find_library(PADE_SYSTEMC_LIBRARY systemc HINTS "$ENV{SYSTEMC_HOME}"
                 PATH_SUFFIXES lib lib64 lib-linux64 NO_DEFAULT_PATH)
    if(PADE_SYSTEMC_INCLUDE AND PADE_SYSTEMC_LIBRARY)
        target_link_libraries(pade::systemc INTERFACE ${PADE_SYSTEMC_LIBRARY} pthread)
        target_include_directories(pade::systemc INTERFACE ${PADE_SYSTEMC_INCLUDE})
        set(PADE_SYSTEMC_FOUND "SYSTEMC_HOME=$ENV{SYSTEMC_HOME}")
    endif()
endif()

if(NOT PADE_SYSTEMC_FOUND)
    set(PADE_SYSTEMC_ERROR "SystemC was not found.
  On Debian or Ubuntu: apt-get install libsystemc-dev
  Own build: set SYSTEMC_HOME to its install prefix, or CMAKE_PREFIX_PATH to its CMake package.")
    return()
endif()

include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES pade::systemc)
set(CMAKE_REQUIRED_FLAGS "-std=c++17")
check_cxx_source_compiles("
#include <systemc>
#include <tlm>
int sc_main(int, char**) { sc_core::sc_time t(1, sc_core::SC_NS); return t.to_double() < 0; }
" PADE_SYSTEMC_LINKS_WITH_CXX17)
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_FLAGS)
if(NOT PADE_SYSTEMC_LINKS_WITH_CXX17)
    set(PADE_SYSTEMC_ERROR "SystemC (${PADE_SYSTEMC_FOUND}) does not link with C++17.
  A SystemC library links only with the C++ standard it was built for. This project uses C++17, as Debian's
  libsystemc-dev does. Rebuild yours with -DCMAKE_CXX_STANDARD=17, or use the Debian package.
  The linker's own words: ${CMAKE_BINARY_DIR}/CMakeFiles/CMakeError.log")
    return()
endif()
if(NOT PADE_SYSTEMC_QUIETLY)
    message(STATUS "SystemC: ${PADE_SYSTEMC_FOUND}")
endif()
