/* What the processor has beyond its baseline, found out when the program runs. */
#ifndef WSX_CPU_H
#define WSX_CPU_H

#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
#include <immintrin.h>
#define WSX_AVX2 1
#define WSX_FOR_AVX2 __attribute__((target("avx2")))
static inline bool wsx_has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#endif

#endif
