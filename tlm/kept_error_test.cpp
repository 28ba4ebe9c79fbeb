#include "tlm/kept_error.h"

#include <catch2/catch.hpp>

#include "tlm/sc_module.h"

using namespace pade;

namespace {

struct writer : sc_core::sc_module {
    PADE_HAS_PROCESS(writer);
    explicit writer(sc_core::sc_module_name name) : sc_module(name) { SC_THREAD(run); }
    void run() {
        for (int n = 0; n < 10; ++n) {
            wait(1, sc_core::SC_NS);
            errors.guard([&] {
                ++calls;
                if (n == 3)
                    throw input_error("file: disk full");
            });
        }
    }
    kept_error errors;
    int calls = 0;
};

}  // namespace

TEST_CASE("an input_error inside a process ends the simulation and comes out as what it is") {
    writer w("writer");
    sc_core::sc_start(2500, sc_core::SC_PS);
    CHECK_NOTHROW(w.errors.rethrow());
    sc_core::sc_start();
    CHECK(sc_core::sc_time_stamp() == sc_core::sc_time(4, sc_core::SC_NS));
    CHECK(w.calls == 4);
    CHECK_THROWS_AS(w.errors.rethrow(), input_error);
    CHECK_THROWS_WITH(w.errors.rethrow(), "file: disk full");
}
