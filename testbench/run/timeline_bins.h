// Differences of counters over time, in bins of equal width. When the bins are full, neighbours merge and the width
// doubles: memory stays flat however long the run, and what comes out does not depend on a length known before.
#pragma once

#include <cstdint>
#include <vector>

namespace pade {

class timeline_bins {
  public:
    /// `counters` that only grow, from 0; `gauges` that go up and down. most: an even number of bins.
    timeline_bins(std::size_t counters, std::size_t gauges, std::size_t most, std::uint64_t width);

    /// Cycles of a bin, at present.
    std::uint64_t width() const { return width_; }
    std::size_t size() const { return size_; }

    /// What the gauges show at some moment of the bin that is open; it may be called any number of times.
    void look(const std::vector<std::uint64_t>& gauges);
    /// The open bin ends: values of the counters at its end. A full row of bins then merges.
    void close(const std::vector<std::uint64_t>& counters);
    /// The run ends `cycles` after its beginning: what is left becomes a last and shorter bin. With no cycle left, what
    /// a counter of another clock still grew goes to the bin before.
    void finish(const std::vector<std::uint64_t>& counters, std::uint64_t cycles);

    /// By bin; they sum to the counter's last value.
    const std::vector<std::uint64_t>& counter(std::size_t n) const { return counters_[n]; }
    /// Sum of what gauge n showed, by bin, and how often it was looked at.
    const std::vector<std::uint64_t>& gauge(std::size_t n) const { return gauges_[n]; }
    const std::vector<std::uint64_t>& looks() const { return looks_; }

  private:
    void open();
    void merge();

    std::size_t most_;
    std::uint64_t width_;
    std::size_t size_ = 0;
    std::vector<std::uint64_t> last_;
    std::vector<std::vector<std::uint64_t>> counters_;  // [counter][bin]
    std::vector<std::vector<std::uint64_t>> gauges_;    // [gauge][bin], with the open bin
    std::vector<std::uint64_t> looks_;                  // [bin], with the open bin
};

}  // namespace pade
