// The folder that a run writes: OUT.partial beside OUT, renamed last, so that OUT is never half a result. One run at a
// time may write to one OUT.
#pragma once

#include <filesystem>

namespace pade {

/// Results never lie in, on or around what they are made from. Throws input_error.
void require_apart(const std::filesystem::path& out, const std::filesystem::path& input);

class output_dir {
  public:
    /// Makes OUT.partial (and the folders above it). A stale OUT.partial, whose owner no longer runs, is removed.
    /// Throws input_error when OUT is a file, is a non-empty folder and `force` is false, is being written by another
    /// run, or cannot be made.
    output_dir(const std::filesystem::path& out, bool force);
    /// Without commit() the partial folder is removed: nothing is left.
    ~output_dir();
    output_dir(const output_dir&) = delete;
    output_dir& operator=(const output_dir&) = delete;

    /// Where to write until commit().
    const std::filesystem::path& partial() const { return partial_; }
    const std::filesystem::path& final_path() const { return out_; }

    /// Puts the folder in OUT's place; all files must be closed. With force an earlier OUT is removed after that.
    void commit();

  private:
    void check_out() const;
    void claim_partial();

    std::filesystem::path out_;
    std::filesystem::path partial_;
    bool force_;
    bool owned_ = false;
};

}  // namespace pade
