// A bit plane out of values: extension of a read of the KV buffer (layout.k = value_major).
//
// Without it a read of n bytes from an address returns those bytes. With it the same read returns n bytes made of the 8
// n bytes from that address on: bit j of byte i is bit `bit` of the byte at address + 8 i + j. So one 32 B line gives
// 32 dims of a plane, 4 bytes.
//
// Ignorable in the sense of the base protocol (TLM LRM 14.2.1): a target that does not know it answers as if it were
// not there, and leaves `selected` false; an initiator that cannot do without looks at that.
#pragma once

#include <tlm>

namespace pade {

struct plane_select : tlm::tlm_extension<plane_select> {
    std::uint8_t bit = 0;   ///< 0 the least significant; 8 or more is refused with TLM_BURST_ERROR_RESPONSE
    bool selected = false;  ///< set by the target: the data are the plane

    tlm::tlm_extension_base* clone() const override { return new plane_select(*this); }
    void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const plane_select&>(other); }

    /// Asks for a plane with this payload. The extension stays with it when it goes back to its pool, so that none is
    /// allocated for each read: a pool whose payloads have it once must set it before each use.
    static void ask(tlm::tlm_generic_payload& payload, unsigned bit) {
        plane_select* select = payload.get_extension<plane_select>();
        if (select == nullptr) {
            select = new plane_select;
            payload.set_extension(select);  // freed with the payload
        }
        select->bit = static_cast<std::uint8_t>(bit);
        select->selected = false;
    }
};

}  // namespace pade
