// What the memory arbiter counts. Plain data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pade {

enum class memory_client : std::uint8_t { q, write_back, spill, kv };
inline constexpr std::size_t memory_clients = 4;

struct client_counters {
    std::uint64_t transactions = 0;  ///< answered, errors included
    std::uint64_t bytes = 0;
    std::uint64_t errors = 0;  ///< requests that the arbiter itself refused
};

struct memory_counters {
    std::uint64_t cycles = 0;
    /// [pseudo channel][client]
    std::vector<std::array<client_counters, memory_clients>> per_channel;
    /// Requests that waited at an input at the same time: q, write_back, spill, then kv[0], kv[1], ...
    std::vector<std::uint32_t> input_peak;
    /// [pseudo channel] answers on the return path at the same time.
    std::vector<std::uint32_t> return_peak;
    /// [pseudo channel] cycles in which a request had to wait because the controller had not accepted the one before.
    std::vector<std::uint64_t> channel_busy;

    client_counters of_client(memory_client client) const {
        client_counters sum;
        for (const auto& channel : per_channel) {
            const client_counters& c = channel[static_cast<std::size_t>(client)];
            sum.transactions += c.transactions;
            sum.bytes += c.bytes;
            sum.errors += c.errors;
        }
        return sum;
    }
};

}  // namespace pade
