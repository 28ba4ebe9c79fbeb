// The bytes that the DRAM holds: pages appear when they are first written, what was never written reads as 0.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <unordered_map>

namespace pade {

class dram_store {
  public:
    /// Any length; the caller has checked the range.
    void read(std::uint64_t address, unsigned char* to, std::size_t bytes) const {
        each_page(address, bytes, [&](std::uint64_t page, std::size_t at, std::size_t done, std::size_t n) {
            if (const auto* found = find(page))
                std::memcpy(to + done, found->data() + at, n);
            else
                std::memset(to + done, 0, n);
        });
    }
    void write(std::uint64_t address, const unsigned char* from, std::size_t bytes) {
        each_page(address, bytes, [&](std::uint64_t page, std::size_t at, std::size_t done, std::size_t n) {
            std::memcpy(make(page).data() + at, from + done, n);
        });
    }
    std::size_t pages() const { return pages_.size(); }

  private:
    static constexpr std::size_t page_bytes = 4096;
    using page_data = std::array<unsigned char, page_bytes>;

    template <typename F>
    static void each_page(std::uint64_t address, std::size_t bytes, F&& f) {
        for (std::size_t done = 0; done < bytes;) {
            const std::size_t at = (address + done) % page_bytes;
            const std::size_t n = bytes - done < page_bytes - at ? bytes - done : page_bytes - at;
            f((address + done) / page_bytes, at, done, n);
            done += n;
        }
    }
    page_data* find(std::uint64_t page) const {
        if (page != last_page_) {
            const auto found = pages_.find(page);
            if (found == pages_.end())
                return nullptr;
            last_page_ = page;
            last_ = found->second.get();
        }
        return last_;
    }
    page_data& make(std::uint64_t page) {
        if (auto* found = find(page))
            return *found;
        last_page_ = page;
        last_ = (pages_[page] = std::make_unique<page_data>()).get();
        return *last_;
    }

    std::unordered_map<std::uint64_t, std::unique_ptr<page_data>> pages_;
    mutable std::uint64_t last_page_ = ~std::uint64_t{0};  // sequential traffic stays in a page for a while
    mutable page_data* last_ = nullptr;
};

}  // namespace pade
