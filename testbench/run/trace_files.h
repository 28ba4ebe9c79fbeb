// The waveform and the transaction log of a run as files: `--wave`, `--log-transactions`. Each grows as FILE.partial
// and gets its name last.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/params.h"
#include "tlm/cycle.h"
#include "tlm/trace/trace_scope.h"

namespace pade {

struct trace_options {
    std::filesystem::path wave;       ///< empty: none. A name that ends with .fst is written by vcd2fst
    std::vector<std::string> scopes;  ///< empty: all signals
    std::filesystem::path log;        ///< empty: none
    std::vector<std::string> links;   ///< empty: all
    std::vector<std::uint32_t> keys;  ///< empty: all
    cycle_t from = 0;
    cycle_t to = ~cycle_t{0};               ///< the first cycle that is in neither
    std::uint64_t most_bytes = 1ULL << 30;  ///< of each
    bool any() const { return !wave.empty() || !log.empty(); }
};

class trace_files {
  public:
    /// Throws input_error for places that cannot be written, for .fst without vcd2fst, and for an empty window.
    trace_files(const trace_options& options, const clock_params& clock);
    ~trace_files();

    /// What the chip is built with; null without any file.
    tracing* sinks();
    /// The chip is built. Throws input_error for patterns that match nothing.
    void start();
    /// Throws input_error when a file could not be written: a run need not go on then.
    void check() const;
    /// The run is over: complete files, under their names. Returns a line about each.
    std::vector<std::string> close();

  private:
    struct files;
    std::unique_ptr<files> files_;
};

}  // namespace pade
