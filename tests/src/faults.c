/* A disk that fails on demand, for processes that preload this library. The file that FAULT_PLAN names says how, a line each:
 *
 *     OPERATION ANSWER FIRST COUNT PATTERN
 *
 *     OPERATION  open, read, write, grow (a write or an allocation behind the end of a file), sync, rename, unlink
 *     ANSWER     eio, enospc: not done, and said so;    torn: half of a write done, then EIO
 *                lie: done, but EIO is said;            short: half of a read or write done, and said so
 *     FIRST      the how manieth operation on a path like PATTERN is the first to fail, from 1
 *     COUNT      how many fail from then on; 0: all
 *     PATTERN    fnmatch(3)
 *
 * A new plan takes effect, and counts from 1, when the file is replaced; without the file nothing fails. What failed is appended
 * to FAULT_PLAN with ".fired": operation, answer, path. io_uring and mapped memory go past the C library and past this file. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FAULTS_MAX 8
#define PATH_BYTES 4096

enum operation { OPEN, READ, WRITE, GROW, SYNC, RENAME, UNLINK, OPERATIONS };
enum answer { NONE, EIO_SAID, ENOSPC_SAID, TORN, LIE, SHORT };

static const char *const operations[] = {"open", "read", "write", "grow", "sync", "rename", "unlink"};
static const char *const answers[] = {"", "eio", "enospc", "torn", "lie", "short"};

struct fault {
    enum operation operation;
    enum answer answer;
    unsigned long first, count, seen;
    char pattern[256];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fault plan[FAULTS_MAX];
static int faults;
static struct stat loaded;

/* System calls of our own go around our own functions. */
static long raw_open(const char *path, int flags) { return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0644); }

static int place_in(const char *const *names, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return i;
    fprintf(stderr, "faults.c: unknown word %s\n", name);
    abort();
}

static void parse(char *text) {
    char *rest = text, *line;
    faults = 0;
    while ((line = strsep(&rest, "\n")) != NULL && faults < FAULTS_MAX) {
        char operation[16], answer[16];
        struct fault *fault = &plan[faults];
        memset(fault, 0, sizeof *fault);
        if (sscanf(line, "%15s %15s %lu %lu %255s", operation, answer, &fault->first, &fault->count, fault->pattern) != 5) continue;
        fault->operation = place_in(operations, OPERATIONS, operation);
        fault->answer = place_in(answers, sizeof answers / sizeof *answers, answer);
        faults++;
    }
}

/* Reads the plan if it is another one than last time. */
static void load(const char *name) {
    struct stat now;
    if (syscall(SYS_newfstatat, AT_FDCWD, name, &now, 0) != 0) {
        faults = 0;
        memset(&loaded, 0, sizeof loaded);
        return;
    }
    if (now.st_ino == loaded.st_ino && now.st_mtim.tv_sec == loaded.st_mtim.tv_sec
        && now.st_mtim.tv_nsec == loaded.st_mtim.tv_nsec)
        return;
    char text[4096];
    long fd = raw_open(name, O_RDONLY);
    long bytes = fd < 0 ? -1 : syscall(SYS_read, fd, text, sizeof text - 1);
    if (fd >= 0) syscall(SYS_close, fd);
    if (bytes < 0) return;
    text[bytes] = 0;
    loaded = now;
    parse(text);
}

static void tell(const char *name, enum operation operation, enum answer answer, const char *path) {
    char file[PATH_BYTES], line[PATH_BYTES + 64];
    snprintf(file, sizeof file, "%s.fired", name);
    int bytes = snprintf(line, sizeof line, "%s %s %s\n", operations[operation], answers[answer], path);
    long fd = raw_open(file, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0) return;
    syscall(SYS_write, fd, line, bytes);
    syscall(SYS_close, fd);
}

/* What is to become of this operation? Sets errno for answers that say something. */
static enum answer fate_of(enum operation operation, const char *path) {
    const char *name = getenv("FAULT_PLAN");
    enum answer answer = NONE;
    if (name == NULL) return NONE;
    int before = errno;
    pthread_mutex_lock(&lock);
    load(name);
    for (int i = 0; i < faults && answer == NONE; i++) {
        struct fault *fault = &plan[i];
        if (fault->operation != operation || fnmatch(fault->pattern, path, 0) != 0) continue;
        fault->seen++;
        if (fault->seen < fault->first || (fault->count != 0 && fault->seen >= fault->first + fault->count)) continue;
        answer = fault->answer;
        tell(name, operation, answer, path);
    }
    pthread_mutex_unlock(&lock);
    errno = answer == NONE || answer == SHORT ? before : answer == ENOSPC_SAID ? ENOSPC : EIO;
    return answer;
}

/* The same for an open file. Standard output and error are not on this disk, sockets and pipes neither. */
static enum answer fate_of_file(enum operation operation, int fd) {
    char link[64], path[PATH_BYTES];
    if (fd <= 2 || getenv("FAULT_PLAN") == NULL) return NONE;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int before = errno;
    long bytes = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = before;
    if (bytes <= 0 || path[0] != '/') return NONE;
    path[bytes] = 0;
    return fate_of(operation, path);
}

/* A write up to `end`: it may fail as a write, and as one that makes the file grow. */
static enum answer fate_of_write(int fd, off64_t end) {
    enum answer answer = fate_of_file(WRITE, fd);
    struct stat file;
    if (answer != NONE || fd <= 2) return answer;
    if (syscall(SYS_fstat, fd, &file) != 0 || !S_ISREG(file.st_mode) || end <= file.st_size) return NONE;
    return fate_of_file(GROW, fd);
}

static off64_t end_of_append(int fd, size_t bytes) {
    off64_t at = lseek64(fd, 0, SEEK_CUR);
    return at < 0 ? 0 : at + (off64_t)bytes;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
/* Half of something, but something. */
#define HALF(count) ((count) > 1 ? (count) / 2 : (count))

/* Carries out `call`, which uses `count`, as `fate` wants it. Bytes that are transferred are counted by the result. */
#define TRANSFER(fate, count, call)                                                                                        \
    do {                                                                                                                   \
        enum answer answer = (fate);                                                                                       \
        if (answer == EIO_SAID || answer == ENOSPC_SAID) return -1;                                                        \
        if (answer == TORN || answer == SHORT) count = HALF(count);                                                        \
        ssize_t done = (call);                                                                                             \
        if (answer != TORN && answer != LIE) return done;                                                                  \
        errno = EIO;                                                                                                       \
        return -1;                                                                                                         \
    } while (0)

/* The same for what is done whole or not at all. */
#define WHOLE(fate, call)                                                                                                  \
    do {                                                                                                                   \
        enum answer answer = (fate);                                                                                       \
        if (answer == NONE || answer == SHORT) return (call);                                                              \
        if (answer == LIE) (void)(call);                                                                                   \
        errno = answer == ENOSPC_SAID ? ENOSPC : EIO;                                                                      \
        return -1;                                                                                                         \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t count) {
    TRANSFER(fate_of_write(fd, end_of_append(fd, count)), count, REAL(write)(fd, bytes, count));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    size_t bytes = 0;
    for (int i = 0; i < count; i++) bytes += parts[i].iov_len;
    WHOLE(fate_of_write(fd, end_of_append(fd, bytes)), REAL(writev)(fd, parts, count));
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    TRANSFER(fate_of_write(fd, at + (off64_t)count), count, REAL(pwrite)(fd, bytes, count, at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    TRANSFER(fate_of_write(fd, at + (off64_t)count), count, REAL(pwrite64)(fd, bytes, count, at));
}

ssize_t read(int fd, void *bytes, size_t count) {
    TRANSFER(fate_of_file(READ, fd), count, REAL(read)(fd, bytes, count));
}

ssize_t pread(int fd, void *bytes, size_t count, off_t at) {
    TRANSFER(fate_of_file(READ, fd), count, REAL(pread)(fd, bytes, count, at));
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t at) {
    TRANSFER(fate_of_file(READ, fd), count, REAL(pread64)(fd, bytes, count, at));
}

#undef fread_unlocked
/* RocksDB reads its manifest with this one; an error is told by ferror(), which a file closed under it brings about. */
size_t fread_unlocked(void *bytes, size_t size, size_t count, FILE *file) {
    enum answer answer = fate_of_file(READ, fileno(file));
    if (answer == NONE || answer == SHORT) return REAL(fread_unlocked)(bytes, size, count, file);
    file->_flags |= 0x20; /* _IO_ERR_SEEN */
    errno = EIO;
    return 0;
}

int fsync(int fd) { WHOLE(fate_of_file(SYNC, fd), REAL(fsync)(fd)); }

int fdatasync(int fd) { WHOLE(fate_of_file(SYNC, fd), REAL(fdatasync)(fd)); }

int ftruncate(int fd, off_t length) { WHOLE(fate_of_write(fd, length), REAL(ftruncate)(fd, length)); }

int ftruncate64(int fd, off64_t length) { WHOLE(fate_of_write(fd, length), REAL(ftruncate64)(fd, length)); }

int fallocate(int fd, int mode, off_t at, off_t length) {
    WHOLE(fate_of_write(fd, at + length), REAL(fallocate)(fd, mode, at, length));
}

int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    WHOLE(fate_of_write(fd, at + length), REAL(fallocate64)(fd, mode, at, length));
}

int posix_fallocate(int fd, off_t at, off_t length) {
    enum answer answer = fate_of_write(fd, at + length);
    return answer == NONE ? REAL(posix_fallocate)(fd, at, length) : answer == ENOSPC_SAID ? ENOSPC : EIO;
}

int posix_fallocate64(int fd, off64_t at, off64_t length) {
    enum answer answer = fate_of_write(fd, at + length);
    return answer == NONE ? REAL(posix_fallocate64)(fd, at, length) : answer == ENOSPC_SAID ? ENOSPC : EIO;
}

/* An open that has happened and is reported lost would leave a descriptor behind: `lie` is the same as `eio` here. */
#define OPENING(path, call)                                                                                                \
    do {                                                                                                                   \
        mode_t mode = 0;                                                                                                   \
        va_list more;                                                                                                      \
        va_start(more, flags);                                                                                             \
        if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(more, mode_t);                                                    \
        va_end(more);                                                                                                      \
        enum answer answer = fate_of(OPEN, path);                                                                          \
        return answer == NONE || answer == SHORT ? (call) : -1;                                                            \
    } while (0)

int open(const char *path, int flags, ...) { OPENING(path, REAL(open)(path, flags, mode)); }

int open64(const char *path, int flags, ...) { OPENING(path, REAL(open64)(path, flags, mode)); }

int openat(int dir, const char *path, int flags, ...) { OPENING(path, REAL(openat)(dir, path, flags, mode)); }

int openat64(int dir, const char *path, int flags, ...) { OPENING(path, REAL(openat64)(dir, path, flags, mode)); }

int rename(const char *from, const char *to) { WHOLE(fate_of(RENAME, to), REAL(rename)(from, to)); }

int unlink(const char *path) { WHOLE(fate_of(UNLINK, path), REAL(unlink)(path)); }
