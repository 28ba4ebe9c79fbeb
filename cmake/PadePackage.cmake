# cpack -G DEB: three Debian packages, one a component of PadeInstall.cmake (docs/packaging.md).
set(PADE_MAINTAINER "The PADE-TLM developers <pade-tlm@example.org>" CACHE STRING "Who answers for the Debian packages")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pade-tlm)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${PADE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL program development)
if(PADE_PYTHON_PACKAGE)
    list(APPEND CPACK_COMPONENTS_ALL python)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/PadeDebian.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# CPack indents the description and breaks no lines.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME pade-tlm)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION electronics)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "cycle-level model of the PADE sparse-attention accelerator
PADE reads the keys of attention one bit plane at a time and stops reading
a key as soon as an interval around its partial score shows that it cannot
matter. pade-sim models it cycle by cycle on the Q, K and V of language
models, with an HBM2 controller, and checks each result against a golden
reference. Small trace sets and all documents are included.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libpade-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libsystemc-dev, libfmt-dev, libspdlog-dev, libboost-dev, nlohmann-json3-dev (>= 3.11), libssl-dev, pkg-config")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "pade-tlm, cmake")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "libraries of the PADE-TLM accelerator model
SystemC modules of the accelerator, the HBM2 controller with its auditor,
the golden reference, and what runs them on trace sets: static libraries,
headers and the CMake package pade, to build simulators with modules and
policies of one's own. An example is included.")

if(PADE_PYTHON_PACKAGE)
    math(EXPR next "${PADE_PYTHON_MINOR} + 1")
    set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-pade)
    set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
    set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3 (>= 3.${PADE_PYTHON_MINOR}), python3 (<< 3.${next}), python3-numpy")
    set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS "python3-pandas, python3-yaml")
    set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "pade-tlm")
    # What Python compiles beside the modules belongs to no package, and must go with this one.
    set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/debian/postinst
        ${PROJECT_SOURCE_DIR}/cmake/debian/prerm)
    set(CPACK_DEBIAN_PYTHON_DESCRIPTION "results and arithmetic of the PADE-TLM accelerator model
Reads the output folders of pade-sim into NumPy arrays and pandas tables,
and gives access to the simulator's own arithmetic: bit planes, intervals,
guard rule, selection, online softmax. The program wavediff compares
waveforms of the model with those of an RTL simulator.")
endif()
include(CPack)
