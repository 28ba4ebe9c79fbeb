#include "testbench/dram/dram_run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "model/errors.h"
#include "testbench/dram/request_player.h"
#include "tlm/dram/audit/command_log.h"
#include "tlm/dram/audit/dram_auditor.h"
#include "tlm/dram/dram_timing.h"
#include "tlm/kept_error.h"

namespace pade {

namespace {

/// Commands of the pseudo channels that requests go to; the others do nothing but refresh.
struct command_counts {
    std::uint64_t activates = 0, precharges = 0, reads = 0, writes = 0, refreshes = 0;
    std::uint64_t banks_refreshed = 0;
    cycle_t last_write = 0;

    void add(const dram_command& c, unsigned banks) {
        switch (c.kind) {
            case dram_command_kind::activate:
                ++activates;
                break;
            case dram_command_kind::precharge:
            case dram_command_kind::precharge_all:
                ++precharges;
                break;
            case dram_command_kind::read:
                ++reads;
                break;
            case dram_command_kind::write:
                ++writes;
                last_write = std::max(last_write, c.cycle);
                break;
            case dram_command_kind::refresh:
                ++refreshes;
                banks_refreshed += banks;
                break;
            case dram_command_kind::refresh_bank:
                ++refreshes;
                ++banks_refreshed;
                break;
        }
    }
};

/// Smallest latency that at least `fraction` of all do not exceed.
double percentile(std::vector<double>& values, double fraction) {
    const auto rank = static_cast<std::size_t>(fraction * static_cast<double>(values.size()) + .999999);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

void add_latencies(stats& s, std::vector<double>& values) {
    const auto add = [&s](const char* path, const char* text, stat_value value) { s.add(path, "ns", text, std::move(value)); };
    constexpr const char* text = "reads, from acceptance to the end of the last beat";
    if (values.empty()) {
        for (const char* path :
             {"read_latency_ns.mean", "read_latency_ns.p50", "read_latency_ns.p99", "read_latency_ns.max"})
            add(path, text, std::monostate{});
        return;
    }
    add("read_latency_ns.mean", text,
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()));
    add("read_latency_ns.p50", text, percentile(values, .5));
    add("read_latency_ns.p99", text, percentile(values, .99));
    add("read_latency_ns.max", text, *std::max_element(values.begin(), values.end()));
}

/// By event: activates, bits that leave the arrays, bits that cross the interposer, banks refreshed.
void add_energy(stats& s, const dram_params& d, const command_counts& c, double bits) {
    const double activate = static_cast<double>(c.activates) * d.e_activate;
    const double core = bits * d.e_core_bit, io = bits * d.e_io_bit;
    const double refresh = static_cast<double>(c.banks_refreshed) * d.e_refresh_bank;
    s.add("energy_pj_per_bit", "pJ/bit", "all of energy_pj over the bits moved",
          (activate + core + io + refresh) / bits);
    s.add("energy_pj.activate", "pJ", "ACT and PRE", activate);
    s.add("energy_pj.core", "pJ", "column accesses", core);
    s.add("energy_pj.io", "pJ", "interface", io);
    s.add("energy_pj.refresh", "pJ", "refreshed banks", refresh);
}

/// To the end, or until requests under way have made no progress for `patience`.
void simulate(const request_player& player, const hbm2_controller& memory, const kept_error& errors,
              const sc_core::sc_time& patience) {
    sc_core::sc_start(sc_core::SC_ZERO_TIME);  // before it nothing is pending
    while (sc_core::sc_pending_activity()) {
        const std::uint64_t before = player.completed();
        const bool busy = player.busy();
        // Where nothing happens for longer than `patience`, a step of that length would end where it begins.
        sc_core::sc_start(std::max(patience, sc_core::sc_time_to_pending_activity()), sc_core::SC_EXIT_ON_STARVATION);
        errors.rethrow();
        if (busy && !player.done() && player.completed() == before)
            throw internal_error("no request has completed for " + patience.to_string() + player.waits_for() + "\n" +
                                 memory.waits_for());
    }
}

}  // namespace

stats run_dram(const params& p, const request_list& requests, const dram_run_options& options) {
    hbm2_controller memory("dram", p.dram, p.clock);
    request_player player("player", memory, requests, options.outstanding, options.check_tlm);
    if (options.on_progress)
        player.on_progress([&](std::uint64_t done) { options.on_progress(done, requests.size()); });

    std::vector<char> used(memory.map().pseudo_channels(), 0);
    for (const memory_request& request : requests)
        used[memory.map().decode(request.address).pseudo_channel] = 1;
    command_counts counts;
    dram_auditor auditor(p.dram, p.clock);
    std::optional<command_log_writer> log;
    if (!options.command_log.empty())
        log.emplace(options.command_log);
    kept_error errors;  // of the log, inside the memory's processes
    memory.log_commands([&](const dram_command& command) {
        auditor.add(command);
        if (log)
            errors.guard([&] { log->write(command); });
        if (used[command.channel])
            counts.add(command, memory.map().banks());
    });

    const auto begin = std::chrono::steady_clock::now();
    simulate(player, memory, errors, sc_core::sc_time(1000.0 * p.watchdog.cycles / p.clock.core_mhz, sc_core::SC_NS));
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    if (!player.done())
        throw internal_error("the memory has stopped with " + std::to_string(requests.size() - player.completed()) +
                             " requests that are not done" + player.waits_for() + "\n" + memory.waits_for());
    memory.total();  // channels that sleep report the refreshes of that time
    errors.rethrow();
    auditor.finish(memory.clock.cycle());
    if (log)
        log->finish(memory.clock.cycle());

    const double period = memory.clock.period().to_seconds() * 1e9;
    const dram_timing timing(p.dram, p.clock);
    const double last_write =
        counts.writes == 0 ? 0 : static_cast<double>(counts.last_write + timing.cwl + timing.burst) * period;
    const double first = static_cast<double>(player.first_issue()) * period;
    const double span = std::max(player.last_read_ns(), last_write) - first;
    const auto channels = static_cast<double>(std::count(used.begin(), used.end(), 1));
    const std::uint64_t bytes = std::uint64_t{memory.map().atom_bytes()} * requests.size();
    if (counts.reads + counts.writes != requests.size())
        throw internal_error("there were " + std::to_string(counts.reads + counts.writes) + " bursts for " +
                             std::to_string(requests.size()) + " requests");

    stats s;
    s.add("requests", "", "bursts read or written", std::uint64_t{requests.size()});
    s.add("bytes", "B", "bytes read or written", bytes);
    s.add("span_ns", "ns", "first issue to last completion", span);
    s.add("pseudo_channels_used", "", "pseudo channels that requests went to", static_cast<std::uint64_t>(channels));
    s.add("bandwidth_fraction", "", "of the peak of the pseudo channels used",
          static_cast<double>(bytes) / span / (memory.peak_bytes_per_ns() * channels));
    s.add("bandwidth_gb_per_s", "GB/s", "bytes / span", static_cast<double>(bytes) / span);
    add_latencies(s, player.read_latencies_ns());
    s.add("row_hit_fraction", "", "1 - ACT / (RD + WR)",
          1 - static_cast<double>(counts.activates) / static_cast<double>(requests.size()));
    s.add("commands.act", "", "ACT", counts.activates);
    s.add("commands.pre", "", "PRE of one bank or of all", counts.precharges);
    s.add("commands.rd", "", "RD", counts.reads);
    s.add("commands.wr", "", "WR", counts.writes);
    s.add("commands.ref", "", "refreshes of all banks or of one", counts.refreshes);
    add_energy(s, p.dram, counts, 8.0 * static_cast<double>(bytes));
    s.add("wall_s", "s", "wall clock of the simulation", wall.count());
    s.add("requests_per_wall_s", "1/s", "requests / wall_s", static_cast<double>(requests.size()) / wall.count());
    s.add("audit.commands", "", "commands that the auditor saw, idle pseudo channels included",
          std::uint64_t{auditor.commands()});
    s.add("audit.violations", "", "rules broken", std::uint64_t{auditor.violations()});
    if (auditor.violations() != 0)
        s.add("audit.first", "", "the first violations", auditor.lines());
    if (options.check_tlm) {
        std::vector<std::string> lines;
        const std::uint64_t count = player.protocol_violations(lines);
        s.add("tlm_protocol.violations", "", "rules of the TLM-2.0 base protocol broken", count);
        if (!lines.empty())
            s.add("tlm_protocol.first", "", "the first violations", lines);
    }
    return s;
}

}  // namespace pade
