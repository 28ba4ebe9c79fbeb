// Modules of one kind side by side in memory. What runs for each of them in turn then walks with a constant stride,
// which the processor's prefetcher follows; modules that are allocated one by one lie where the allocator had room.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace pade {

/// A fixed number of places for T, each made when its turn comes; destroyed in reverse order of places.
template <typename T>
class in_a_row {
  public:
    explicit in_a_row(std::size_t places = 0)
        : storage_(places != 0 ? static_cast<T*>(::operator new(places * sizeof(T), alignment)) : nullptr),
          items_(places) {}
    in_a_row(in_a_row&&) noexcept = default;
    in_a_row& operator=(in_a_row&&) noexcept = default;

    template <typename... Arguments>
    T& make(std::size_t place, Arguments&&... arguments) {
        items_[place].reset(new (storage_.get() + place) T(std::forward<Arguments>(arguments)...));
        return *items_[place];
    }
    T& operator[](std::size_t place) const { return *items_[place]; }
    std::size_t size() const { return items_.size(); }
    auto begin() const { return items_.begin(); }
    auto end() const { return items_.end(); }

  private:
    static constexpr std::align_val_t alignment{alignof(T)};
    struct give_back {
        void operator()(T* storage) const { ::operator delete(static_cast<void*>(storage), alignment); }
    };
    struct destroy {
        void operator()(T* item) const { item->~T(); }
    };
    std::unique_ptr<T, give_back> storage_;
    std::vector<std::unique_ptr<T, destroy>> items_;
};

}  // namespace pade
