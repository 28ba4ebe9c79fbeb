// libsystemc brings main(); Catch2 runs from sc_main. Any SystemC warning or error fails the test that raised it.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <systemc>

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    return sc_core::sc_elab_and_sim(argc, argv);
}

int sc_main(int argc, char** argv) {
    using namespace sc_core;
    sc_report_handler::set_actions(SC_ERROR, SC_THROW);
    Catch::Session session;
    // A name that matches no case (ctest splits names at semicolons) must not pass as a test.
    session.configData().warnings = Catch::WarnAbout::NoTests;
    const int failed = session.run(argc, argv);
    if (failed != 0)
        return failed;
    const int reports = sc_report_handler::get_count(SC_WARNING) + sc_report_handler::get_count(SC_ERROR);
    if (reports != 0) {
        std::fprintf(stderr, "%d SystemC warnings or errors were reported during this test\n", reports);
        return 1;
    }
    return 0;
}
