// SystemC as this project uses it. SC_HAS_PROCESS is needed by SystemC 2.3.4 and obsolete in 3.x: one macro for both.
#pragma once

#ifndef SC_INCLUDE_DYNAMIC_PROCESSES
#define SC_INCLUDE_DYNAMIC_PROCESSES
#endif
#include <systemc>

#if SYSTEMC_VERSION_MAJOR >= 3 || (defined(SC_VERSION_MAJOR) && SC_VERSION_MAJOR >= 3)
#define PADE_HAS_PROCESS(module)
#else
#define PADE_HAS_PROCESS(module) SC_HAS_PROCESS(module)
#endif
