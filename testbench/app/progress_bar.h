// A progress bar on stderr, for runs over two seconds and only on a terminal.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace pade {

class progress_bar {
  public:
    explicit progress_bar(std::string of) : of_(std::move(of)) {}
    void show(std::uint64_t done, std::uint64_t all) {
        const auto now = clock::now();
        if (!terminal_ || all == 0 || now - begin_ < std::chrono::seconds(2) ||
            now - shown_ < std::chrono::milliseconds(200))
            return;
        shown_ = now;
        drawn_ = true;
        const unsigned width = 40;
        const auto filled = static_cast<unsigned>(done * width / all);
        const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
        std::fprintf(stderr, "\r[%s] %3u %% of the %s", bar.c_str(), static_cast<unsigned>(done * 100 / all),
                     of_.c_str());
        std::fflush(stderr);
    }
    void clear() {
        if (drawn_)
            std::fprintf(stderr, "\r%70s\r", "");
        drawn_ = false;
    }

  private:
    using clock = std::chrono::steady_clock;
    std::string of_;
    bool terminal_ = isatty(STDERR_FILENO) == 1;
    bool drawn_ = false;
    clock::time_point begin_ = clock::now();
    clock::time_point shown_{};
};

}  // namespace pade
