// A read-only look at a contiguous array: what C++20 calls std::span<const T>.
#pragma once

#include <cstddef>
#include <vector>

namespace pade {

template <typename T>
class view {
  public:
    view() = default;
    view(const T* data, std::size_t size) : data_(data), size_(size) {}
    view(const std::vector<T>& all) : data_(all.data()), size_(all.size()) {}  // implicit, as std::span's

    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const T& operator[](std::size_t i) const { return data_[i]; }

  private:
    const T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace pade
