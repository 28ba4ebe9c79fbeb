// The ports of chosen blocks as files that RTL is driven with (`--record-rtl`, docs/rtl.md): a folder a block, in it a
// file a port and block.json. They grow in DIR.partial, which gets its name last.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/params.h"
#include "tlm/record/rtl_record.h"

namespace pade {

struct record_options {
    std::filesystem::path folder;     ///< empty: nothing is recorded
    std::vector<std::string> scopes;  ///< as of the waveform; empty: every block
    bool scopes_are_shared = false;   ///< with a waveform: a pattern may choose signals only
    std::filesystem::path out;        ///< of the run: the two folders lie apart
};

class record_files {
  public:
    /// Throws input_error for a folder that is there already or cannot be made.
    record_files(const record_options& options, const params& p, unsigned head_dim);
    ~record_files();

    /// What the chip is built with; null when nothing is recorded.
    rtl_record* record();
    /// The chip is built. Throws input_error for patterns that choose no block.
    void start() const;
    /// Throws input_error when a record could not be made: a run need not go on then.
    void check() const;
    /// The run is over: complete files, under their name. Returns a line about them.
    std::vector<std::string> close();

  private:
    struct files;
    std::unique_ptr<files> files_;
};

}  // namespace pade
