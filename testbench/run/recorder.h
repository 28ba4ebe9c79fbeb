// Listens to the chip's observers and writes what they say: retained pairs and rows of O, query by query as blocks
// finish.
#pragma once

#include <cstdint>
#include <filesystem>
#include <tlm>
#include <unordered_map>
#include <vector>

#include "testbench/output/npy_writer.h"
#include "tlm/kept_error.h"
#include "tlm/vpu_payloads.h"

namespace pade {

class recorder : private tlm::tlm_analysis_if<pair_event>, private tlm::tlm_analysis_if<o_row_event> {
  public:
    /// Creates retained.npy and output.npy in `folder`.
    recorder(const std::filesystem::path& folder, std::uint32_t heads, std::uint32_t queries, std::uint32_t head_dim);

    tlm::tlm_analysis_if<pair_event>& pairs() { return *this; }
    tlm::tlm_analysis_if<o_row_event>& rows() { return *this; }

    /// Of the files; they arise inside the chip's processes.
    const kept_error& errors() const { return errors_; }

    /// All queries must have come.
    void close();
    std::uint64_t retained() const { return retained_writer_.rows(); }

  private:
    void write(const pair_event& pair) override;
    void write(const o_row_event& row) override;
    void write_row(const o_row_event& row);

    kept_error errors_;
    std::uint32_t head_dim_;
    retained_writer retained_writer_;
    output_writer output_writer_;
    // Pairs of the blocks in flight, by block and row.
    std::unordered_map<std::uint64_t, std::vector<retained_key>> open_;
};

}  // namespace pade
