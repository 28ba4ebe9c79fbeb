// What a checker on a link found wrong: one readable line each. The checkers (protocol_checker.h, stream_checker.h)
// only observe; whoever built them asks afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tlm/sc_module.h"

namespace pade {

struct protocol_violation {
    sc_core::sc_time time;    ///< simulated time of the call that broke the rule
    std::string link;         ///< hierarchical name of the checker
    std::string rule;         ///< short name, for example "request exclusion"
    std::string clause;       ///< where the rule is written, for example "IEEE 1666-2011, 15.2.6 e"
    std::string transaction;  ///< which one: its number on the link from 0, command, address, bytes
    std::string text;         ///< what happened

    std::string line() const {
        return link + " at " + time.to_string() + ": " + rule + " (" + clause + "): " + transaction + ": " + text;
    }
};

/// Keeps the first lines and counts all: a broken initiator breaks the same rule a million times.
class violation_log {
  public:
    static constexpr std::size_t kept = 100;

    void add(protocol_violation violation) {
        ++count_;
        if (list_.size() < kept)
            list_.push_back(std::move(violation));
    }
    const std::vector<protocol_violation>& list() const { return list_; }
    std::uint64_t count() const { return count_; }

  private:
    std::vector<protocol_violation> list_;
    std::uint64_t count_ = 0;
};

}  // namespace pade
