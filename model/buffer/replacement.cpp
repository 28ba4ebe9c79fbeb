#include "model/buffer/replacement.h"

#include "model/errors.h"

namespace pade {

void idle_lines::add_newest(unsigned bank, line_id line) {
    ends& of_bank = ends_[bank];
    links_[line] = {of_bank.newest, no_line};
    if (of_bank.newest != no_line)
        links_[of_bank.newest].newer = line;
    else
        of_bank.oldest = line;
    of_bank.newest = line;
    ++of_bank.count;
}

void idle_lines::remove(unsigned bank, line_id line) {
    ends& of_bank = ends_[bank];
    const link at = links_[line];
    if (at.older != no_line)
        links_[at.older].newer = at.newer;
    else
        of_bank.oldest = at.newer;
    if (at.newer != no_line)
        links_[at.newer].older = at.older;
    else
        of_bank.newest = at.older;
    --of_bank.count;
}

std::unique_ptr<const replacement_policy> make_replacement_policy(replacement_kind kind) {
    switch (kind) {
        case replacement_kind::lru:
            return std::make_unique<lru_replacement>();
        case replacement_kind::mru:
            return std::make_unique<mru_replacement>();
    }
    throw internal_error("buffer.replacement: a kind without a class");
}

}  // namespace pade
