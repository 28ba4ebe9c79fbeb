// Payloads come back when their last owner lets go, and never carry anything over to the next user.
#include <catch2/catch.hpp>
#include <set>

#include "tlm/payload_pool.h"

using namespace pade;

namespace {

struct mark : tlm::tlm_extension<mark> {
    explicit mark(int* count) : count_(count) { ++*count_; }
    ~mark() override { --*count_; }
    tlm::tlm_extension_base* clone() const override { return new mark(count_); }
    void copy_from(const tlm::tlm_extension_base&) override {}

  private:
    int* count_;
};

}  // namespace

TEST_CASE("a payload is set up for a plain access") {
    payload_pool pool;
    auto& payload = pool.acquire(tlm::TLM_WRITE_COMMAND, 0x123456789aULL, 32);
    CHECK(payload.is_write());
    CHECK(payload.get_address() == 0x123456789aULL);
    CHECK(payload.get_data_length() == 32);
    CHECK(payload.get_streaming_width() == 32);
    CHECK(payload.get_data_ptr() != nullptr);
    CHECK(payload.get_byte_enable_ptr() == nullptr);
    CHECK_FALSE(payload.is_dmi_allowed());
    CHECK(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE);
    CHECK(payload.has_mm());
    CHECK(payload.get_ref_count() == 1);
    payload.release();
}

TEST_CASE("only the last release gives it back") {
    payload_pool pool;
    auto& payload = pool.acquire(tlm::TLM_READ_COMMAND, 0, 32);
    CHECK(pool.in_use() == 1);
    payload.acquire();
    payload.release();
    CHECK(pool.in_use() == 1);
    payload.release();
    CHECK(pool.in_use() == 0);
}

TEST_CASE("payloads in use are distinct, with distinct data, and are used again after that") {
    payload_pool pool;
    std::set<tlm::tlm_generic_payload*> first;
    std::set<unsigned char*> data;
    for (unsigned i = 0; i < 100; ++i) {
        auto& payload = pool.acquire(tlm::TLM_READ_COMMAND, i, payload_pool::max_bytes);
        payload.get_data_ptr()[0] = static_cast<unsigned char>(i);
        first.insert(&payload);
        data.insert(payload.get_data_ptr());
    }
    CHECK(first.size() == 100);
    CHECK(data.size() == 100);
    CHECK(pool.in_use() == 100);
    for (auto* payload : first) {
        CHECK(payload->get_data_ptr()[0] == static_cast<unsigned char>(payload->get_address()));
        payload->release();
    }
    CHECK(pool.in_use() == 0);
    for (unsigned i = 0; i < 100; ++i)
        CHECK(first.count(&pool.acquire(tlm::TLM_READ_COMMAND, i, 32)) == 1);
    for (auto* payload : first)
        payload->release();
}

TEST_CASE("what one user left behind does not reach the next") {
    payload_pool pool;
    unsigned char other[8] = {};
    unsigned char enable[8] = {};
    int extensions = 0;
    auto& payload = pool.acquire(tlm::TLM_WRITE_COMMAND, 1, 8);
    unsigned char* own = payload.get_data_ptr();
    payload.set_data_ptr(other);
    payload.set_byte_enable_ptr(enable);
    payload.set_byte_enable_length(8);
    payload.set_dmi_allowed(true);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    payload.set_auto_extension(new mark(&extensions));
    CHECK(extensions == 1);
    payload.release();
    CHECK(extensions == 0);
    auto& again = pool.acquire(tlm::TLM_READ_COMMAND, 2, 32);
    REQUIRE(&again == &payload);
    CHECK(again.get_data_ptr() == own);
    CHECK(again.get_byte_enable_ptr() == nullptr);
    CHECK(again.get_byte_enable_length() == 0);
    CHECK_FALSE(again.is_dmi_allowed());
    CHECK(again.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE);
    CHECK(again.get_extension<mark>() == nullptr);
    again.release();
}
