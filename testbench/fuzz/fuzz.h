// What the fuzz targets share: how an input is read, what counts as a proper refusal, and a child for each simulation.
// A target is one LLVMFuzzerTestOneInput; docs/fuzzing.md says what each asserts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>

#include "model/errors.h"

// libFuzzer's interface (llvm.org/docs/LibFuzzer.html); without libFuzzer replay_main.cpp calls it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pade::fuzz {

/// Ends the process with a signal, so that libFuzzer keeps the input.
[[noreturn]] void finding(const std::string& what);

inline void require(bool holds, const std::string& what) {
    if (!holds)
        finding(what);
}

/// A refusal as the user sees it: one sentence in one line, which says what is allowed.
void require_proper(const input_error& error);

/// Calls `f`. False: it refused, properly. Any other exception is a finding.
template <typename F>
bool accepts(F&& f) {
    try {
        f();
        return true;
    } catch (const input_error& error) {
        require_proper(error);
        return false;
    } catch (const std::exception& error) {
        finding(std::string("not an input_error: ") + error.what());
    }
}

/// Reads numbers from the front of the input; zeros once it is used up.
class bytes {
  public:
    bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

    std::uint8_t byte() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }
    std::uint32_t word() {
        std::uint32_t value = 0;
        for (unsigned shift = 0; shift < 32; shift += 8)
            value |= std::uint32_t{byte()} << shift;
        return value;
    }
    /// 0 to `count` - 1, count at most 256.
    unsigned below(unsigned count) { return byte() % count; }
    bool flag() { return (byte() & 1) != 0; }

    std::size_t left() const { return size_ - at_; }
    const std::uint8_t* here() const { return data_ + at_; }

  private:
    const std::uint8_t* data_;
    std::size_t size_;
    std::size_t at_ = 0;
};

/// Runs `simulate` in a process of its own, since SystemC simulates once in a process, and returns its exit code, 0 or
/// 2. `simulate` may throw: input_error means 2. Everything else is a finding: another code, a signal, no end within
/// `seconds`. The child counts its coverage in pages shared with this process, so that libFuzzer sees it.
int in_child(const std::function<int()>& simulate, unsigned seconds);

}  // namespace pade::fuzz
