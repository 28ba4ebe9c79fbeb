// A tiny trace set from the bytes of a fuzz input.
#pragma once

#include <filesystem>

#include "testbench/fuzz/fuzz.h"
#include "testbench/trace/trace_set.h"

namespace pade::fuzz {

/// 1 or 2 KV heads with 1 to 3 query heads each, 1 to 8 queries, 1 to 48 keys, 8 to 32 dims, any mask and any scales.
/// The tensors take what is left of the bytes, over and over.
trace_set draw_set(bytes& in);

/// Writes `set` as a trace set. Throws std::runtime_error when it cannot.
void write_set(const trace_set& set, const std::filesystem::path& folder);

}  // namespace pade::fuzz
