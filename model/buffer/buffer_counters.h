// What the KV and the Q buffer count. Plain data: energy, statistics and tests read it, the modules write it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pade {

/// One memory-mapped link: transactions that ended, and their data bytes.
struct link_count {
    std::uint64_t transactions = 0;
    std::uint64_t bytes = 0;
};

/// What happened to the 32 B atoms of one tensor of one KV head. After finish(): bytes_read = bytes_used + bytes_unused
/// + bytes_padding.
struct atom_counters {
    std::uint64_t hits = 0;           ///< fetched atoms that were in the buffer
    std::uint64_t merges = 0;         ///< fetched atoms that were already on their way
    std::uint64_t misses = 0;         ///< fetched atoms that were read from DRAM
    std::uint64_t evictions = 0;      ///< atoms that made room for another
    std::uint64_t bytes_read = 0;     ///< from DRAM
    std::uint64_t bytes_used = 0;     ///< data bytes that a reader took at least once
    std::uint64_t bytes_unused = 0;   ///< data bytes that left the buffer unread
    std::uint64_t bytes_padding = 0;  ///< bytes that are no data

    atom_counters& operator+=(const atom_counters& other) {
        hits += other.hits;
        merges += other.merges;
        misses += other.misses;
        evictions += other.evictions;
        bytes_read += other.bytes_read;
        bytes_used += other.bytes_used;
        bytes_unused += other.bytes_unused;
        bytes_padding += other.bytes_padding;
        return *this;
    }
};

/// Each cycle of the K feed, and each port-cycle of the V ports, is in exactly one of these: the first that fits.
enum class feed_state : std::uint8_t {
    full,          ///< as many planes as the feed can deliver (V port: a read was served)
    conflict,      ///< a read whose data is there lost its bank or its share of the feed
    partly,        ///< something was delivered and nothing had to wait (V port: never)
    stall_reader,  ///< a read waits because the reader has not taken the one before
    stall_data,    ///< a read waits for DRAM
    idle           ///< nothing was asked for
};
inline constexpr std::size_t feed_states = 6;

struct feed_cycles {
    std::array<std::uint64_t, feed_states> in{};

    std::uint64_t& operator[](feed_state s) { return in[static_cast<std::size_t>(s)]; }
    std::uint64_t operator[](feed_state s) const { return in[static_cast<std::size_t>(s)]; }
    std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t n : in)
            sum += n;
        return sum;
    }
};

struct kv_buffer_counters {
    /// [KV head][0: K, 1: V]; a head is there once it was asked for.
    std::vector<std::array<atom_counters, 2>> per_head;

    std::uint64_t cycles = 0;           ///< from start() to finish()
    std::uint64_t k_reads = 0;          ///< bank accesses for K; one may serve several lanes' columns
    std::uint64_t k_deliveries = 0;     ///< port reads answered with data
    std::uint64_t k_planes = 0;         ///< 64-bit words delivered
    std::uint64_t port_errors = 0;      ///< K and V port transactions answered with an error
    std::uint64_t v_reads = 0;          ///< bank accesses for V
    std::uint64_t fills = 0;            ///< bank accesses for data from DRAM
    std::uint64_t k_conflicts = 0;      ///< port-cycles in which a K read lost its bank or its share of the feed
    std::uint64_t v_conflicts = 0;      ///< port-cycles in which a V read lost its bank
    std::uint64_t fill_conflicts = 0;   ///< channel-cycles in which a fill lost its bank to another
    std::uint64_t k_fetch_blocked = 0;  ///< cycles in which a K fetch found no line to take
    std::uint64_t v_fetch_blocked = 0;
    std::uint64_t flushes = 0;
    feed_cycles k_feed;   ///< sums to cycles
    feed_cycles v_ports;  ///< sums to cycles x V ports

    // Links: items in and out, transactions and bytes.
    std::uint64_t k_fetch_items = 0;
    std::uint64_t v_fetch_items = 0;
    std::uint64_t v_release_items = 0;
    std::uint64_t k_arrived_items = 0;
    std::vector<link_count> k_port;  ///< [lane]
    std::vector<link_count> v_port;  ///< [port]
    std::vector<link_count> memory;  ///< [pseudo channel]

    /// Sum over the KV heads; tensor 0: K, 1: V.
    atom_counters of_tensor(std::size_t tensor) const {
        atom_counters sum;
        for (const auto& head : per_head)
            sum += head[tensor];
        return sum;
    }
    /// K and V of all KV heads.
    atom_counters all() const {
        atom_counters sum = of_tensor(0);
        sum += of_tensor(1);
        return sum;
    }
    /// Planes delivered / what the feed could have delivered.
    double k_feed_utilisation(unsigned k_planes_per_cycle) const {
        const double could = static_cast<double>(cycles) * k_planes_per_cycle;
        return could > 0 ? static_cast<double>(k_planes) / could : 0;
    }
    /// Port-cycles with a read served / all port-cycles.
    double v_port_utilisation() const {
        const double all_cycles = static_cast<double>(v_ports.total());
        return all_cycles > 0 ? static_cast<double>(v_ports[feed_state::full]) / all_cycles : 0;
    }
};

/// Each cycle of the Q buffer is in exactly one of these: the first that fits.
enum class q_state : std::uint8_t {
    loading,     ///< a block's queries went to the rows
    stall_data,  ///< a load waits for DRAM
    fetching,    ///< queries are on their way, nobody waits for them
    idle
};
inline constexpr std::size_t q_states = 4;

struct q_buffer_counters {
    std::uint64_t q_hits = 0;    ///< queries (rows) that were there when their block's load was asked for
    std::uint64_t q_misses = 0;  ///< queries (rows) of blocks that were not complete then
    std::uint64_t cycles = 0;
    std::array<std::uint64_t, q_states> in{};        ///< sums to cycles
    std::uint64_t bytes_read = 0;                    ///< from DRAM: = used + unused + padding after finish()
    std::uint64_t bytes_used = 0;                    ///< sent to the rows
    std::uint64_t bytes_unused = 0;                  ///< fetched and never loaded
    std::uint64_t bytes_padding = 0;                 ///< up to the next whole atom
    std::vector<std::uint64_t> bytes_read_per_head;  ///< by KV head
    std::uint64_t bytes_held_peak = 0;
    std::uint64_t fetch_blocked = 0;  ///< cycles in which a fetch waited for room
    std::uint64_t command_items = 0;
    std::uint64_t loaded_items = 0;
    std::vector<std::uint64_t> row_items;  ///< [row]
    link_count memory;

    std::uint64_t operator[](q_state s) const { return in[static_cast<std::size_t>(s)]; }
    std::uint64_t& operator[](q_state s) { return in[static_cast<std::size_t>(s)]; }
};

}  // namespace pade
