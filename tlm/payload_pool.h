// Generic payloads with a memory manager (TLM LRM 14.5): taken from a pool, given back when the last owner releases
// them. Each carries its own data array of up to `max_bytes`, so a transaction never allocates.
#pragma once

#include <cstring>
#include <memory>
#include <tlm>
#include <vector>

namespace pade {

/// A transaction that has begun and has not ended.
struct open_access {
    const tlm::tlm_generic_payload* payload = nullptr;
    sc_core::sc_time since;
};

class payload_pool : public tlm::tlm_mm_interface {
  public:
    static constexpr unsigned max_bytes = 64;

    payload_pool() = default;
    payload_pool(const payload_pool&) = delete;
    payload_pool& operator=(const payload_pool&) = delete;
    ~payload_pool() override = default;

    /// A payload with every attribute set for a plain access of `bytes` bytes, response status reset, one reference
    /// held.
    tlm::tlm_generic_payload& acquire(tlm::tlm_command command, std::uint64_t address, unsigned bytes) {
        if (free_.empty()) {
            all_.push_back(std::make_unique<entry>(*this));
            free_.push_back(all_.back().get());
        }
        entry& e = *free_.back();
        free_.pop_back();
        e.payload.set_command(command);
        e.payload.set_address(address);
        e.payload.set_data_ptr(e.data);
        e.payload.set_data_length(bytes);
        e.payload.set_streaming_width(bytes);
        e.payload.set_byte_enable_ptr(nullptr);
        e.payload.set_byte_enable_length(0);
        e.payload.set_dmi_allowed(false);
        e.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        e.payload.acquire();
        e.since = sc_core::sc_time_stamp().value();
        return e.payload;
    }

    void free(tlm::tlm_generic_payload* payload) override {
        payload->reset();  // frees auto extensions
        auto* e = static_cast<tagged_payload*>(payload)->owner;
        free_.push_back(e);
    }

    /// Payloads in use: 0 when nothing is in flight, or something was lost.
    std::size_t in_use() const { return all_.size() - free_.size(); }

    /// The one that was acquired first of those in use; null payload: none is.
    open_access oldest() const {
        const entry* first = nullptr;
        for (const auto& e : all_)
            if (e->payload.get_ref_count() != 0 && (first == nullptr || e->since < first->since))
                first = e.get();
        if (first == nullptr)
            return {};
        return {&first->payload, sc_core::sc_time::from_value(first->since)};
    }

    payload_pool(payload_pool&&) = delete;
    payload_pool& operator=(payload_pool&&) = delete;

  private:
    struct entry;
    struct tagged_payload : tlm::tlm_generic_payload {
        tagged_payload(tlm::tlm_mm_interface* mm, entry* e) : tlm::tlm_generic_payload(mm), owner(e) {}
        entry* owner;
    };
    struct entry {
        explicit entry(payload_pool& pool) : payload(&pool, this) {}
        tagged_payload payload;
        unsigned char data[max_bytes] = {};
        sc_core::sc_time::value_type since = 0;
    };
    std::vector<std::unique_ptr<entry>> all_;
    std::vector<entry*> free_;
};

}  // namespace pade
