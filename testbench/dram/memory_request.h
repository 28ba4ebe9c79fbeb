// The requests that drive the DRAM controller alone: from a file or from a built-in pattern.
#pragma once

#include <cstdint>
#include <vector>

namespace pade {

/// One burst. Lines are numbered from 0 and count requests only, no comments and no empty lines.
struct memory_request {
    static constexpr std::uint32_t no_line = ~std::uint32_t{0};

    /// Ten seconds of memory time, a hundred million refreshes.
    static constexpr std::uint64_t last_cycle = 10'000'000'000;

    std::uint64_t address = 0;      ///< of its first byte: a multiple of the burst
    std::uint64_t cycle = 0;        ///< not before this DRAM cycle
    std::uint32_t after = no_line;  ///< not before the data of this line have returned (of a write: its response)
    bool write = false;
};

using request_list = std::vector<memory_request>;

}  // namespace pade
