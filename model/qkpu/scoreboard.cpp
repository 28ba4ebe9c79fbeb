#include "model/qkpu/scoreboard.h"

#include <algorithm>
#include <string>
#include <utility>

#include "model/errors.h"

namespace pade {

scoreboard::scoreboard(unsigned entries) : capacity_(static_cast<std::uint16_t>(entries)) {}

void scoreboard::admit(std::uint16_t tag, std::uint32_t key, std::uint8_t slot) {
    if (full())
        lost("a key was admitted to a full scoreboard", key);
    if (tag >= tags_)
        grow(tag + 1u);
    if (entries_[tag].live)
        lost("a key was admitted under the tag of a live one", key);
    entries_[tag] = entry{key, 0, slot, 0, true};
    ++used_;
}

void scoreboard::retire(std::uint16_t tag) {
    if (tag >= tags_ || !entries_[tag].live)
        lost("a key without an entry was retired, tag", tag);
    entries_[tag].live = false;
    --used_;
}

void scoreboard::grow(std::uint32_t tags) {
    tags = std::max(tags, 2 * tags_);
    auto larger = std::make_unique<entry[]>(tags);
    std::copy_n(entries_.get(), tags_, larger.get());
    entries_ = std::move(larger);
    tags_ = tags;
}

void scoreboard::lost(const char* what, std::uint32_t key) const {
    throw internal_error("scoreboard: " + std::string(what) + " " + std::to_string(key));
}

}  // namespace pade
