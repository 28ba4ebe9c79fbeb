// Where a trace writes its bytes. The files are the testbench's.
#pragma once

#include <cstddef>

namespace pade {

class text_sink {
  public:
    virtual ~text_sink() = default;
    virtual void append(const char* data, std::size_t bytes) = 0;
};

}  // namespace pade
