#include "model/qkpu/scoreboard.h"

#include <string>

#include "model/errors.h"

namespace pade {

scoreboard::scoreboard(unsigned entries) : capacity_(entries), entries_(entries) {
    for (unsigned i = entries; i-- > 0;)
        free_.push_back(static_cast<std::uint8_t>(i));
}

void scoreboard::admit(std::uint16_t tag, std::uint32_t key, std::uint8_t slot) {
    if (free_.empty())
        lost("a key was admitted to a full scoreboard", key);
    if (tag >= by_tag_.size())
        by_tag_.resize(tag + std::size_t{1}, none);
    if (by_tag_[tag] != none)
        lost("a key was admitted under the tag of a live one", key);
    const std::uint8_t index = free_.back();
    free_.pop_back();
    by_tag_[tag] = index;
    entries_[index] = entry{key, slot, 0, 0};
}

void scoreboard::retire(std::uint16_t tag) {
    if (tag >= by_tag_.size() || by_tag_[tag] == none)
        lost("a key without an entry was retired, tag", tag);
    free_.push_back(by_tag_[tag]);
    by_tag_[tag] = none;
}

void scoreboard::lost(const char* what, std::uint32_t key) const {
    throw internal_error("scoreboard: " + std::string(what) + " " + std::to_string(key));
}

}  // namespace pade
