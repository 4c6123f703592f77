/* A disk that is full at the flick of a switch, for processes that preload this library: while the file that
 * FULL_DISK_SWITCH names exists, no regular file can grow. What is allocated can still be written, as on a real disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Would the file have to grow to reach `end`, and can't? Standard output and error are not on this disk. */
static int refused(int fd, off64_t end) {
    const char *name = getenv("FULL_DISK_SWITCH");
    struct stat64 file;
    if (fd <= 2 || name == NULL || access(name, F_OK) != 0) return 0;
    if (fstat64(fd, &file) != 0 || !S_ISREG(file.st_mode) || end <= file.st_size) return 0;
    errno = ENOSPC;
    return 1;
}

static off64_t end_of_append(int fd, size_t bytes) {
    off64_t at = lseek64(fd, 0, SEEK_CUR);
    return at < 0 ? 0 : at + (off64_t)bytes;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    return refused(fd, end_of_append(fd, count)) ? -1 : REAL(write)(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    size_t bytes = 0;
    for (int i = 0; i < count; i++) bytes += parts[i].iov_len;
    return refused(fd, end_of_append(fd, bytes)) ? -1 : REAL(writev)(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return refused(fd, at + (off64_t)count) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return refused(fd, at + (off64_t)count) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}

int ftruncate(int fd, off_t length) {
    return refused(fd, length) ? -1 : REAL(ftruncate)(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    return refused(fd, length) ? -1 : REAL(ftruncate64)(fd, length);
}

int fallocate(int fd, int mode, off_t at, off_t length) {
    return refused(fd, at + length) ? -1 : REAL(fallocate)(fd, mode, at, length);
}

int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    return refused(fd, at + length) ? -1 : REAL(fallocate64)(fd, mode, at, length);
}

int posix_fallocate(int fd, off_t at, off_t length) {
    return refused(fd, at + length) ? ENOSPC : REAL(posix_fallocate)(fd, at, length);
}

int posix_fallocate64(int fd, off64_t at, off64_t length) {
    return refused(fd, at + length) ? ENOSPC : REAL(posix_fallocate64)(fd, at, length);
}
