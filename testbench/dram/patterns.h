// Built-in request patterns. Each is a function of its options and the memory's parameters alone, so it can be saved as
// a request file and played again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/params.h"
#include "testbench/dram/memory_request.h"
#include "tlm/dram/address_map.h"

namespace pade {

struct pattern_options {
    std::string name;
    std::uint32_t count = 20000;  ///< requests of each pseudo channel used
    std::uint32_t channels = 0;   ///< pseudo channels used, the first ones; 0: all
    double writes = 0;            ///< fraction of requests that write
    std::uint64_t stride = 4096;  ///< strided: bytes from request to request, over all pseudo channels
    std::uint32_t interval = 0;   ///< DRAM cycles from request to request of a pseudo channel; 0: as fast as they go
    std::uint32_t chains = 16;    ///< chain: of each pseudo channel
    std::uint32_t keys = 8192;    ///< planes: keys of the head
    std::uint32_t head_dim = 64;  ///< planes
    std::uint64_t seed = 1;
};

struct pattern_text {
    const char* name;
    const char* text;
};

/// Names and one line each, for help and messages.
const std::vector<pattern_text>& pattern_names();

/// Throws input_error for an unknown name or an option out of range.
///
/// sequential: a pseudo channel's bursts in the order of the mapping. random: uniform over its bursts. strided: every
/// `stride` bytes of the whole memory. one_bank: a new row of one bank each time. idle: hit, closed bank and conflict
/// in turn, 1000 cycles apart. chain: random reads, each waiting for the one before of its chain. planes: K of one head
/// as layout.k stores it, read in the order of ista.order; each plane of a key waits for the one before, from
/// dispatch.unconditional_planes on, and keys die as they do in decode traces of 2048 keys (docs/pade.md, section 6).
request_list make_pattern(const pattern_options& options, const params& p, const address_map& map);

}  // namespace pade
