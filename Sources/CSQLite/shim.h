#ifndef HEADRACE_CSQLITE_SHIM_H
#define HEADRACE_CSQLITE_SHIM_H
#include <sqlite3.h>

/* Swift cannot call variadic C functions; each of these is one call of one. */
static inline int headrace_sqlite3_db_config_flag(sqlite3 *db, int option, int value) {
    return sqlite3_db_config(db, option, value, (int *)0);
}

/* SQLITE_TRANSIENT is a cast that the importer does not carry over. */
static inline sqlite3_destructor_type headrace_sqlite3_transient(void) { return SQLITE_TRANSIENT; }

/* 128 bits as a blob of 16 bytes, most significant first, without a heap copy on our side. */
static inline int headrace_sqlite3_bind_128(sqlite3_stmt *stmt, int index, sqlite3_uint64 high, sqlite3_uint64 low) {
    unsigned char bytes[16];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(high >> (56 - 8 * i));
        bytes[8 + i] = (unsigned char)(low >> (56 - 8 * i));
    }
    return sqlite3_bind_blob(stmt, index, bytes, 16, SQLITE_TRANSIENT);
}

/* Four numbers likewise, as a blob of 32 bytes. */
static inline int headrace_sqlite3_bind_256(sqlite3_stmt *stmt, int index, sqlite3_uint64 first, sqlite3_uint64 second,
                                            sqlite3_uint64 third, sqlite3_uint64 fourth) {
    unsigned char bytes[32];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(first >> (56 - 8 * i));
        bytes[8 + i] = (unsigned char)(second >> (56 - 8 * i));
        bytes[16 + i] = (unsigned char)(third >> (56 - 8 * i));
        bytes[24 + i] = (unsigned char)(fourth >> (56 - 8 * i));
    }
    return sqlite3_bind_blob(stmt, index, bytes, 32, SQLITE_TRANSIENT);
}
#endif
