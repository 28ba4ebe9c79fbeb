// A waveform as Value Change Dump (IEEE 1364-2005, clause 18): four-state text that every viewer reads. Timescale 1 ps.
// No date: the same run gives the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tlm/trace/text_sink.h"
#include "tlm/trace/wave.h"

namespace pade {

class vcd_writer final : public wave_writer {
  public:
    /// version: of the program; note: a line for the reader; both for the header. most_bytes: the file grows no larger;
    /// what came until then is complete and ends with a comment that says so.
    vcd_writer(text_sink& sink, std::string version, std::string note, std::uint64_t most_bytes);

    void begin(const std::vector<const wave_detail::signal*>& signals) override;
    void time(wave_detail::tick at) override;
    void change(const wave_detail::signal& signal) override;
    void all(const std::vector<const wave_detail::signal*>& signals) override;
    void end() override { end_moment(); }
    bool open() const override { return !cut_; }

    /// The cap was reached.
    bool cut() const { return cut_; }
    /// Of the last change that is in the file, in ps.
    wave_detail::tick last_time() const { return written_time_; }
    std::uint64_t bytes() const { return bytes_; }

  private:
    void put(const std::string& text);
    void end_moment();
    static void value_of(const wave_detail::signal& signal, std::uint64_t value, std::string& to);

    text_sink& sink_;
    std::string version_;
    std::string note_;
    std::uint64_t most_bytes_;
    std::uint64_t bytes_ = 0;
    std::string moment_;  // a time and its changes: in the file as a whole or not at all
    wave_detail::tick moment_time_ = 0;
    wave_detail::tick written_time_ = 0;
    bool cut_ = false;
};

}  // namespace pade
