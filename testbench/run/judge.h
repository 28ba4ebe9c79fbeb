// After a run: reads back what it wrote, and lays it beside the golden reference.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/params.h"
#include "testbench/golden/reference.h"
#include "testbench/trace/trace_set.h"

namespace pade {

struct judgement {
    /// Null: the check did not run.
    std::optional<bool> soundness;
    std::optional<bool> output;
    std::vector<std::string> failures;  ///< the first of each kind, one sentence
    golden::accuracy overall;
    std::vector<golden::accuracy> heads;
    double certified_bound_max = 0;
    std::vector<double> certified_bound_of_head;
};

/// Reads retained.npy and output.npy in `folder` and writes queries.npy. Without `golden` only what needs no reference
/// is there: retained pairs and certified bounds; the lost mass is NaN.
judgement judge(const std::filesystem::path& folder, const trace_set& trace, const params& p, bool golden);

}  // namespace pade
