// own_module TRACE OUT NS: the whole chip on a trace set, with a network_hop of NS ns on each DRAM link. Everything
// else is as in pade-sim run: the results lie in OUT, and every check holds or the exit code says so.
#include <cstdlib>
#include <iostream>

#include "model/errors.h"
#include "network_hop.h"
#include "testbench/run/run.h"

int sc_main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: own_module TRACE OUT NS\n";
        return pade::exit_code::bad_input;
    }
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);  // "stopped by user"
    const sc_core::sc_time latency(std::atof(argv[3]), sc_core::SC_NS);

    pade::params parameters;  // the defaults; load_config(parameters, "paper") would lay a preset over them
    pade::run_options options;
    options.trace = argv[1];
    options.out = argv[2];
    options.check_tlm = true;  // a protocol checker on both sides of the new module

    unsigned hops = 0;
    options.own_modules = [&](const std::string& link, const char* name) -> std::unique_ptr<pade::link_module> {
        if (link != "dram")  // the names are those of `links` in docs/statistics.md
            return nullptr;
        ++hops;
        return std::make_unique<network_hop>(name, latency);
    };

    try {
        const pade::run_result result = pade::run(parameters, options);
        for (const std::string& failure : result.failures)
            std::cerr << failure << "\n";
        std::cout << hops << " hops of " << latency << ": " << result.figures.number("time.cycles")
                  << " cycles, DRAM read latency seen by the controller "
                  << result.figures.number("dram.read_latency_ns.mean") << " ns\n";
        return result.exit_code;
    } catch (const std::exception& error) {
        std::cerr << "own_module: " << error.what() << "\n";
        return pade::exit_code::bad_input;
    }
}
