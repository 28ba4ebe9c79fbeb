# pade_add_library(NAME SOURCES ... [DEPENDS ...] [PRIVATE_DEPENDS ...])  one library a folder: pade_NAME, alias pade::NAME
# pade_add_test(NAME SOURCES ... [DEPENDS ...] [TIMEOUT seconds] [LABEL name])  Catch2, one process per test case (a second
#   simulation in one process is an error in SystemC)
# pade_add_test_library(NAME SOURCES ... DEPENDS ...)  what several tests share

add_library(pade_options INTERFACE)
target_compile_features(pade_options INTERFACE cxx_std_17)
# Messages of SystemC name the file that they come from: by its path in the tree, wherever the tree was built.
target_compile_options(pade_options INTERFACE -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/= -fmacro-prefix-map=${PROJECT_BINARY_DIR}/=)
target_compile_options(pade_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)  # for g++ it is no part of -Wconversion in C++
    target_compile_options(pade_options INTERFACE -Wno-sign-conversion)
endif()
if(PADE_WERROR)
    target_compile_options(pade_options INTERFACE -Werror)
endif()
if(PADE_SANITIZE)
    target_compile_options(pade_options INTERFACE -fsanitize=${PADE_SANITIZE} -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer)
    target_link_options(pade_options INTERFACE -fsanitize=${PADE_SANITIZE})
    # SystemC 2.3.4 tells ASan when it changes stacks, but not where the stack of main() lies: exceptions caught in an
    # SC_METHOD would then leave marks behind, and sound code would be reported. Unless it finds these two functions it
    # says nothing, and ASan stays with the stack of main(), on which everything but the SC_THREADs runs.
    target_link_options(pade_options INTERFACE
        "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/no_fibers.map")
endif()
if(PADE_COVERAGE)
    target_compile_options(pade_options INTERFACE --coverage -fprofile-abs-path)
    target_link_options(pade_options INTERFACE --coverage)
endif()
set(PADE_LIBRARIES "" CACHE INTERNAL "")

# What takes time in a test is its compilation: with sanitizers three times as much at -O1 as without optimisation.
set(PADE_TEST_OPTIONS $<$<CONFIG:Release>:-O1>)
if(PADE_SANITIZE)
    set(PADE_TEST_OPTIONS -O0)
endif()
# There are some ninety test programs, and linking one takes the linker of binutils three times as long as lld. What users
# get is linked by the compiler's own.
find_program(PADE_LLD ld.lld)
mark_as_advanced(PADE_LLD)
set(PADE_TEST_LINK_OPTIONS $<$<BOOL:${PADE_LLD}>:-fuse-ld=lld>)

# Half the time of a compilation goes into the headers of SystemC and TLM: they are compiled once.
option(PADE_PRECOMPILE "Precompile the headers of SystemC and TLM" ON)
if(PADE_PRECOMPILE)
    add_library(pade_precompiled STATIC ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
    target_link_libraries(pade_precompiled PRIVATE pade::systemc pade_options)
    set(PADE_PRECOMPILED_HEADERS <systemc> <tlm> <tlm_utils/passthrough_target_socket.h>
        <tlm_utils/simple_initiator_socket.h> <tlm_utils/simple_target_socket.h> <array> <deque> <functional> <memory>
        <string> <vector>)
    target_precompile_headers(pade_precompiled PRIVATE ${PADE_PRECOMPILED_HEADERS})
    if(PADE_TESTS)  # and those of Catch2 for the tests
        add_library(pade_precompiled_tests STATIC ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
        target_link_libraries(pade_precompiled_tests PRIVATE pade_systemc Catch2::Catch2 pade_options)
        target_precompile_headers(pade_precompiled_tests PRIVATE ${PADE_PRECOMPILED_HEADERS} <catch2/catch.hpp>)
        target_compile_options(pade_precompiled_tests PRIVATE ${PADE_TEST_OPTIONS})
    endif()
endif()

# Targets whose dependencies bring SystemC share these headers.
function(pade_precompile target)
    if(PADE_PRECOMPILE AND "${ARGN}" MATCHES "pade::(systemc|tlm|accelerator|host|run|qkpu|dispatch|buffer|vpu|memory|control|dram)(;|$)")
        target_precompile_headers(${target} REUSE_FROM pade_precompiled)
    endif()
endfunction()

function(pade_add_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
    add_library(pade_${name} STATIC ${ARG_SOURCES})
    add_library(pade::${name} ALIAS pade_${name})
    target_include_directories(pade_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                   $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/pade>)
    target_link_libraries(pade_${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS}
                                       $<BUILD_INTERFACE:pade_options>)
    target_compile_features(pade_${name} PUBLIC cxx_std_17)
    set_target_properties(pade_${name} PROPERTIES EXPORT_NAME ${name})
    pade_precompile(pade_${name} ${ARG_DEPENDS})
    set(PADE_LIBRARIES ${PADE_LIBRARIES} pade_${name} CACHE INTERNAL "")
endfunction()

function(pade_add_test_main)
    add_library(pade_test_main STATIC ${PROJECT_SOURCE_DIR}/testbench/unit/test_main.cpp)
    target_include_directories(pade_test_main PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(pade_test_main PUBLIC Catch2::Catch2 pade::systemc PRIVATE pade_options)
    target_compile_options(pade_test_main PRIVATE -O0)  # the whole of Catch2: no other file takes as long
endfunction()

function(pade_add_test_library name)
    if(NOT PADE_TESTS)
        return()
    endif()
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} pade_test_main PRIVATE pade_options)
    target_compile_options(${name} PRIVATE ${PADE_TEST_OPTIONS})
    if(PADE_PRECOMPILE)
        target_precompile_headers(${name} REUSE_FROM pade_precompiled_tests)
    endif()
endfunction()

function(pade_add_test name)
    if(NOT PADE_TESTS)
        return()
    endif()
    cmake_parse_arguments(ARG "" "TIMEOUT;LABEL" "SOURCES;DEPENDS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    if(NOT ARG_LABEL)  # one label a test: catch_discover_tests flattens a list into the properties that follow it
        set(ARG_LABEL unit)
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} pade_test_main pade_options)
    target_compile_options(${name} PRIVATE ${PADE_TEST_OPTIONS})
    target_link_options(${name} PRIVATE ${PADE_TEST_LINK_OPTIONS})
    if(PADE_PRECOMPILE)
        target_precompile_headers(${name} REUSE_FROM pade_precompiled_tests)
    endif()
    catch_discover_tests(${name} TEST_PREFIX "${name}: "
        PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS ${ARG_LABEL} SKIP_RETURN_CODE 77)
endfunction()
