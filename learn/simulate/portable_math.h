#pragma once

namespace silhouette::simulate {

// log and exp from nothing but the operations that IEEE 754 defines to the last bit. The C
// library's own differ between versions, and a simulation must not. Accurate to about 1e-15,
// relative; build with -ffp-contract=off.

double PortableLog(double x);  // x positive, finite and normal
double PortableExp(double x);  // |x| at most 700

}  // namespace silhouette::simulate
