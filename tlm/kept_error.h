// An input_error that arises inside a process (a disk that is full in the middle of a run) and must come out of
// sc_start as what it is: SystemC turns every exception that leaves a process into a report, of which only the text is
// left.
#pragma once

#include <exception>
#include <systemc>

#include "model/errors.h"

namespace pade {

class kept_error {
  public:
    /// Does `work`, unless an error is kept already. An input_error of it is kept, and ends the simulation.
    template <typename Work>
    void guard(Work&& work) {
        if (error_)
            return;
        try {
            work();
        } catch (const input_error&) {
            error_ = std::current_exception();
            sc_core::sc_stop();
        }
    }

    /// To be called whenever sc_start has returned.
    void rethrow() const {
        if (error_)
            std::rethrow_exception(error_);
    }

  private:
    std::exception_ptr error_;
};

}  // namespace pade
