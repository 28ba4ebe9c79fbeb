#include "testbench/app/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <systemc>

namespace pade {

namespace {

unsigned trouble = 0;

void handle(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    using namespace sc_core;
    spdlog::level::level_enum level = spdlog::level::info;
    switch (report.get_severity()) {
        case SC_INFO:
            level = report.get_verbosity() > SC_MEDIUM ? spdlog::level::debug : spdlog::level::info;
            break;
        case SC_WARNING:
            level = spdlog::level::warn;
            break;
        default:
            level = spdlog::level::err;
            break;
    }
    if (report.get_severity() != SC_INFO)
        ++trouble;
    // SystemC says in so many words that sc_stop was called: no news.
    if (report.get_severity() == SC_INFO && std::string(report.get_msg_type()).find("sc_stop") != std::string::npos)
        return;
    const char* process = report.get_process_name();
    spdlog::log(level, "{} {}: {}: {}", report.get_time().to_string(), process == nullptr ? "-" : process,
                report.get_msg_type(), report.get_msg());
    if ((actions & SC_THROW) != 0)
        throw report;
}

}  // namespace

void install_log(const std::string& level) {
    auto logger = spdlog::stderr_color_mt("pade");
    logger->set_pattern("%^%l%$ %v");
    logger->set_level(spdlog::level::from_str(level));
    spdlog::set_default_logger(logger);
    sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
    sc_core::sc_report_handler::set_handler(handle);
}

unsigned reports_of_trouble() {
    return trouble;
}

}  // namespace pade
