// Owner of the precompiled headers (cmake/PadeTargets.cmake).
