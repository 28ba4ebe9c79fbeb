// The books of a run: things that are counted at two places must agree.
#pragma once

#include <cstdint>
#include <string>

namespace pade {

class ledger {
  public:
    /// Two ways of counting one thing.
    void equal(const std::string& what, std::uint64_t a, std::uint64_t b) {
        if (a == b)
            return;
        if (!text_.empty())
            text_ += "; ";
        text_ += what + ": " + std::to_string(a) + " against " + std::to_string(b);
    }
    /// What does not agree; empty when all does.
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

}  // namespace pade
