#include "model/qkpu/scoreboard.h"

#include <string>

#include "model/errors.h"

namespace pade {

scoreboard::scoreboard(unsigned entries) : capacity_(entries) {}

void scoreboard::admit(std::uint16_t tag, std::uint32_t key, std::uint8_t slot) {
    if (full())
        lost("a key was admitted to a full scoreboard", key);
    if (tag >= entries_.size())
        entries_.resize(tag + std::size_t{1});
    if (entries_[tag].live)
        lost("a key was admitted under the tag of a live one", key);
    entries_[tag] = entry{key, 0, slot, 0, true};
    ++used_;
}

void scoreboard::retire(std::uint16_t tag) {
    if (tag >= entries_.size() || !entries_[tag].live)
        lost("a key without an entry was retired, tag", tag);
    entries_[tag].live = false;
    --used_;
}

void scoreboard::lost(const char* what, std::uint32_t key) const {
    throw internal_error("scoreboard: " + std::string(what) + " " + std::to_string(key));
}

}  // namespace pade
