// Which captured sets stand for a part of a workload: the named ones that are there, else the nearest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "testbench/trace/trace_set.h"
#include "testbench/workload/workload_file.h"

namespace pade {

/// What a manifest says without its tensors.
struct set_header {
    std::string name;  ///< path below its directory of sets: family/name
    std::filesystem::path path;
    bool synthetic = false;
    trace_phase phase = trace_phase::prefill;
    bool causal = false;
    std::int32_t causal_offset = 0;
    std::uint32_t queries = 0, keys = 0, head_dim = 0;
    unsigned layer = 0;                         ///< of its first head
    std::vector<std::vector<unsigned>> groups;  ///< positions in head_list by KV head

    /// Unmasked pairs of one head.
    double pairs_of_head() const;
};

/// Throws input_error on a manifest that is none.
set_header read_set_header(const std::filesystem::path& directory, const std::filesystem::path& folder);

/// All sets below the directories. Throws input_error when there is none.
std::vector<set_header> set_headers(const std::vector<std::filesystem::path>& directories);

/// A phase of the layers of one kind.
struct workload_part {
    const workload* of = nullptr;
    const model_block* block = nullptr;
    trace_phase phase = trace_phase::prefill;
    std::uint32_t length = 0;  ///< keys: of the prefill, or in the middle of the decode
    double pairs_of_head = 0;  ///< unmasked pairs of one head of one layer over the whole phase
    std::string name() const;  ///< prefill, decode; with the number of the block if there are several
    std::size_t number = 0;    ///< of the block
};
std::vector<workload_part> parts_of(const workload& w);

struct chosen_sets {
    std::vector<set_header> sets;  ///< in the order of layers, then names
    bool named = false;
    std::vector<std::string> differences;  ///< from the part, a sentence each
};

/// Named sets that are there; otherwise captured ones of the same phase, nearest first by: mask, head_dim, length.
/// Throws input_error when there is none of this phase.
chosen_sets choose_sets(const workload_part& part, const std::vector<set_header>& all);

}  // namespace pade
