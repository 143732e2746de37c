#ifndef HEADRACE_CSQLITE_SHIM_H
#define HEADRACE_CSQLITE_SHIM_H
#include <sqlite3.h>

/* Swift cannot call variadic C functions; each of these is one call of one. */
static inline int headrace_sqlite3_db_config_flag(sqlite3 *db, int option, int value) {
    return sqlite3_db_config(db, option, value, (int *)0);
}

/* SQLITE_TRANSIENT is a cast that the importer does not carry over. */
static inline sqlite3_destructor_type headrace_sqlite3_transient(void) { return SQLITE_TRANSIENT; }
#endif
