// SHA-256 (FIPS 180-4) of what is fed to it, by OpenSSL's libcrypto.
#pragma once

#include <cstddef>
#include <string>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX, without its header

namespace pade {

class sha256 {
  public:
    sha256();
    ~sha256();
    sha256(const sha256&) = delete;
    sha256& operator=(const sha256&) = delete;

    void update(const void* data, std::size_t bytes);
    /// 64 lower-case hexadecimal digits. Once only; nothing may be fed after it.
    std::string hex();

  private:
    evp_md_ctx_st* context_;
};

std::string sha256_hex(const std::string& bytes);

}  // namespace pade
