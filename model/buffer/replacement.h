// Which line of a bank makes room. A line is idle while it holds data that nobody has pinned; only idle lines may go.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/params.h"

namespace pade {

using line_id = std::uint32_t;
inline constexpr line_id no_line = ~line_id{0};

/// The idle lines of each bank in the order in which their last pin was dropped: that is when their last use ended.
class idle_lines {
  public:
    idle_lines(unsigned banks, std::size_t lines) : ends_(banks), links_(lines) {}

    void add_newest(unsigned bank, line_id line);
    void remove(unsigned bank, line_id line);

    unsigned count(unsigned bank) const { return ends_[bank].count; }
    line_id oldest(unsigned bank) const { return ends_[bank].oldest; }
    line_id newest(unsigned bank) const { return ends_[bank].newest; }
    line_id newer(line_id line) const { return links_[line].newer; }
    line_id older(line_id line) const { return links_[line].older; }

  private:
    struct ends {
        line_id oldest = no_line;
        line_id newest = no_line;
        unsigned count = 0;
    };
    struct link {
        line_id older = no_line;
        line_id newer = no_line;
    };
    std::vector<ends> ends_;
    std::vector<link> links_;
};

/// A policy picks one of the bank's idle lines; there is at least one.
class replacement_policy {
  public:
    virtual ~replacement_policy() = default;
    virtual line_id victim(const idle_lines& idle, unsigned bank) const = 0;
};

/// The line whose last use is longest ago. Gets no hits on a stream longer than the buffer.
class lru_replacement final : public replacement_policy {
  public:
    line_id victim(const idle_lines& idle, unsigned bank) const override { return idle.oldest(bank); }
};

/// The line whose last use is most recent: keeps the beginning of a stream longer than the buffer.
class mru_replacement final : public replacement_policy {
  public:
    line_id victim(const idle_lines& idle, unsigned bank) const override { return idle.newest(bank); }
};

std::unique_ptr<const replacement_policy> make_replacement_policy(replacement_kind kind);

}  // namespace pade
