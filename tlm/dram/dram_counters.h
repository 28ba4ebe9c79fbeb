// What a pseudo channel counts. Cycles are DRAM clock cycles of `cycle_ns`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pade {

/// Latencies in bins of 1 ns: [n, n + 1) goes to bin n.
class latency_histogram {
  public:
    void add(double ns) {
        const auto bin = static_cast<std::size_t>(ns + 1e-6);
        if (bin >= bins_.size())
            bins_.resize(bin + 1);
        ++bins_[bin];
        ++count_;
        sum_ns_ += ns;
    }
    std::uint64_t count() const { return count_; }
    double mean_ns() const { return count_ == 0 ? 0.0 : sum_ns_ / static_cast<double>(count_); }
    /// Smallest n such that at least `fraction` of the latencies lie in bins up to n; 0 without any.
    double percentile_ns(double fraction) const {
        const double wanted = fraction * static_cast<double>(count_);
        std::uint64_t seen = 0;
        for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
            seen += bins_[bin];
            if (seen != 0 && static_cast<double>(seen) >= wanted)
                return static_cast<double>(bin);
        }
        return 0.0;
    }
    const std::vector<std::uint64_t>& bins() const { return bins_; }
    latency_histogram& operator+=(const latency_histogram& other) {
        if (bins_.size() < other.bins_.size())
            bins_.resize(other.bins_.size());
        for (std::size_t bin = 0; bin < other.bins_.size(); ++bin)
            bins_[bin] += other.bins_[bin];
        count_ += other.count_;
        sum_ns_ += other.sum_ns_;
        return *this;
    }

  private:
    std::vector<std::uint64_t> bins_;
    std::uint64_t count_ = 0;
    double sum_ns_ = 0.0;
};

/// One bank of a pseudo channel.
struct dram_bank_counters {
    std::uint64_t reads = 0;   ///< RD commands, a burst each
    std::uint64_t writes = 0;  ///< WR commands
    std::uint64_t activates = 0;
    std::uint64_t row_conflicts = 0;  ///< requests for which another row was closed first
};

struct dram_counters {
    std::uint64_t bytes_read = 0;     ///< payload bytes of accepted reads (a short one still costs a burst)
    std::uint64_t bytes_written = 0;  ///< payload bytes of accepted writes
    std::uint64_t reads = 0;          ///< RD commands
    std::uint64_t writes = 0;         ///< WR commands
    std::uint64_t row_hits = 0;       ///< requests that found their row open; the three sum to reads + writes
    std::uint64_t row_misses = 0;     ///< requests for which a closed bank was activated
    std::uint64_t row_conflicts = 0;  ///< requests for which another row was closed first
    std::uint64_t activates = 0;
    std::uint64_t precharges = 0;  ///< rows closed, by PRE or PREA
    std::uint64_t refreshes = 0;
    std::uint64_t errors = 0;  ///< requests answered with an error

    // Each cycle is in exactly one class, the first that fits; the four sum to `cycles`.
    std::uint64_t data_cycles = 0;     ///< a beat is on the data bus
    std::uint64_t refresh_cycles = 0;  ///< all banks refresh, or an all-bank refresh is due and being prepared
    std::uint64_t waiting_cycles = 0;  ///< a request is pending and waits for a timing or for a bus
    std::uint64_t idle_cycles = 0;     ///< nothing is pending
    std::uint64_t cycles = 0;
    std::uint64_t active_cycles = 0;  ///< with a request pending: queued, or its beats not over (in any class but idle)

    latency_histogram read_latency;  ///< BEGIN_REQ accepted to the end of the last beat
    double cycle_ns = 1.0;

    /// Data bus occupied.
    double busy_ns() const { return static_cast<double>(data_cycles) * cycle_ns; }
    double active_ns() const { return static_cast<double>(active_cycles) * cycle_ns; }

    dram_counters& operator+=(const dram_counters& other) {
        bytes_read += other.bytes_read;
        bytes_written += other.bytes_written;
        reads += other.reads;
        writes += other.writes;
        row_hits += other.row_hits;
        row_misses += other.row_misses;
        row_conflicts += other.row_conflicts;
        activates += other.activates;
        precharges += other.precharges;
        refreshes += other.refreshes;
        errors += other.errors;
        data_cycles += other.data_cycles;
        refresh_cycles += other.refresh_cycles;
        waiting_cycles += other.waiting_cycles;
        idle_cycles += other.idle_cycles;
        cycles += other.cycles;
        active_cycles += other.active_cycles;
        read_latency += other.read_latency;
        cycle_ns = other.cycle_ns;
        return *this;
    }
};

}  // namespace pade
