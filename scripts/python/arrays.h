// What the bindings share: arrays of exactly the type and shape that a function asks for, and refusals that say so.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/errors.h"
#include "model/numeric/bit_planes.h"

namespace py = pybind11;

namespace pade::python {

inline constexpr unsigned max_dims = 256;

inline std::string shape_of(const py::array& a) {
    std::string text = py::str(a.dtype()).cast<std::string>() + " [";
    for (py::ssize_t i = 0; i < a.ndim(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(a.shape(i));
    return text + "]";
}

[[noreturn]] inline void refuse(const std::string& name, const std::string& found, const std::string& allowed) {
    throw py::value_error(name + " is " + found + "; allowed: " + allowed);
}

/// The array itself, or a contiguous copy; never one of another type. ndim -1: any.
template <typename T>
py::array_t<T, py::array::c_style> array_of(const py::handle& value, const char* name, int ndim, const char* allowed) {
    if (!py::isinstance<py::array>(value))
        refuse(name, py::str(py::type::of(value).attr("__name__")).cast<std::string>(),
               std::string("a NumPy array, ") + allowed);
    const auto a = py::reinterpret_borrow<py::array>(value);
    if (!py::isinstance<py::array_t<T>>(a) || (ndim >= 0 && a.ndim() != ndim))
        refuse(name, shape_of(a), allowed);
    return py::array_t<T, py::array::c_style>::ensure(a);
}

inline unsigned in_range(std::int64_t value, const char* name, std::int64_t low, std::int64_t high) {
    if (value < low || value > high)
        refuse(name, std::to_string(value), "integers from " + std::to_string(low) + " to " + std::to_string(high));
    return static_cast<unsigned>(value);
}

inline unsigned key_bits_of(std::int64_t bits) {
    return in_range(bits, "key_bits", 4, numeric::max_key_bits);
}
inline unsigned dims_of(const py::array& a, const char* name) {
    const py::ssize_t dims = a.shape(a.ndim() - 1);
    if (dims < 1 || dims > py::ssize_t{max_dims})
        refuse(name, shape_of(a), "1 to 256 elements in the last dimension");
    return static_cast<unsigned>(dims);
}
inline std::vector<py::ssize_t> shape_vector(const py::array& a) {
    return {a.shape(), a.shape() + a.ndim()};
}

/// Keys of `bits` bits: int8 whose upper bits only repeat the sign.
inline py::array_t<std::int8_t, py::array::c_style> keys_of(const py::handle& value, unsigned bits) {
    const auto k = array_of<std::int8_t>(value, "k", 2, "int8 [keys, dims]");
    const int limit = 1 << (bits - 1);
    for (py::ssize_t i = 0; i < k.size(); ++i)
        if (k.data()[i] < -limit || k.data()[i] >= limit)
            refuse("an element of k", std::to_string(k.data()[i]),
                   std::to_string(-limit) + " to " + std::to_string(limit - 1) + " with key_bits " +
                       std::to_string(bits) + " (quantise_key makes them)");
    return k;
}

/// The message of an input_error is one for users.
template <typename F>
auto checked(F f) -> decltype(f()) {
    try {
        return f();
    } catch (const pade::input_error& error) {
        throw py::value_error(error.what());
    }
}

}  // namespace pade::python
