#include "testbench/trace/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "model/errors.h"

namespace pade {

namespace {
void require(int ok) {
    if (ok != 1)
        throw internal_error("libcrypto refuses to compute a SHA-256 sum");
}
}  // namespace

sha256::sha256() : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1) {
        EVP_MD_CTX_free(context_);
        throw internal_error("libcrypto offers no SHA-256");
    }
}

sha256::~sha256() {
    EVP_MD_CTX_free(context_);
}

void sha256::update(const void* data, std::size_t bytes) {
    require(EVP_DigestUpdate(context_, data, bytes));
}

std::string sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    require(EVP_DigestFinal_ex(context_, digest.data(), &length));
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

std::string sha256_hex(const std::string& bytes) {
    sha256 sum;
    sum.update(bytes.data(), bytes.size());
    return sum.hex();
}

}  // namespace pade
