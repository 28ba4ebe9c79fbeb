// What a registered link is made of: the receiver's ring of items, each stamped with the first edge at which it may be
// seen, and the sender's count of free places, each usable from the edge after the one at which it was given back.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "tlm/clock.h"

namespace pade {

/// First in, first out, in order of arrival; grows when more than `capacity` items are pushed (the sender's credits are
/// what bounds it).
template <typename T>
class registered_fifo {
  public:
    explicit registered_fifo(std::size_t capacity = 4) {
        std::uint32_t size = 2;
        while (size < capacity)
            size *= 2;
        places_ = std::make_unique<place[]>(size);
        mask_ = size - 1;
    }
    registered_fifo(const registered_fifo& other) : registered_fifo(std::size_t{other.mask_} + 1) {
        for (std::uint32_t i = 0; i < other.count_; ++i)
            append() = other.places_[(other.head_ + i) & other.mask_];
    }
    registered_fifo(registered_fifo&&) noexcept = default;
    registered_fifo& operator=(const registered_fifo&) = delete;
    registered_fifo& operator=(registered_fifo&&) noexcept = default;

    void push(const T& item, cycle_t visible) {
        place& next = append();
        next.item = item;
        next.visible = visible;
    }
    void push(T&& item, cycle_t visible) {
        place& next = append();
        next.item = std::move(item);
        next.visible = visible;
    }

    /// True when the oldest item may be seen at `now`.
    bool ready(cycle_t now) const { return count_ != 0 && places_[head_].visible <= now; }
    bool empty() const { return count_ == 0; }
    std::size_t size() const { return count_; }
    /// First edge at which the oldest item may be seen.
    cycle_t visible_at() const {
        assert(count_ != 0);
        return places_[head_].visible;
    }
    /// The same, or the largest number when there is none.
    cycle_t next() const { return count_ != 0 ? places_[head_].visible : ~cycle_t{0}; }
    T& front() {
        assert(count_ != 0);
        return places_[head_].item;
    }
    const T& front() const {
        assert(count_ != 0);
        return places_[head_].item;
    }
    /// First edge at which the item behind `i` older ones may be seen.
    cycle_t visible_at(std::size_t i) const {
        assert(i < count_);
        return places_[(head_ + i) & mask_].visible;
    }
    /// The item behind `i` older ones.
    const T& peek(std::size_t i) const {
        assert(i < count_);
        return places_[(head_ + i) & mask_].item;
    }
    void pop() {
        assert(count_ != 0);
        head_ = (head_ + 1) & mask_;
        --count_;
    }

  private:
    struct bare_place {
        cycle_t visible;
        T item;
    };
    // A place that fills a line of cache gets one to itself.
    struct alignas(sizeof(bare_place) == 64 ? 64 : alignof(bare_place)) place {
        cycle_t visible = 0;
        T item{};
    };
    place& append() {
        if (count_ > mask_)
            grow();
        return places_[(head_ + count_++) & mask_];
    }
    void grow() {
        auto larger = std::make_unique<place[]>((std::size_t{mask_} + 1) * 2);
        for (std::uint32_t i = 0; i < count_; ++i)
            larger[i] = std::move(places_[(head_ + i) & mask_]);
        places_ = std::move(larger);
        mask_ = mask_ * 2 + 1;
        head_ = 0;
    }

    // Small: a lane has five of them and all lanes run every cycle.
    std::unique_ptr<place[]> places_;
    std::uint32_t mask_ = 0;  // places less one, a power of two less one
    std::uint32_t head_ = 0;
    std::uint32_t count_ = 0;
};

/// Free places at the receiver, as the sender knows them.
class credit_counter {
  public:
    explicit credit_counter(unsigned places = 0) : usable_(places) {}

    unsigned available(cycle_t now) {
        fold(now);
        return usable_;
    }
    void take(cycle_t now) {
        fold(now);
        assert(usable_ != 0);
        --usable_;
    }
    /// A place was given back at edge `now`; it can be used from the next edge on.
    void give(cycle_t now) {
        fold(now);
        ++returned_;
        returned_at_ = now;
    }

  private:
    void fold(cycle_t now) {
        if (returned_ != 0 && returned_at_ < now) {
            usable_ += returned_;
            returned_ = 0;
        }
    }
    unsigned usable_;
    unsigned returned_ = 0;
    cycle_t returned_at_ = 0;
};

}  // namespace pade
