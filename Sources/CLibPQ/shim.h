#ifndef HEADRACE_CLIBPQ_SHIM_H
#define HEADRACE_CLIBPQ_SHIM_H
#include <libpq-fe.h>
#endif
